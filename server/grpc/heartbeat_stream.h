// The controller's end of one broker's heartbeat stream. It reads a heartbeat, lets the controller
// answer it, writes the answer, and reads the next. It tells the controller how the stream ended,
// because a broken stream may mean that the broker is dead.
//
// gRPC's threads only post to the edge's loop, and everything else happens there. So the stream
// cannot be finished twice, or written to after its end.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <functional>
#include <optional>

#include "base/budget.h"
#include "controller/quorum_controller.h"
#include "quorate/broker/v1/broker_service.pb.h"
#include "server/grpc/call_edge.h"

namespace quorate::server {

class HeartbeatStream final
    : public grpc::ServerBidiReactor<broker::v1::HeartbeatRequest, broker::v1::HeartbeatResponse> {
 public:
  // `context` is the stream's. Keeps `hold` while the stream exists. When the stream is over it
  // calls `on_gone`, on the loop, and deletes itself.
  HeartbeatStream(controller::StreamId id, const grpc::CallbackServerContext* context,
                  Budget::Hold hold, const CallEdge* edge, controller::QuorumController* controller,
                  std::function<void()> on_gone);

  // Starts the first read. Call it on the loop.
  void Start();
  // Ends the stream with `error`, unless it is ending already. Call it on the loop.
  void End(common::v1::Error error);

 private:
  // The stream is deleted once gRPC is done with it and the controller has answered.
  ~HeartbeatStream() override = default;

  // Called on gRPC's threads.
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  // Called on the loop.
  void OnHeartbeat();
  void OnAnswer(controller::Answer<broker::v1::HeartbeatResponse> answer);
  // Tells the controller how the stream ended. Only the first call has an effect.
  void Tell(controller::StreamEnd end);
  // Finishes the call, after the answer that is being written if there is one. Does nothing if the
  // call is finished already.
  void FinishOnce(const grpc::Status& status);
  void MaybeDelete();

  const controller::StreamId id_;
  // Valid until OnDone returns.
  const grpc::CallbackServerContext* const context_;
  const Budget::Hold hold_;
  const CallEdge* const edge_;
  controller::QuorumController* const controller_;
  const std::function<void()> on_gone_;

  broker::v1::HeartbeatRequest request_;
  broker::v1::HeartbeatResponse response_;
  bool awaiting_answer_ = false;
  bool writing_ = false;
  // The status to finish with once the current write is done.
  std::optional<grpc::Status> end_;
  bool told_ = false;
  bool finished_ = false;
  bool done_ = false;
};

}  // namespace quorate::server
