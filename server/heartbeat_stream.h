// One broker's heartbeat stream: reads a heartbeat, lets the controller answer it, writes the
// answer, reads the next. How the stream ended is told to the controller, to whom it means life or
// death.
//
// gRPC's threads only post; everything else happens on the edge's loop, so that the stream cannot
// be finished twice or written to after its end.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <functional>
#include <optional>

#include "base/budget.h"
#include "controller/quorum_controller.h"
#include "quorate/broker/v1/broker_service.pb.h"
#include "server/call_edge.h"

namespace quorate::server {

class HeartbeatStream final
    : public grpc::ServerBidiReactor<broker::v1::HeartbeatRequest, broker::v1::HeartbeatResponse> {
 public:
  // `hold` is kept while the stream lasts. `on_gone` runs on the loop as the stream's last act;
  // then it deletes itself. Its first read begins with Start, on the loop.
  HeartbeatStream(controller::StreamId id, Budget::Hold hold, const CallEdge* edge,
                  controller::QuorumController* controller, std::function<void()> on_gone);

  // On the loop. End does nothing if the stream is ending already.
  void Start();
  void End(common::v1::Error error);

 private:
  // The stream is deleted once gRPC is done with it and the controller has answered.
  ~HeartbeatStream() override = default;

  // On gRPC's threads.
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  // On the loop.
  void OnHeartbeat();
  void OnAnswer(controller::Answer<broker::v1::HeartbeatResponse> answer);
  void Tell(controller::StreamEnd end);
  // Finishes the call, unless it is: now, or after the answer under way.
  void FinishOnce(const grpc::Status& status);
  void MaybeDelete();

  const controller::StreamId id_;
  const Budget::Hold hold_;
  const CallEdge* const edge_;
  controller::QuorumController* const controller_;
  const std::function<void()> on_gone_;

  broker::v1::HeartbeatRequest request_;
  broker::v1::HeartbeatResponse response_;
  bool awaiting_answer_ = false;
  bool writing_ = false;
  // The status to finish with once the answer under way is written.
  std::optional<grpc::Status> end_;
  bool told_ = false;
  bool finished_ = false;
  bool done_ = false;
};

}  // namespace quorate::server
