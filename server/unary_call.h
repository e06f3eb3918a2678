// Unary methods that judge a request before it is in memory. To gRPC they are streams with one
// message each way, which on the wire is the same: so a call is admitted when its headers come, its
// bytes are received in turn (receive_queue.h), and its answer counts until gRPC has sent it.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/budget.h"
#include "base/executor.h"
#include "google/protobuf/message.h"
#include "quorate/common/v1/error.pb.h"
#include "server/receive_queue.h"
#include "server/send_watch.h"

namespace quorate::server {

class UnaryCall;

// What all calls of one method share. Outlives them.
struct UnaryMethod {
  using MessagePtr = std::unique_ptr<google::protobuf::Message>;

  // "/quorate.admin.v1.AdminService/CreateTopics"
  std::string path;
  const google::protobuf::Message* request_type = nullptr;
  Budget* room = nullptr;
  // For single answers above kLargeAnswerBytes; null: `room` has them all.
  Budget* large_room = nullptr;
  ReceiveQueue* queue = nullptr;
  SendWatch* sends = nullptr;
  // Parses requests above kLargeRequestBytes, so that gRPC's threads stay free; null: they do it.
  Executor* large_loop = nullptr;
  // Serves a request that came whole, and ends the call. On gRPC's threads or on `large_loop`.
  std::function<void(UnaryCall* call, MessagePtr request)> serve;
  // Ends a call with an error of the call's own.
  std::function<void(UnaryCall* call, common::v1::Error error)> refuse;
};

class UnaryCall final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                        public ReceiveQueue::Caller,
                        public SendWatch::Sender {
 public:
  // Deletes itself once gRPC is done with it.
  UnaryCall(grpc::CallbackServerContext* context, const UnaryMethod* method);

  // Valid until the call has ended.
  const grpc::CallbackServerContext& context() const { return *context_; }

  // Takes room for an answer of `bytes` in place of what the call holds. The error says why there
  // is none.
  std::optional<common::v1::Error> Reserve(size_t bytes);

  // One of these ends the call, from any thread. The call may be gone when they return.
  // An answer counts while it is sent, which ends with an error if the client does not take it. It
  // is not refused any longer: ask Reserve before.
  void Answer(const google::protobuf::Message& answer);
  void Answer(grpc::ByteBuffer answer);
  void Fail(grpc::Status status);

 private:
  ~UnaryCall() override = default;

  void StartReceiving() override;
  // Of both bases.
  void CutOff() override;
  std::string Connection() const override { return context_->peer(); }
  void OnReadDone(bool ok) override;
  void OnDone() override;

  // Takes room for the request as it lies in memory, and parses it.
  void Take();

  grpc::CallbackServerContext* const context_;
  const UnaryMethod* const method_;
  Budget::Hold hold_;
  bool is_large_ = false;
  bool is_watched_ = false;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
};

}  // namespace quorate::server
