#include "broker/broker_lifecycle.h"

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/failpoint.h"
#include "base/overloaded.h"
#include "metadata/broker_details.h"
#include "metadata/feature_table.h"
#include "metadata/metadata_image.h"

namespace quorate::broker {
namespace {

constexpr Duration kFirstRegisterPause = std::chrono::milliseconds(50);
constexpr Duration kMaxRegisterPause = std::chrono::seconds(1);
// How often a registration that keeps failing for the same reason is logged.
constexpr Duration kLogPause = std::chrono::seconds(10);

}  // namespace

BrokerLifecycle::BrokerLifecycle(const BrokerOptions& options, Executor* executor,
                                 const Clock* clock, Rng* rng, ControllerChannel* channel,
                                 Listener* listener)
    : options_(options),
      executor_(executor),
      clock_(clock),
      channel_(channel),
      listener_(listener),
      finder_(options.bootstrap, static_cast<size_t>(options.broker_id.value()), rng),
      session_(options, executor, clock, channel, &finder_, this),
      register_backoff_(kFirstRegisterPause, kMaxRegisterPause, rng) {}

BrokerLifecycle::~BrokerLifecycle() {
  for (const TimerId timer : {register_timer_, silence_timer_, shutdown_timer_}) {
    executor_->CancelTimer(timer);
  }
}

void BrokerLifecycle::Start(std::string advertised_endpoint) {
  advertised_endpoint_ = std::move(advertised_endpoint);
  Register();
}

void BrokerLifecycle::Register() {
  if (const absl::Status failed = Failpoint("broker.before_register"); !failed.ok()) {
    LOG(WARNING) << "cannot register: " << failed;
    RegisterAfter(register_backoff_.Next());
    return;
  }
  v1::RegisterBrokerRequest request;
  request.set_cluster_id(options_.cluster_id);
  request.set_broker_id(options_.broker_id.value());
  request.set_incarnation_id(std::string(options_.incarnation_id.bytes()));
  request.set_advertised_endpoint(advertised_endpoint_);
  request.set_rack(options_.rack);
  const auto support = [&request](std::string_view name, uint32_t min_level, uint32_t max_level) {
    auto* feature = request.add_features();
    feature->set_name(std::string(name));
    feature->set_min_level(min_level);
    feature->set_max_level(max_level);
  };
  support(metadata::kMetadataVersionFeature, 1, metadata::kLatestMetadataVersion);
  support(metadata::kEligibleLeaderReplicasFeature, 0, 1);
  for (const Uuid& directory : options_.log_directories) {
    request.add_log_directories(std::string(directory.bytes()));
  }
  channel_->RegisterBroker(
      finder_.current(), options_.call_timeout, std::move(request),
      [this](CallResult<v1::RegisterBrokerResponse> result) {
        if (finished_) return;
        std::visit(Overloaded{[this](const v1::RegisterBrokerResponse& r) { OnRegistered(r); },
                              [this](const common::v1::Error& e) { OnRegistrationError(e); }},
                   result);
      });
}

void BrokerLifecycle::RegisterAfter(Duration pause) {
  register_timer_ = executor_->PostAt(clock_->Now() + pause, [this] { Register(); });
}

void BrokerLifecycle::OnRegistered(const v1::RegisterBrokerResponse& response) {
  LOG(INFO) << "broker " << options_.broker_id << " is registered: broker epoch "
            << response.broker_epoch() << ", incarnation " << options_.incarnation_id;
  if (!response.endpoint_verified()) {
    LOG(WARNING) << "the controller could not reach this broker at its advertised endpoint "
                 << advertised_endpoint_ << ": others may not reach it either; check --advertise";
  }
  broker_epoch_ = response.broker_epoch();
  duplicate_since_.reset();
  logged_error_ = common::v1::ERROR_CODE_UNSPECIFIED;
  finder_.OnSuccess();
  OnContact();
  session_.SetInterval(options_.eager_heartbeat_interval);
  session_.Start();
}

void BrokerLifecycle::OnRegistrationError(const common::v1::Error& error) {
  switch (error.code()) {
    case common::v1::DUPLICATE_BROKER_REGISTRATION:
      OnDuplicate(error);
      return;
    case common::v1::INCONSISTENT_CLUSTER_ID:
    case common::v1::INVALID_REGISTRATION:
    case common::v1::UNSUPPORTED_VERSION:
      Stop(absl::FailedPreconditionError(absl::StrFormat(
          "the controller at %s refuses this broker: %s", finder_.current(), error.message())));
      return;
    default:
      break;
  }
  if (ShouldLog(error.code())) {
    LOG(WARNING) << "cannot register yet, still trying: " << finder_.current() << ": "
                 << error.message();
  }
  RegisterAfter(finder_.OnError(error));
}

void BrokerLifecycle::OnDuplicate(const common::v1::Error& error) {
  OnContact();
  const MonoTime now = clock_->Now();
  if (!duplicate_since_) duplicate_since_ = now;
  const int64_t patience_s = ToMs(options_.registration_timeout) / 1000;
  if (now - *duplicate_since_ >= options_.registration_timeout) {
    Stop(absl::AlreadyExistsError(
        absl::StrFormat("registration was refused for %d s: %s", patience_s, error.message())));
    return;
  }
  if (ShouldLog(error.code())) {
    LOG(WARNING) << "cannot register yet, still trying for up to " << patience_s
                 << " s: " << error.message();
  }
  RegisterAfter(register_backoff_.Next());
}

bool BrokerLifecycle::ShouldLog(common::v1::ErrorCode code) {
  const MonoTime now = clock_->Now();
  if (code == logged_error_ && now < log_again_at_) return false;
  logged_error_ = code;
  log_again_at_ = now + kLogPause;
  return true;
}

void BrokerLifecycle::OnRegistrationLost(const common::v1::Error& error) {
  LOG(WARNING) << "the registration with broker epoch " << broker_epoch_
               << " is gone; the broker registers again: " << error.message();
  OnContact();
  broker_epoch_ = -1;
  answer_.reset();
  if (stopping_) {
    Stop(absl::OkStatus());
    return;
  }
  UpdateState();
  RegisterAfter(register_backoff_.Next());
}

v1::HeartbeatRequest BrokerLifecycle::MakeHeartbeat() {
  v1::HeartbeatRequest request;
  request.set_broker_id(options_.broker_id.value());
  request.set_broker_epoch(broker_epoch_);
  request.set_incarnation_id(std::string(options_.incarnation_id.bytes()));
  request.set_metadata_end_offset(metadata_end_offset_);
  request.set_want_fence(metadata_end_offset_ <= broker_epoch_);
  request.set_want_shutdown(stopping_);
  request.set_max_metadata_version(metadata::kLatestMetadataVersion);
  for (const Uuid& directory : offline_directories_) {
    request.add_offline_log_directories(std::string(directory.bytes()));
  }
  return request;
}

void BrokerLifecycle::SetOfflineDirectories(std::vector<Uuid> directories) {
  offline_directories_ = std::move(directories);
  session_.SendNow();
}

void BrokerLifecycle::OnHeartbeatAnswer(const v1::HeartbeatResponse& response, bool first) {
  answer_ = response;
  register_backoff_.Reset();
  OnContact();
  session_.SetInterval(response.is_fenced() || stopping_ ? options_.eager_heartbeat_interval
                                                         : options_.heartbeat_interval);
  if (first) {
    listener_->OnSession(
        ActiveSession{session_.endpoint(), broker_epoch_, response.controller_epoch()});
  }
  if (stopping_ && response.should_shut_down()) {
    LOG(INFO) << "controlled shutdown: this broker no longer leads any partition";
    Stop(absl::OkStatus());
  }
}

void BrokerLifecycle::OnSessionEnded() { listener_->OnSession(std::nullopt); }

void BrokerLifecycle::OnMetadata(int64_t end_offset, int32_t epoch) {
  const bool was_caught_up = metadata_end_offset_ > broker_epoch_;
  metadata_end_offset_ = end_offset;
  const bool is_caught_up = metadata_end_offset_ > broker_epoch_;
  if (is_caught_up != was_caught_up) session_.SendNow();
  session_.OnControllerEpoch(epoch);
}

void BrokerLifecycle::BeginShutdown() {
  if (stopping_ || finished_) return;
  stopping_ = true;
  const bool nobody_to_ask =
      broker_epoch_ < 0 || state_ == v1::DescribeBrokerResponse::NO_CONTROLLER;
  UpdateState();
  if (nobody_to_ask) {
    LOG(INFO) << "stopping at once: there is no controller to move the leaders to other brokers";
    Stop(absl::OkStatus());
    return;
  }
  shutdown_timer_ = executor_->PostAt(clock_->Now() + options_.controlled_shutdown_timeout, [this] {
    LOG(WARNING) << "controlled shutdown: not released after "
                 << ToMs(options_.controlled_shutdown_timeout) << " ms; stopping anyway";
    Stop(absl::OkStatus());
  });
  session_.SetInterval(options_.eager_heartbeat_interval);
  session_.SendNow();
}

void BrokerLifecycle::Stop(absl::Status status) {
  if (finished_) return;
  finished_ = true;
  for (const TimerId timer : {register_timer_, silence_timer_, shutdown_timer_}) {
    executor_->CancelTimer(timer);
  }
  v1::HeartbeatRequest goodbye = MakeHeartbeat();
  goodbye.set_goodbye(v1::HeartbeatRequest::STOPPING);
  session_.Stop(std::move(goodbye), [this, status = std::move(status)]() mutable {
    listener_->OnStopped(std::move(status));
  });
}

void BrokerLifecycle::OnContact() {
  last_contact_ = clock_->Now();
  executor_->CancelTimer(silence_timer_);
  silence_timer_ =
      executor_->PostAt(*last_contact_ + options_.no_controller_after, [this] { UpdateState(); });
  UpdateState();
}

void BrokerLifecycle::UpdateState() {
  const BrokerState next = ComputeState();
  if (next == state_) return;
  LOG(INFO) << "broker " << options_.broker_id << ": "
            << v1::DescribeBrokerResponse::State_Name(state_) << " -> "
            << v1::DescribeBrokerResponse::State_Name(next) << " at metadata offset "
            << metadata_end_offset_
            << (next == v1::DescribeBrokerResponse::NO_CONTROLLER
                    ? ": no active controller answers; the image and the roles stay"
                    : "");
  state_ = next;
  listener_->OnStateChange(next);
}

BrokerState BrokerLifecycle::ComputeState() const {
  if (stopping_) return v1::DescribeBrokerResponse::CONTROLLED_SHUTDOWN;
  if (last_contact_ && clock_->Now() - *last_contact_ >= options_.no_controller_after) {
    return v1::DescribeBrokerResponse::NO_CONTROLLER;
  }
  if (!answer_) return v1::DescribeBrokerResponse::STARTING;
  if (!answer_->is_fenced()) return v1::DescribeBrokerResponse::RUNNING;
  return answer_->is_caught_up() ? v1::DescribeBrokerResponse::FENCED
                                 : v1::DescribeBrokerResponse::STARTING;
}

}  // namespace quorate::broker
