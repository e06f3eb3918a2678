// A broker. It connects the parts: the broker's lifecycle, the metadata log it follows, the roles
// it takes up, and what it reports to the controllers. Below this class, each part knows only its
// own task.
//
// A broker runs on two loops. The broker's loop follows the log, takes up roles and proposes ISRs.
// The session's loop only registers and sends heartbeats, so a broker that has much to replay stays
// alive to the controllers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "base/uuid.h"
#include "broker/broker_lifecycle.h"
#include "broker/broker_options.h"
#include "broker/isr_proposer.h"
#include "broker/metadata_follower.h"
#include "broker/ports.h"
#include "broker/role_manager.h"
#include "broker/role_reporter.h"
#include "quorate/broker/v1/broker_view_service.pb.h"

namespace quorate::broker {

// Must be constructed before its loops run and destroyed after they have stopped.
class Broker final : private BrokerLifecycle::Listener, private MetadataFollower::Listener {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // Called on the session's loop when the broker becomes RUNNING or is no longer RUNNING.
    virtual void OnReady(bool ready) = 0;
    // Called on the broker's loop when the broker has stopped permanently: OK if it was asked to,
    // an error if it cannot go on.
    virtual void OnStopped(absl::Status status) = 0;
  };

  // A loop, and the channel that is used on that loop and calls back on it.
  struct Loop {
    Executor* executor;
    ControllerChannel* channel;
  };

  // All arguments must outlive the broker. `source` is used on the broker's loop.
  Broker(BrokerOptions options, Loop loop, Loop session_loop, const Clock* clock,
         MetadataSource* source, Listener* listener);

  // Starts to register and to follow the log. `advertised_endpoint` is the HOST:PORT at which
  // others reach the broker. It must already serve GetIdentity. Any thread.
  void Start(std::string advertised_endpoint);
  // Begins a controlled shutdown, which has a time limit and ends with OnStopped. Any thread.
  // Idempotent.
  void BeginShutdown();

  // These of BrokerOptions::log_directories have failed, and no others. The controllers learn it
  // with the next heartbeat, which is sent at once. Any thread.
  void SetOfflineLogDirectories(std::vector<Uuid> directories);

  // Describe the broker's view of itself, with or without a controller. DescribeSession fills in
  // what the session's loop knows and must be called there. DescribeMetadata fills in the rest and
  // must be called on the broker's loop.
  void DescribeSession(v1::DescribeBrokerResponse* response) const;
  void DescribeMetadata(v1::DescribeBrokerResponse* response) const;
  // Return how many heartbeat streams and subscriptions this broker has started. Call the first on
  // the session's loop and the second on the broker's loop.
  int64_t heartbeat_streams() const { return lifecycle_.streams_opened(); }
  int64_t subscriptions() const { return follower_.subscriptions(); }
  // Call these on the broker's loop.
  v1::ListRolesResponse ListRoles() const;
  v1::DescribeTopicsResponse DescribeTopics(const v1::DescribeTopicsRequest& request) const;

 private:
  // The image that is being taken up, and what is reported to the controllers afterwards.
  struct TakeUp {
    int64_t end_offset = 0;
    int32_t epoch = 0;
    // The generation of the log, as counted by OnLogReplaced.
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

  // Takes up the next slice of the newest image and posts itself for the rest.
  void TakeUpNextSlice();
  // Posts `task` to the session's loop.
  void PostToSession(Task task) { session_executor_->Post(std::move(task)); }

  const BrokerOptions options_;
  Executor* const executor_;
  Executor* const session_executor_;
  const Clock* const clock_;
  Listener* const listener_;

  // Used on the session's loop.
  Rng session_rng_;
  BrokerLifecycle lifecycle_;
  bool ready_ = false;

  // Used on the broker's loop.
  Rng rng_;
  MetadataFollower follower_;
  RoleManager roles_;
  RoleReporter reporter_;
  IsrProposer proposer_;
  // The newest image, while an older one is being taken up.
  std::optional<metadata::MetadataImage> next_image_;
  std::optional<TakeUp> taking_up_;
  // TakeUpNextSlice is posted, so an image that arrives meanwhile waits for it.
  bool slice_posted_ = false;
  int log_generation_ = 0;
};

}  // namespace quorate::broker
