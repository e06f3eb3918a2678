// A broker, put together: its life, the metadata log it follows, the roles it takes up from it, and
// what it tells the controllers. Below this class nothing knows of more than its own part.
#pragma once

#include <optional>
#include <string>

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

// Broker loop only; constructed and destroyed where nothing runs on the loop any more or yet.
class Broker final : private BrokerLifecycle::Listener, private MetadataFollower::Listener {
 public:
  // Called on the broker's loop.
  class Listener {
   public:
    virtual ~Listener() = default;
    // Whether the broker is RUNNING; called at each change.
    virtual void OnReady(bool ready) = 0;
    // The broker has stopped for good: as asked (OK), or because it cannot go on.
    virtual void OnStopped(absl::Status status) = 0;
  };

  // Everything must outlive the broker.
  Broker(BrokerOptions options, Executor* executor, const Clock* clock, ControllerChannel* channel,
         MetadataSource* source, Listener* listener);

  // `advertised_endpoint` is HOST:PORT where others reach the broker; its GetIdentity must be
  // served there by now.
  void Start(std::string advertised_endpoint);
  // A controlled shutdown, bounded in time; ends with OnStopped. Idempotent.
  void BeginShutdown();

  // What the broker believes, with or without a controller.
  v1::DescribeBrokerResponse DescribeBroker() const;
  v1::ListRolesResponse ListRoles() const;
  v1::DescribeTopicsResponse DescribeTopics(const v1::DescribeTopicsRequest& request) const;

 private:
  // BrokerLifecycle::Listener.
  void OnStateChange(BrokerState state) override;
  void OnSession(const std::optional<ActiveSession>& session) override;
  void OnStopped(absl::Status status) override;
  // MetadataFollower::Listener.
  void OnImage(const metadata::MetadataImage& before, const metadata::MetadataImage& now) override;
  void OnLogReplaced() override;
  void OnControllerEpoch(int32_t epoch) override;
  void OnReplayFailed(absl::Status status) override;

  const BrokerOptions options_;
  const Clock* const clock_;
  Listener* const listener_;
  Rng rng_;
  BrokerLifecycle lifecycle_;
  MetadataFollower follower_;
  RoleManager roles_;
  RoleReporter reporter_;
  IsrProposer proposer_;
  bool ready_ = false;
};

}  // namespace quorate::broker
