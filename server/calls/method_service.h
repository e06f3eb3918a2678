// A gRPC service that is assembled from its methods. The generated service classes receive a whole
// request before our code can refuse it; this one admits a call first (unary_call.h).
#pragma once

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/codegen/service_type.h>

#include <deque>
#include <functional>
#include <string>
#include <utility>

#include "server/calls/unary_call.h"

namespace quorate::server {

class MethodService : public grpc::Service {
 public:
  MethodService() = default;
  MethodService(const MethodService&) = delete;
  MethodService& operator=(const MethodService&) = delete;

 protected:
  // Adds a unary method. AddUnary and AddStream must be called before the server starts. A path is
  // "/package.Service/Method".
  void AddUnary(UnaryMethod method) {
    const UnaryMethod* added = &unary_methods_.emplace_back(std::move(method));
    AddStream<grpc::ByteBuffer, grpc::ByteBuffer>(
        added->path,
        [added](grpc::CallbackServerContext* context) { return new UnaryCall(context, added); });
  }

  // Adds a bidirectional stream. `accept` creates the reactor of each call.
  template <typename Request, typename Response>
  void AddStream(
      std::string path,
      std::function<grpc::ServerBidiReactor<Request, Response>*(grpc::CallbackServerContext*)>
          accept) {
    const std::string& name = paths_.emplace_back(std::move(path));
    // The same calls as in generated code.
    AddMethod(new grpc::internal::RpcServiceMethod(
        name.c_str(), grpc::internal::RpcMethod::BIDI_STREAMING, nullptr));
    MarkMethodRawCallback(
        static_cast<int>(paths_.size()) - 1,
        new grpc::internal::CallbackBidiHandler<Request, Response>(std::move(accept)));
  }

 private:
  // Deques, because gRPC keeps pointers to the elements of both.
  std::deque<std::string> paths_;
  std::deque<UnaryMethod> unary_methods_;
};

}  // namespace quorate::server
