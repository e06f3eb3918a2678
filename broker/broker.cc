#include "broker/broker.h"

#include <string>
#include <utility>

#include "metadata/describe.h"

namespace quorate::broker {

Broker::Broker(BrokerOptions options, Loop loop, Loop session_loop, const Clock* clock,
               MetadataSource* source, Listener* listener)
    : options_(std::move(options)),
      executor_(loop.executor),
      session_executor_(session_loop.executor),
      clock_(clock),
      listener_(listener),
      session_rng_(options_.seed),
      lifecycle_(options_, session_loop.executor, clock, &session_rng_, session_loop.channel, this),
      rng_(options_.seed + 1),
      follower_(options_, loop.executor, clock, &rng_, source, this),
      roles_(options_.broker_id, options_.incarnation_id),
      reporter_(options_, loop.executor, clock, &rng_, loop.channel, &roles_),
      proposer_(options_, loop.executor, clock, &rng_, loop.channel) {}

void Broker::Start(std::string advertised_endpoint) {
  PostToSession([this, endpoint = std::move(advertised_endpoint)]() mutable {
    lifecycle_.Start(std::move(endpoint));
  });
  executor_->Post([this] { follower_.Start(); });
}

void Broker::BeginShutdown() {
  PostToSession([this] { lifecycle_.BeginShutdown(); });
}

void Broker::SetOfflineLogDirectories(std::vector<Uuid> directories) {
  PostToSession([this, directories = std::move(directories)]() mutable {
    lifecycle_.SetOfflineDirectories(std::move(directories));
  });
}

void Broker::OnStateChange(BrokerState state) {
  const bool ready = state == v1::DescribeBrokerResponse::RUNNING;
  if (ready == ready_) return;
  ready_ = ready;
  listener_->OnReady(ready);
}

void Broker::OnSession(const std::optional<ActiveSession>& session) {
  executor_->Post([this, session] {
    follower_.OnActiveEpoch(session ? session->controller_epoch : 0);
    reporter_.OnSession(session);
    proposer_.OnSession(session);
  });
}

void Broker::OnStopped(absl::Status status) {
  executor_->Post([this, status = std::move(status)]() mutable {
    follower_.Stop();
    listener_->OnStopped(std::move(status));
  });
}

void Broker::OnImage(const metadata::MetadataImage& /*before*/,
                     const metadata::MetadataImage& now) {
  next_image_ = now;
  // If an older image is being taken up, its task continues with this one.
  if (!taking_up_ && !slice_posted_) TakeUpNextSlice();
}

void Broker::TakeUpNextSlice() {
  if (!taking_up_) {
    const metadata::MetadataImage image = *std::exchange(next_image_, std::nullopt);
    taking_up_ = {.end_offset = image.end_offset().value(),
                  .epoch = image.last_epoch().value(),
                  .log_generation = log_generation_};
    roles_.Begin(image);
    proposer_.Begin(image);
  }
  const bool more = roles_.Step([this](const RoleChange& change) {
    reporter_.OnChange(change.topic.id(), change.partition);
  }) || proposer_.Step();
  if (!more) {
    reporter_.Wake();
    // Report the image to the controllers only now that it has been taken up.
    if (taking_up_->log_generation == log_generation_) {
      PostToSession(
          [this, done = *taking_up_] { lifecycle_.OnMetadata(done.end_offset, done.epoch); });
    }
    taking_up_.reset();
  }
  if (more || next_image_) {
    slice_posted_ = true;
    executor_->Post([this] {
      slice_posted_ = false;
      TakeUpNextSlice();
    });
  }
}

// The controllers must not consider the broker caught up with a log that it has not read.
void Broker::OnLogReplaced() {
  ++log_generation_;
  PostToSession([this] { lifecycle_.OnMetadata(0, 0); });
}

void Broker::OnControllerEpoch(int32_t epoch) {
  PostToSession([this, epoch] { lifecycle_.OnControllerEpoch(epoch); });
}

void Broker::OnReplayFailed(absl::Status status) {
  PostToSession(
      [this, status = std::move(status)]() mutable { lifecycle_.Stop(std::move(status)); });
}

void Broker::DescribeSession(v1::DescribeBrokerResponse* response) const {
  const std::optional<MonoTime> contact = lifecycle_.last_contact();
  response->set_broker_id(options_.broker_id.value());
  response->set_incarnation_id(std::string(options_.incarnation_id.bytes()));
  response->set_broker_epoch(lifecycle_.broker_epoch());
  response->set_state(lifecycle_.state());
  response->set_last_contact_age_ms(contact ? ToMs(clock_->Now() - *contact) : -1);
  response->set_controller_endpoint(lifecycle_.controller_endpoint());
}

void Broker::DescribeMetadata(v1::DescribeBrokerResponse* response) const {
  const std::optional<MonoTime> event = follower_.last_event();
  response->set_last_metadata_age_ms(event ? ToMs(clock_->Now() - *event) : -1);
  response->set_metadata_end_offset(follower_.image().end_offset().value());
  response->set_metadata_epoch(follower_.image().last_epoch().value());
  response->set_leader_count(static_cast<int32_t>(roles_.leader_count()));
  response->set_follower_count(static_cast<int32_t>(roles_.follower_count()));
  response->set_metadata_endpoint(follower_.endpoint());
}

v1::ListRolesResponse Broker::ListRoles() const {
  v1::ListRolesResponse response;
  for (v1::PartitionRole& role : roles_.List()) *response.add_roles() = std::move(role);
  response.set_metadata_end_offset(roles_.end_offset());
  return response;
}

v1::DescribeTopicsResponse Broker::DescribeTopics(const v1::DescribeTopicsRequest& request) const {
  v1::DescribeTopicsResponse response;
  *response.mutable_topics() = metadata::DescribeTopics(follower_.image(), request.topics());
  response.set_metadata_end_offset(follower_.image().end_offset().value());
  return response;
}

}  // namespace quorate::broker
