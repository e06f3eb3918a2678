// A stream that is refused before it starts.
#pragma once

#include <grpcpp/support/server_callback.h>
#include <grpcpp/support/status.h>

#include <utility>

namespace quorate::server {

// Finishes the stream with `status`. Deletes itself once gRPC is done with it.
template <typename Request, typename Response>
class RefusedStream final : public grpc::ServerBidiReactor<Request, Response> {
 public:
  explicit RefusedStream(grpc::Status status) { this->Finish(std::move(status)); }

 private:
  ~RefusedStream() override = default;

  void OnDone() override { delete this; }
};

}  // namespace quorate::server
