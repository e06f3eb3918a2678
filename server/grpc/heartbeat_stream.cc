#include "server/grpc/heartbeat_stream.h"

#include <utility>

#include "base/failpoint.h"
#include "server/node/ensure_answered.h"

namespace quorate::server {

using broker::v1::HeartbeatRequest;
using broker::v1::HeartbeatResponse;
using controller::StreamEnd;

HeartbeatStream::HeartbeatStream(controller::StreamId id,
                                 const grpc::CallbackServerContext* context, Budget::Hold hold,
                                 const CallEdge* edge, controller::QuorumController* controller,
                                 std::function<void()> on_gone)
    : id_(id),
      context_(context),
      hold_(std::move(hold)),
      edge_(edge),
      controller_(controller),
      on_gone_(std::move(on_gone)) {}

void HeartbeatStream::Start() { StartRead(&request_); }

void HeartbeatStream::End(common::v1::Error error) {
  // This node ends the stream, so its end is not a sign that the broker has died.
  Tell(StreamEnd::kReconnecting);
  FinishOnce(edge_->StatusOf(std::move(error)));
}

void HeartbeatStream::OnReadDone(bool ok) {
  edge_->loop()->Post([this, ok] {
    if (finished_) return;
    if (ok) {
      OnHeartbeat();
    } else {
      Tell(StreamEnd::kBroken);
      FinishOnce(grpc::Status::OK);
    }
  });
}

void HeartbeatStream::OnWriteDone(bool ok) {
  edge_->loop()->Post([this, ok] {
    writing_ = false;
    if (end_) {
      FinishOnce(*end_);
    } else if (ok) {
      StartRead(&request_);
    } else {
      Tell(StreamEnd::kBroken);
      FinishOnce(grpc::Status::CANCELLED);
    }
  });
}

// gRPC calls this as soon as the connection breaks, whatever the stream is waiting for.
void HeartbeatStream::OnCancel() {
  edge_->loop()->Post([this] { Tell(StreamEnd::kBroken); });
}

void HeartbeatStream::OnDone() {
  edge_->loop()->Post([this] {
    done_ = true;
    MaybeDelete();
  });
}

void HeartbeatStream::OnHeartbeat() {
  if (const absl::Status failed = Failpoint("server.heartbeat"); !failed.ok()) {
    End(controller::MakeError(common::v1::UNKNOWN_SERVER_ERROR, std::string(failed.message())));
    return;
  }
  switch (request_.goodbye()) {
    case HeartbeatRequest::RECONNECTING:
      Tell(StreamEnd::kReconnecting);
      FinishOnce(grpc::Status::OK);
      return;
    case HeartbeatRequest::STOPPING:
      Tell(StreamEnd::kStopping);
      FinishOnce(grpc::Status::OK);
      return;
    default:
      break;
  }
  if (auto error = edge_->CheckSpeaksFor(*context_, request_, BrokerId(request_.broker_id()))) {
    End(*std::move(error));
    return;
  }
  awaiting_answer_ = true;
  controller::Reply<HeartbeatResponse> reply =
      [this](controller::Answer<HeartbeatResponse> answer) {
        edge_->loop()->Post(
            [this, answer = std::move(answer)]() mutable { OnAnswer(std::move(answer)); });
      };
  controller_->Heartbeat(id_, request_, EnsureAnswered(std::move(reply)));
}

void HeartbeatStream::OnAnswer(controller::Answer<HeartbeatResponse> answer) {
  awaiting_answer_ = false;
  if (finished_) {
    MaybeDelete();
    return;
  }
  if (auto* error = std::get_if<common::v1::Error>(&answer)) {
    End(std::move(*error));
    return;
  }
  response_ = std::get<HeartbeatResponse>(std::move(answer));
  writing_ = true;
  StartWrite(&response_);
}

void HeartbeatStream::Tell(StreamEnd end) {
  if (std::exchange(told_, true)) return;
  controller_->HeartbeatStreamEnded(id_, end);
}

void HeartbeatStream::FinishOnce(const grpc::Status& status) {
  if (finished_) return;
  if (writing_) {
    end_ = status;
    return;
  }
  finished_ = true;
  Finish(status);
}

void HeartbeatStream::MaybeDelete() {
  if (!done_ || awaiting_answer_) return;
  on_gone_();
  delete this;
}

}  // namespace quorate::server
