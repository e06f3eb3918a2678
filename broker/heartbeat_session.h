// Keeps the broker's session with the active controller. It finds that controller and keeps one
// heartbeat stream to it, with one heartbeat in flight. It looks for the next controller when the
// stream breaks, is silent or is refused. The owner decides what a heartbeat says and what its
// answer means (broker_lifecycle.h).
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/executor.h"
#include "broker/broker_options.h"
#include "broker/controller_finder.h"
#include "broker/ports.h"

namespace quorate::broker {

// Used on the session's loop only (broker.h).
class HeartbeatSession {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual v1::HeartbeatRequest MakeHeartbeat() = 0;
    // The active controller answered. `first`: this is its first answer on this stream.
    virtual void OnHeartbeatAnswer(const v1::HeartbeatResponse& response, bool first) = 0;
    // No controller answers any longer. Called only after an answer and before the next `first`
    // one.
    virtual void OnSessionEnded() = 0;
    // The controller answered STALE_BROKER_EPOCH or BROKER_ID_NOT_REGISTERED. The session has
    // already stopped.
    virtual void OnRegistrationLost(const common::v1::Error& error) = 0;
  };

  // All arguments must outlive the session. The owner also uses `finder`.
  HeartbeatSession(const BrokerOptions& options, Executor* executor, const Clock* clock,
                   ControllerChannel* channel, ControllerFinder* finder, Owner* owner);
  ~HeartbeatSession();

  // Looks for the active controller, beginning at the finder's current endpoint. REQUIRES: not
  // started, or stopped by OnRegistrationLost.
  void Start();

  // Sets the time from one heartbeat to the next.
  void SetInterval(Duration interval);

  // Sends a heartbeat at once, or as soon as the one in flight is answered. Does nothing if no
  // stream is open, because the first heartbeat of a stream is sent at once anyway.
  void SendNow();

  // The metadata log shows that a controller leads `epoch`. If the session is with the leader of an
  // earlier epoch, or if there is no session, the new leader is looked for without a pause.
  void OnControllerEpoch(int32_t epoch);

  // Ends the session permanently, with a goodbye if a stream is open. `closed` runs in every case.
  void Stop(v1::HeartbeatRequest goodbye, Task closed);

  // The controller that answers. Empty: there is none.
  const std::string& endpoint() const { return endpoint_; }
  // The epoch in which it leads. 0 without a controller.
  int32_t controller_epoch() const { return controller_epoch_; }
  // How many heartbeat streams were opened.
  int64_t streams_opened() const { return streams_opened_; }

 private:
  enum class State { kIdle, kPausing, kOpen };

  void Open();
  void Send();
  // Returns `request` with the ordinal of the open stream and the interval of its heartbeats.
  v1::HeartbeatRequest WithStreamFields(v1::HeartbeatRequest request) const;
  void OnEvent(HeartbeatEvent event);
  void OnResponse(const v1::HeartbeatResponse& response);
  void OnError(const common::v1::Error& error);
  void OnSilence();
  // The stream has ended for `reason`. Tries the finder's current endpoint after `pause`.
  void Reconnect(Duration pause, const std::string& reason);
  // Closes the open stream so that another one can be opened.
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
  // How many streams were opened, which is the ordinal of the open one.
  int64_t streams_opened_ = 0;
  // The only timer: the end of a pause, the next heartbeat, or the timeout of an answer.
  TimerId timer_ = kNoTimer;
  Duration interval_;
  MonoTime sent_at_;
  bool in_flight_ = false;
  bool send_again_ = false;
  std::string endpoint_;
  int32_t controller_epoch_ = 0;
  // The latest epoch that OnControllerEpoch or an answer reported.
  int32_t known_epoch_ = 0;
};

}  // namespace quorate::broker
