// The broker's session with the active controller: finds it, keeps one heartbeat stream to it and
// one heartbeat in flight, and finds the next one when the stream breaks, falls silent or is
// refused. What a heartbeat says and what its answer means is the owner's (broker_lifecycle.h).
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/executor.h"
#include "broker/broker_options.h"
#include "broker/controller_finder.h"
#include "broker/ports.h"

namespace quorate::broker {

// The session's loop only (broker.h).
class HeartbeatSession {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual v1::HeartbeatRequest MakeHeartbeat() = 0;
    // The active controller answered. `first`: for the first time on this stream.
    virtual void OnHeartbeatAnswer(const v1::HeartbeatResponse& response, bool first) = 0;
    // No controller answers any more: after an answer, before the next `first` one.
    virtual void OnSessionEnded() = 0;
    // STALE_BROKER_EPOCH or BROKER_ID_NOT_REGISTERED: the session has stopped by itself.
    virtual void OnRegistrationLost(const common::v1::Error& error) = 0;
  };

  // Everything must outlive the session. `finder` is the owner's, too.
  HeartbeatSession(const BrokerOptions& options, Executor* executor, const Clock* clock,
                   ControllerChannel* channel, ControllerFinder* finder, Owner* owner);
  ~HeartbeatSession();

  // Looks for the active controller, from the finder's current endpoint on. REQUIRES: not started,
  // or stopped by OnRegistrationLost.
  void Start();

  // The time from one heartbeat to the next.
  void SetInterval(Duration interval);

  // Sends a heartbeat at once, or as soon as the one in flight is answered. Nothing happens while
  // no stream is open: the first heartbeat of a stream goes at once anyhow.
  void SendNow();

  // The metadata log shows that a controller leads `epoch`. If the session is with the leader of an
  // earlier epoch, or with none, the new one is looked for without a pause.
  void OnControllerEpoch(int32_t epoch);

  // Ends the session for good, with a goodbye if a stream is open. `closed` runs in every case.
  void Stop(v1::HeartbeatRequest goodbye, Task closed);

  // The controller that answers; empty: none.
  const std::string& endpoint() const { return endpoint_; }
  // The epoch that it leads; 0 without one.
  int32_t controller_epoch() const { return controller_epoch_; }

 private:
  enum class State { kIdle, kPausing, kOpen };

  void Open();
  void Send();
  // Says which stream `request` is sent on.
  v1::HeartbeatRequest OnThisStream(v1::HeartbeatRequest request) const;
  void OnEvent(HeartbeatEvent event);
  void OnResponse(const v1::HeartbeatResponse& response);
  void OnError(const common::v1::Error& error);
  void OnSilence();
  // The stream is over, for `reason`: tries the finder's current endpoint after `pause`.
  void Reconnect(Duration pause, const std::string& reason);
  // Closes an open stream, to open another one.
  void CloseOpenStream();
  void ForgetController();
  void SetTimer(MonoTime when, void (HeartbeatSession::*action)());
  void CancelTimer();

  const BrokerOptions& options_;
  Executor* const executor_;
  const Clock* const clock_;
  ControllerChannel* const channel_;
  ControllerFinder* const finder_;
  Owner* const owner_;

  State state_ = State::kIdle;
  // How many streams were opened: the ordinal of the open one.
  int64_t streams_opened_ = 0;
  // The only timer: the end of a pause, the next heartbeat, or the end of patience with an answer.
  TimerId timer_ = kNoTimer;
  Duration interval_;
  MonoTime sent_at_;
  bool in_flight_ = false;
  bool send_again_ = false;
  std::string endpoint_;
  int32_t controller_epoch_ = 0;
  // The latest epoch that OnControllerEpoch was told.
  int32_t known_epoch_ = 0;
};

}  // namespace quorate::broker
