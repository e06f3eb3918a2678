#include "broker/broker.h"

#include <string>
#include <utility>

#include "metadata/describe.h"

namespace quorate::broker {

Broker::Broker(BrokerOptions options, Executor* executor, const Clock* clock,
               ControllerChannel* channel, MetadataSource* source, Listener* listener)
    : options_(std::move(options)),
      clock_(clock),
      listener_(listener),
      rng_(options_.seed),
      lifecycle_(options_, executor, clock, &rng_, channel, this),
      follower_(options_, executor, clock, &rng_, source, this),
      roles_(options_.broker_id, options_.incarnation_id),
      reporter_(options_, executor, clock, &rng_, channel, &roles_),
      proposer_(options_, executor, clock, &rng_, channel) {}

void Broker::Start(std::string advertised_endpoint) {
  lifecycle_.Start(std::move(advertised_endpoint));
  follower_.Start();
}

void Broker::BeginShutdown() { lifecycle_.BeginShutdown(); }

void Broker::OnStateChange(BrokerState state) {
  const bool ready = state == v1::DescribeBrokerResponse::RUNNING;
  if (ready == ready_) return;
  ready_ = ready;
  listener_->OnReady(ready);
}

void Broker::OnSession(const std::optional<ActiveSession>& session) {
  follower_.OnActiveEpoch(session ? session->controller_epoch : 0);
  reporter_.OnSession(session);
  proposer_.OnSession(session);
}

void Broker::OnStopped(absl::Status status) {
  follower_.Stop();
  listener_->OnStopped(std::move(status));
}

void Broker::OnImage(const metadata::MetadataImage& before, const metadata::MetadataImage& now) {
  reporter_.OnChanges(roles_.OnImage(before, now));
  proposer_.OnImage(before, now);
  // Last: what the controllers are told has been taken up.
  lifecycle_.OnMetadata(now.end_offset().value(), now.last_epoch().value());
}

// The controllers must not take the broker for caught up with a log that it has not read.
void Broker::OnLogReplaced() { lifecycle_.OnMetadata(0, 0); }

void Broker::OnControllerEpoch(int32_t epoch) { lifecycle_.OnControllerEpoch(epoch); }

void Broker::OnReplayFailed(absl::Status status) { lifecycle_.Stop(std::move(status)); }

v1::DescribeBrokerResponse Broker::DescribeBroker() const {
  const auto age_ms = [now = clock_->Now()](std::optional<MonoTime> when) {
    return when ? ToMs(now - *when) : int64_t{-1};
  };
  v1::DescribeBrokerResponse response;
  response.set_broker_id(options_.broker_id.value());
  response.set_incarnation_id(std::string(options_.incarnation_id.bytes()));
  response.set_broker_epoch(lifecycle_.broker_epoch());
  response.set_state(lifecycle_.state());
  response.set_last_contact_age_ms(age_ms(lifecycle_.last_contact()));
  response.set_last_metadata_age_ms(age_ms(follower_.last_event()));
  response.set_metadata_end_offset(follower_.image().end_offset().value());
  response.set_metadata_epoch(follower_.image().last_epoch().value());
  response.set_leader_count(static_cast<int32_t>(roles_.leader_count()));
  response.set_follower_count(static_cast<int32_t>(roles_.follower_count()));
  response.set_controller_endpoint(lifecycle_.controller_endpoint());
  response.set_metadata_endpoint(follower_.endpoint());
  return response;
}

v1::ListRolesResponse Broker::ListRoles() const {
  v1::ListRolesResponse response;
  for (v1::PartitionRole& role : roles_.List()) *response.add_roles() = std::move(role);
  response.set_metadata_end_offset(follower_.image().end_offset().value());
  return response;
}

v1::DescribeTopicsResponse Broker::DescribeTopics(const v1::DescribeTopicsRequest& request) const {
  v1::DescribeTopicsResponse response;
  *response.mutable_topics() = metadata::DescribeTopics(follower_.image(), request.topics());
  response.set_metadata_end_offset(follower_.image().end_offset().value());
  return response;
}

}  // namespace quorate::broker
