// Runs the broker's lifecycle with the controllers. The broker registers, sends heartbeats, is
// fenced and unfenced, keeps going without a controller, and shuts down cleanly.
//
//     STARTING ──caught up──► FENCED ──unfenced──► RUNNING        (either way back when fenced)
//        ▲                       │                    │
//        │                       └──────┬─────────────┘
//        │                      no answer for a while (and back at the next answer)
//        │                              ▼
//        └──registration lost──   NO_CONTROLLER
//
//     any ──BeginShutdown──► CONTROLLED_SHUTDOWN ──released, or time is up──► OnStopped
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "base/uuid.h"
#include "broker/active_session.h"
#include "broker/backoff.h"
#include "broker/broker_options.h"
#include "broker/controller_finder.h"
#include "broker/heartbeat_session.h"
#include "broker/ports.h"
#include "quorate/broker/v1/broker_view_service.pb.h"

namespace quorate::broker {

using BrokerState = v1::DescribeBrokerResponse::State;

// Used on the session's loop only (broker.h).
class BrokerLifecycle final : private HeartbeatSession::Owner {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void OnStateChange(BrokerState state) = 0;
    // An active controller has begun to answer (a new session each time), or no controller answers
    // (nullopt).
    virtual void OnSession(const std::optional<ActiveSession>& session) = 0;
    // The broker has stopped and does nothing further. An error says why it could not go on.
    virtual void OnStopped(absl::Status status) = 0;
  };

  // All arguments must outlive the lifecycle.
  BrokerLifecycle(const BrokerOptions& options, Executor* executor, const Clock* clock, Rng* rng,
                  ControllerChannel* channel, Listener* listener);
  ~BrokerLifecycle() override;

  // Begins to register. `advertised_endpoint` is the HOST:PORT at which others reach the broker.
  void Start(std::string advertised_endpoint);

  // The broker has taken up everything in the metadata log below `end_offset`. `epoch` is the epoch
  // of the last batch. The end offset decreases only if the log was replaced.
  void OnMetadata(int64_t end_offset, int32_t epoch);
  // These of the broker's log directories have failed. Each heartbeat says so from now on, the next
  // one at once.
  void SetOfflineDirectories(std::vector<Uuid> directories);
  // The metadata log's source reports that `epoch` has a leader.
  void OnControllerEpoch(int32_t epoch) { session_.OnControllerEpoch(epoch); }

  // Asks the active controller to move what the broker leads, and ends with OnStopped, after
  // controlled_shutdown_timeout at the latest. Stops at once if there is no controller to ask.
  // Idempotent.
  void BeginShutdown();
  // Leaves the session with a goodbye without waiting for a controller, and then calls
  // OnStopped(status).
  void Stop(absl::Status status);

  BrokerState state() const { return state_; }
  // -1: not registered.
  int64_t broker_epoch() const { return broker_epoch_; }
  // When an active controller last answered. nullopt: never.
  std::optional<MonoTime> last_contact() const { return last_contact_; }
  // The controller that answers the heartbeats. Empty: there is none.
  const std::string& controller_endpoint() const { return session_.endpoint(); }
  // How many heartbeat streams were opened, to any controller.
  int64_t streams_opened() const { return session_.streams_opened(); }

 private:
  // HeartbeatSession::Owner.
  v1::HeartbeatRequest MakeHeartbeat() override;
  void OnHeartbeatAnswer(const v1::HeartbeatResponse& response, bool first) override;
  void OnSessionEnded() override;
  void OnRegistrationLost(const common::v1::Error& error) override;

  void Register();
  void RegisterAfter(Duration pause);
  void OnRegistered(const v1::RegisterBrokerResponse& response);
  void OnRegistrationError(const common::v1::Error& error);
  void OnDuplicate(const common::v1::Error& error);
  // Returns whether a registration error of this code should be logged.
  bool ShouldLog(common::v1::ErrorCode code);
  void OnContact();
  void UpdateState();
  BrokerState ComputeState() const;

  const BrokerOptions& options_;
  Executor* const executor_;
  const Clock* const clock_;
  ControllerChannel* const channel_;
  Listener* const listener_;
  ControllerFinder finder_;
  HeartbeatSession session_;
  // Paces registrations that were refused or did not last.
  Backoff register_backoff_;

  std::string advertised_endpoint_;
  BrokerState state_ = v1::DescribeBrokerResponse::STARTING;
  int64_t broker_epoch_ = -1;
  int64_t metadata_end_offset_ = 0;
  std::vector<Uuid> offline_directories_;
  std::optional<MonoTime> last_contact_;
  // The last heartbeat answer under this registration.
  std::optional<v1::HeartbeatResponse> answer_;
  // When a controller first reported that another process holds the broker's id.
  std::optional<MonoTime> duplicate_since_;
  // The last registration error that was logged, and when to log it again.
  common::v1::ErrorCode logged_error_ = common::v1::ERROR_CODE_UNSPECIFIED;
  MonoTime log_again_at_;
  bool stopping_ = false;
  bool finished_ = false;
  TimerId register_timer_ = kNoTimer;
  TimerId silence_timer_ = kNoTimer;
  TimerId shutdown_timer_ = kNoTimer;
};

}  // namespace quorate::broker
