#include "tests/sim/checks/registration_checks.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace quorate::sim {
namespace {

using metadata::BrokerRegistration;
using metadata::MetadataImage;

std::set<BrokerId> LeadersOf(const MetadataImage& image) {
  std::set<BrokerId> leaders;
  image.ForEachTopic([&](const metadata::TopicPtr& topic) {
    for (int32_t i = 0; i < topic->partition_count(); ++i) {
      if (const auto leader = topic->partition(i).leader()) leaders.insert(*leader);
    }
  });
  return leaders;
}

bool IsActiveIn(const MetadataImage& image, BrokerId broker, int64_t broker_epoch) {
  const BrokerRegistration* registration = image.FindBroker(broker);
  return registration != nullptr && registration->active() &&
         registration->broker_epoch == broker_epoch;
}

}  // namespace

RegistrationChecks::Process RegistrationChecks::ProcessOf(const BrokerRegistration& broker) const {
  const auto it = processes_.find(broker.incarnation_id);
  return it == processes_.end() ? Process() : it->second;
}

std::optional<std::string> RegistrationChecks::CheckRegistration(
    const BrokerRegistration* before, const BrokerRegistration& broker) const {
  const int32_t id = broker.id.value();
  const bool is_new = before == nullptr || before->broker_epoch != broker.broker_epoch;
  if (is_new) {
    if (!broker.fenced) return absl::StrFormat("broker %d is registered unfenced", id);
    return std::nullopt;
  }
  const Process process = ProcessOf(broker);
  if (before->fenced && !broker.fenced && process.replayed.value() <= broker.broker_epoch) {
    return absl::StrFormat(
        "broker %d is unfenced, but has replayed up to offset %d and is registered at %d", id,
        process.replayed.value(), broker.broker_epoch);
  }
  const bool begins_to_stop =
      broker.in_controlled_shutdown && !before->in_controlled_shutdown && !broker.fenced;
  if (begins_to_stop && !process.wants_to_stop) {
    return absl::StrFormat("broker %d is in controlled shutdown and has not asked for it", id);
  }
  return std::nullopt;
}

void RegistrationChecks::FollowShutdowns(const std::string& principal, const std::string& cause,
                                         const MetadataImage& image) {
  for (const auto& [id, before] : last_.brokers()) {
    const BrokerRegistration* broker = image.FindBroker(id);
    const bool is_same = broker != nullptr && broker->broker_epoch == before->broker_epoch;
    if (!is_same) {
      shutdowns_.erase(id);
      continue;
    }
    if (broker->fenced && !before->fenced && principal != absl::StrCat("Broker:", id.value()) &&
        before->in_controlled_shutdown) {
      // Its session is over, so it waits for no other broker.
      shutdowns_.erase(id);
    }
    // An entry that also fences dead brokers does not tell which of them are stopping.
    const bool begins = before->active() && !broker->active() && leaders_.contains(id) &&
                        absl::StartsWith(cause, "controlled shutdown of broker");
    if (!begins || !ProcessOf(*broker).wants_to_stop) continue;
    Shutdown& shutdown = shutdowns_[id];
    shutdown.moved_at = image.end_offset();
    for (const auto& [other, registration] : image.brokers()) {
      if (other == id) continue;
      shutdown.witnesses.emplace(other, registration->broker_epoch);
    }
  }
  for (auto& [id, shutdown] : shutdowns_) {
    std::erase_if(shutdown.witnesses, [&](const auto& witness) {
      return !IsActiveIn(image, witness.first, witness.second);
    });
  }
}

std::optional<std::string> RegistrationChecks::OnApplied(const std::string& principal,
                                                         const std::string& cause,
                                                         const MetadataImage& image) {
  std::optional<std::string> violation;
  if (&image.brokers() != &last_.brokers()) {
    for (const auto& [id, broker] : image.brokers()) {
      if (!violation) violation = CheckRegistration(last_.FindBroker(id), *broker);
    }
    FollowShutdowns(principal, cause, image);
  }
  last_ = image;
  leaders_ = LeadersOf(image);
  return violation;
}

std::optional<std::string> RegistrationChecks::OnReleased(BrokerId broker) const {
  const auto shutdown = shutdowns_.find(broker);
  if (shutdown == shutdowns_.end()) return std::nullopt;
  for (const auto& [witness, broker_epoch] : shutdown->second.witnesses) {
    const RecordOffset replayed = ProcessOf(*last_.FindBroker(witness)).replayed;
    if (replayed >= shutdown->second.moved_at) continue;
    return absl::StrFormat(
        "broker %d may stop, but broker %d has replayed up to offset %d, and its leaders moved at "
        "%d",
        broker.value(), witness.value(), replayed.value(), shutdown->second.moved_at.value());
  }
  return std::nullopt;
}

}  // namespace quorate::sim
