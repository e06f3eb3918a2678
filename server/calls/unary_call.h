// Unary methods that admit a request before it is in memory. To gRPC such a method is a stream with
// one message in each direction, which is the same on the wire. So a call is admitted when its
// headers arrive, its bytes are received in turn (receive_queue.h), and its answer counts against
// the budget until gRPC has sent it.
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
#include "base/clock.h"
#include "base/executor.h"
#include "google/protobuf/message.h"
#include "quorate/audit/v1/audit_service.pb.h"
#include "quorate/common/v1/error.pb.h"
#include "server/calls/receive_queue.h"
#include "server/calls/send_watch.h"
#include "server/node/call_audit.h"
#include "server/node/call_instruments.h"

namespace quorate::server {

class UnaryCall;

// What all calls of one method share. Outlives the calls.
struct UnaryMethod {
  using MessagePtr = std::unique_ptr<google::protobuf::Message>;

  // "/quorate.admin.v1.AdminService/CreateTopics"
  std::string path;
  const google::protobuf::Message* request_type = nullptr;
  Budget* budget = nullptr;
  // The budget for single answers above kLargeAnswerBytes. If it is null, they count against
  // `budget`.
  Budget* large_budget = nullptr;
  ReceiveQueue* queue = nullptr;
  SendWatch* sends = nullptr;
  // Parses requests above kLargeRequestBytes, so that gRPC's threads stay free. If it is null, they
  // parse all requests.
  Executor* large_loop = nullptr;
  // Serves a request that has arrived completely, and ends the call. Called on gRPC's threads or on
  // `large_loop`.
  std::function<void(UnaryCall* call, MessagePtr request)> serve;
  // Returns the error that refuses a call before it takes room, or nullopt. If it is null, no call
  // is refused. Called on gRPC's threads.
  std::function<std::optional<common::v1::Error>(const grpc::ServerContextBase& context)> admit;
  // Ends a call with the error that refuses it, in place of `serve`.
  std::function<void(UnaryCall* call, common::v1::Error error)> refuse;
  // Set if the audit log records the calls of the method, refused ones included.
  std::optional<CallAudit> audit;
  // Returns who makes a call, for the audit log. Called on gRPC's threads.
  std::function<std::string(const grpc::ServerContextBase& context)> principal;
  // MethodService sets it.
  CallInstruments* instruments = nullptr;
};

class UnaryCall final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                        public ReceiveQueue::Caller,
                        public SendWatch::Sender {
 public:
  // Asks `method->admit`, takes room from `method->budget` and queues the call to receive its
  // request, or refuses it. The call deletes itself once gRPC is done with it.
  UnaryCall(grpc::CallbackServerContext* context, const UnaryMethod* method);

  // Valid until the call has ended.
  const grpc::CallbackServerContext& context() const { return *context_; }

  // Takes room for an answer of `bytes` in place of the room that the call holds. Returns an error
  // if there is not enough room, otherwise nullopt.
  std::optional<common::v1::Error> Reserve(size_t bytes);

  // Each of these ends the call. Any thread may call them. The call may have been deleted when they
  // return. An answer counts against the budget while it is sent, and the call ends with an error
  // if the client does not receive it in time. Answer never refuses an answer, so call Reserve
  // before it if the answer may be large.
  void Answer(const google::protobuf::Message& answer);
  void Answer(grpc::ByteBuffer answer);
  void Fail(grpc::Status status);

 private:
  ~UnaryCall() override = default;

  void StartReceiving() override;
  // Overrides ReceiveQueue::Caller and SendWatch::Sender.
  void CutOff() override;
  std::string Connection() const override { return context_->peer(); }
  void OnReadDone(bool ok) override;
  void OnDone() override;

  // Takes room for the request's size in memory, and parses it.
  void AdmitAndParse();
  // Counts and records the call, which ends with this status. `outcome` is for the audit log.
  void Ended(grpc::StatusCode code, const std::string& outcome);

  grpc::CallbackServerContext* const context_;
  const UnaryMethod* const method_;
  const MonoTime began_ = SystemClock().Now();
  Budget::Hold hold_;
  // What the audit log gets when the call ends. Null if it does not record the call.
  std::unique_ptr<audit::v1::AuditRecord> record_;
  bool is_large_ = false;
  bool is_watched_ = false;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
};

}  // namespace quorate::server
