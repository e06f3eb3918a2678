#include "tests/process/chaos/broker_checks.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "metadata/describe.h"

namespace quorate::testing {
namespace {

using broker::v1::PartitionRole;
using metadata::MetadataImage;
using metadata::PartitionView;
using metadata::TopicPtr;

// Returns a role as text, without the offset at which it was taken up.
std::string TextOf(const std::string& topic, const Uuid& topic_id, int32_t partition,
                   int32_t leader, int32_t leader_epoch) {
  return absl::StrFormat("%s (%s) %d: leader %d, epoch %d", topic, topic_id.ToString(), partition,
                         leader, leader_epoch);
}

// Returns the roles that the image gives to this incarnation of the broker.
std::set<std::string> RolesIn(const MetadataImage& image, BrokerId id,
                              const std::string& incarnation_id) {
  std::set<std::string> roles;
  const metadata::BrokerRegistration* registration = image.FindBroker(id);
  if (registration == nullptr || registration->incarnation_id.bytes() != incarnation_id) {
    return roles;
  }
  image.ForEachTopic([&](const TopicPtr& topic) {
    for (int32_t i = 0; i < topic->partition_count(); ++i) {
      const PartitionView partition = topic->partition(i);
      if (!partition.PositionOf(id)) continue;
      const std::optional<BrokerId> leader = partition.leader();
      roles.insert(TextOf(topic->name(), topic->id(), i, leader ? leader->value() : -1,
                          partition.leader_epoch()));
    }
  });
  return roles;
}

using Topics = google::protobuf::RepeatedPtrField<admin::v1::TopicDescription>;

// Returns the first difference, or nullopt if there is none.
std::optional<std::string> FindDifference(const admin::v1::TopicDescription& found,
                                          const admin::v1::TopicDescription& expected) {
  if (found.SerializeAsString() == expected.SerializeAsString()) return std::nullopt;
  const int common = std::min(found.partitions_size(), expected.partitions_size());
  for (int i = 0; i < common; ++i) {
    const std::string is = found.partitions(i).ShortDebugString();
    const std::string should_be = expected.partitions(i).ShortDebugString();
    if (is == should_be) continue;
    return absl::StrFormat("%s has {%s} instead of {%s}", found.name(), is, should_be);
  }
  return absl::StrFormat(
      "topic %s (%s) with %d partitions instead of %s (%s) with %d, or its configs", found.name(),
      found.topic_id(), found.partitions_size(), expected.name(), expected.topic_id(),
      expected.partitions_size());
}

std::optional<std::string> FindDifference(const Topics& found, const Topics& expected) {
  for (int i = 0; i < std::min(found.size(), expected.size()); ++i) {
    if (auto difference = FindDifference(found[i], expected[i])) return difference;
  }
  if (found.size() == expected.size()) return std::nullopt;
  return absl::StrFormat("%d topics instead of %d", found.size(), expected.size());
}

// Returns what is in `a` and not in `b`, for people.
std::string Missing(const std::set<std::string>& a, const std::set<std::string>& b) {
  for (const std::string& text : a) {
    if (!b.contains(text)) return text;
  }
  return "nothing";
}

}  // namespace

int64_t BrokerReport::end_offset() const {
  return std::max(
      {broker.metadata_end_offset(), roles.metadata_end_offset(), topics.metadata_end_offset()});
}

void BrokerChecks::Judge(const BrokerReport& report) {
  const std::string name = absl::StrFormat("broker %d", report.broker.broker_id());
  const std::lock_guard lock(mutex_);
  ++judged_;
  JudgeOrder(report, name);
  JudgeImage(report, name);
  JudgeRoles(report, name);
  JudgeLeaders(report);
}

int BrokerChecks::judged() const {
  const std::lock_guard lock(mutex_);
  return judged_;
}

MetadataImage BrokerChecks::ImageFor(int64_t end_offset, const std::string& name) {
  std::optional<MetadataImage> image = log_.ImageAt(end_offset);
  if (image) return *std::move(image);
  violations_.Add(
      absl::StrFormat("%s has an image up to offset %d, where no batch ends", name, end_offset));
  return {};
}

void BrokerChecks::JudgeOrder(const BrokerReport& report, const std::string& name) {
  const std::pair<int64_t, int64_t> now = {report.topics.metadata_end_offset(),
                                           report.roles.metadata_end_offset()};
  std::pair<int64_t, int64_t>& reached = reached_[report.broker.incarnation_id()];
  if (now.first < reached.first || now.second < reached.second) {
    violations_.Add(
        absl::StrFormat("%s went back from offset %d to %d (image) or from %d to %d (roles)", name,
                        reached.first, now.first, reached.second, now.second));
  }
  reached = now;
}

void BrokerChecks::JudgeImage(const BrokerReport& report, const std::string& name) {
  const int32_t epoch = ImageFor(report.broker.metadata_end_offset(), name).last_epoch().value();
  if (epoch != report.broker.metadata_epoch()) {
    violations_.Add(absl::StrFormat(
        "%s has a batch of epoch %d at offset %d, where the log has epoch %d", name,
        report.broker.metadata_epoch(), report.broker.metadata_end_offset(), epoch));
  }
  const int64_t end_offset = report.topics.metadata_end_offset();
  const auto expected = metadata::DescribeTopics(ImageFor(end_offset, name), {});
  if (const auto difference = FindDifference(report.topics.topics(), expected)) {
    violations_.Add(absl::StrFormat("%s at offset %d does not have the image of the log: %s", name,
                                    end_offset, *difference));
  }
}

void BrokerChecks::JudgeRoles(const BrokerReport& report, const std::string& name) {
  const BrokerId id(report.broker.broker_id());
  const int64_t end_offset = report.roles.metadata_end_offset();
  const std::set<std::string> expected =
      RolesIn(ImageFor(end_offset, name), id, report.broker.incarnation_id());
  std::set<std::string> found;
  for (const PartitionRole& role : report.roles.roles()) {
    found.insert(TextOf(role.topic(), *Uuid::FromBytes(role.topic_id()), role.partition(),
                        role.leader_id(), role.leader_epoch()));
    const bool leads = role.role() == broker::v1::ROLE_LEADER;
    if (leads != (role.leader_id() == id.value())) {
      violations_.Add(name + " contradicts itself: " + role.ShortDebugString());
    }
  }
  if (found == expected) return;
  violations_.Add(absl::StrFormat(
      "%s at offset %d has taken up %d roles of %d; too many: %s; too few: %s", name, end_offset,
      found.size(), expected.size(), Missing(found, expected), Missing(expected, found)));
}

void BrokerChecks::JudgeLeaders(const BrokerReport& report) {
  const int32_t id = report.broker.broker_id();
  for (const PartitionRole& role : report.roles.roles()) {
    if (role.role() != broker::v1::ROLE_LEADER) continue;
    const LeaderTerm term{.topic = *Uuid::FromBytes(role.topic_id()),
                          .partition = role.partition(),
                          .leader_epoch = role.leader_epoch()};
    const auto [known, is_new] = leaders_.emplace(term, id);
    if (known->second == id) continue;
    violations_.Add(
        absl::StrFormat("brokers %d and %d both lead: %s", known->second, id, term.ToString()));
  }
}

}  // namespace quorate::testing
