// A broker, put together: its life, the metadata log it follows, the roles it takes up from it, and
// what it tells the controllers. Below this class nothing knows of more than its own part.
//
// It runs on two loops. The broker's loop follows the log, takes up roles and asks for ISRs; the
// session's loop registers and heartbeats and does nothing else, so that a broker with much to
// replay stays alive to the controllers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "broker/broker_lifecycle.h"
#include "broker/broker_options.h"
#include "broker/isr_proposer.h"
#include "broker/metadata_follower.h"
#include "broker/ports.h"
#include "broker/role_manager.h"
#include "broker/role_reporter.h"
#include "quorate/broker/v1/broker_view_service.pb.h"

namespace quorate::broker {

// Constructed and destroyed where nothing runs on the loops any more or yet.
class Broker final : private BrokerLifecycle::Listener, private MetadataFollower::Listener {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // Whether the broker is RUNNING; called at each change, on the session's loop.
    virtual void OnReady(bool ready) = 0;
    // The broker has stopped for good: as asked (OK), or because it cannot go on. Called on the
    // broker's loop.
    virtual void OnStopped(absl::Status status) = 0;
  };

  // A loop, and the channel that is used on it and calls back on it.
  struct Loop {
    Executor* executor;
    ControllerChannel* channel;
  };

  // Everything must outlive the broker. `source` belongs to the broker's loop.
  Broker(BrokerOptions options, Loop loop, Loop session_loop, const Clock* clock,
         MetadataSource* source, Listener* listener);

  // `advertised_endpoint` is HOST:PORT where others reach the broker; its GetIdentity must be
  // served there by now. Any thread.
  void Start(std::string advertised_endpoint);
  // A controlled shutdown, bounded in time; ends with OnStopped. Any thread; idempotent.
  void BeginShutdown();

  // What the broker believes, with or without a controller. DescribeSession fills in what the
  // session's loop knows, and runs there; DescribeMetadata the rest, on the broker's loop.
  void DescribeSession(v1::DescribeBrokerResponse* response) const;
  void DescribeMetadata(v1::DescribeBrokerResponse* response) const;
  // On the broker's loop.
  v1::ListRolesResponse ListRoles() const;
  v1::DescribeTopicsResponse DescribeTopics(const v1::DescribeTopicsRequest& request) const;

 private:
  // The image that is being taken up, and what the controllers are told then.
  struct TakeUp {
    int64_t end_offset = 0;
    int32_t epoch = 0;
    // Of the log, as OnLogReplaced counts.
    int log_generation = 0;
  };

  // BrokerLifecycle::Listener, on the session's loop.
  void OnStateChange(BrokerState state) override;
  void OnSession(const std::optional<ActiveSession>& session) override;
  void OnStopped(absl::Status status) override;
  // MetadataFollower::Listener, on the broker's loop.
  void OnImage(const metadata::MetadataImage& before, const metadata::MetadataImage& now) override;
  void OnLogReplaced() override;
  void OnControllerEpoch(int32_t epoch) override;
  void OnReplayFailed(absl::Status status) override;

  // Takes up the next slice of the newest image, and comes back for what is left.
  void GoOnTakingUp();
  // Runs on the other loop.
  void PostToSession(Task task) { session_executor_->Post(std::move(task)); }

  const BrokerOptions options_;
  Executor* const executor_;
  Executor* const session_executor_;
  const Clock* const clock_;
  Listener* const listener_;

  // On the session's loop.
  Rng session_rng_;
  BrokerLifecycle lifecycle_;
  bool ready_ = false;

  // On the broker's loop.
  Rng rng_;
  MetadataFollower follower_;
  RoleManager roles_;
  RoleReporter reporter_;
  IsrProposer proposer_;
  // The newest image, while an older one is being taken up.
  std::optional<metadata::MetadataImage> next_image_;
  std::optional<TakeUp> taking_up_;
  // GoOnTakingUp is posted: an image that comes meanwhile waits for it.
  bool comes_back_ = false;
  int log_generation_ = 0;
};

}  // namespace quorate::broker
