#include "broker/role_manager.h"

#include <string>
#include <utility>

#include "base/check.h"

namespace quorate::broker {
namespace {

// The number of partitions that one Step looks at: about two milliseconds.
constexpr size_t kPartitionsPerStep = 20'000;

}  // namespace

using metadata::ChangedPartitions;
using metadata::MetadataImage;
using metadata::PartitionView;
using metadata::TopicPtr;

void RoleManager::Begin(const MetadataImage& now) {
  CHECK(!walk_) << "the roles do not match the last image yet";
  const metadata::BrokerRegistration* registration = now.FindBroker(self_);
  const bool registered =
      registration != nullptr && registration->incarnation_id == incarnation_id_;
  if (!registered && image_.FindBroker(self_) != nullptr) {
    LOG(WARNING) << "this incarnation of broker " << self_
                 << " is no longer the registered one: giving up all roles";
  }
  const MetadataImage before = std::exchange(image_, registered ? now : MetadataImage());
  end_offset_ = now.end_offset().value();
  walk_.emplace(before, image_);
}

bool RoleManager::Step(absl::FunctionRef<void(const RoleChange&)> changed) {
  if (!walk_) return false;
  const bool more = walk_->Next(kPartitionsPerStep, [&](const ChangedPartitions::Change& change) {
    const std::optional<RoleChange> role = Apply(change);
    if (!role) return;
    log_.Add(*role, end_offset_);
    changed(*role);
  });
  if (more) return true;
  walk_.reset();
  log_.Flush(end_offset_);
  return false;
}

std::optional<RoleChange> RoleManager::Apply(const ChangedPartitions::Change& change) {
  const Uuid& topic_id = change.topic.id();
  const size_t index = static_cast<size_t>(change.partition);
  RoleChange role{.topic = change.topic,
                  .partition = change.partition,
                  .before = RoleIn(change.before),
                  .now = RoleIn(change.now)};
  if (!change.now) {
    // The partitions come in order, so those after this one are gone as well.
    const auto entry = taken_up_at_.find(topic_id);
    if (entry != taken_up_at_.end()) {
      if (entry->second.size() > index) entry->second.resize(index);
      if (entry->second.empty()) taken_up_at_.erase(entry);
    }
  }
  if (role.before == role.now) return std::nullopt;
  Count(role.before, -1);
  Count(role.now, 1);
  if (role.now) {
    std::vector<int64_t>& taken_up_at = taken_up_at_[topic_id];
    if (taken_up_at.size() <= index) taken_up_at.resize(index + 1);
    taken_up_at[index] = end_offset_;
  }
  return role;
}

std::optional<Role> RoleManager::RoleIn(const std::optional<PartitionView>& partition) const {
  if (!partition || !partition->PositionOf(self_)) return std::nullopt;
  return Role{.leader_epoch = partition->leader_epoch(), .leader = partition->leader()};
}

void RoleManager::Count(const std::optional<Role>& role, int times) {
  if (!role) return;
  role_count_ += static_cast<size_t>(times);
  if (role->leader == self_) leader_count_ += static_cast<size_t>(times);
}

std::vector<v1::PartitionRole> RoleManager::List() const {
  std::vector<v1::PartitionRole> roles;
  roles.reserve(role_count_);
  for (const TopicPtr& topic : image_.TopicsByName()) {
    const auto taken_up_at = taken_up_at_.find(topic->id());
    if (taken_up_at == taken_up_at_.end()) continue;
    for (int32_t i = 0; i < topic->partition_count(); ++i) {
      const PartitionView partition = topic->partition(i);
      const size_t index = static_cast<size_t>(i);
      if (!partition.PositionOf(self_) || index >= taken_up_at->second.size()) continue;
      v1::PartitionRole& role = roles.emplace_back();
      role.set_topic_id(std::string(topic->id().bytes()));
      role.set_topic(topic->name());
      role.set_partition(i);
      role.set_role(Leads(partition) ? v1::ROLE_LEADER : v1::ROLE_FOLLOWER);
      role.set_leader_epoch(partition.leader_epoch());
      role.set_leader_id(partition.leader() ? partition.leader()->value() : -1);
      role.set_metadata_end_offset(taken_up_at->second[index]);
    }
  }
  return roles;
}

}  // namespace quorate::broker
