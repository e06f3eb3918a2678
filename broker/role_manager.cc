#include "broker/role_manager.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"

namespace quorate::broker {

using metadata::MetadataImage;
using metadata::PartitionView;
using metadata::TopicPtr;

std::vector<v1::PartitionRole> RoleManager::OnImage(const MetadataImage& before,
                                                    const MetadataImage& now) {
  std::vector<v1::PartitionRole> changes;
  const metadata::BrokerRegistration* registration = now.FindBroker(self_);
  const bool registered =
      registration != nullptr && registration->incarnation_id == incarnation_id_;
  const bool was_registered = std::exchange(registered_, registered);
  if (registered) {
    Update(was_registered ? before : MetadataImage(), now, changes);
  } else if (was_registered) {
    LOG(WARNING) << "this incarnation of broker " << self_
                 << " is not the registered one any more: gives up all roles";
    GiveUpAll(now.end_offset().value(), changes);
  }
  return changes;
}

void RoleManager::Update(const MetadataImage& before, const MetadataImage& now,
                         std::vector<v1::PartitionRole>& changes) {
  const int64_t end_offset = now.end_offset().value();
  now.ForEachChangedTopic(before, [&](const TopicPtr& old_topic, const TopicPtr& new_topic) {
    const Uuid& id = new_topic ? new_topic->id() : old_topic->id();
    auto entry = topics_.find(id);
    if (!new_topic) {
      if (entry == topics_.end()) return;
      TopicRoles& topic = entry->second;
      while (!topic.partitions.empty()) {
        GiveUp(id, topic, topic.partitions.begin()->first, end_offset, changes);
      }
    } else {
      if (entry == topics_.end())
        entry = topics_.emplace(id, TopicRoles{new_topic->name(), {}}).first;
      TopicRoles& topic = entry->second;
      new_topic->ForEachChangedPartition(old_topic.get(), [&](const PartitionView& partition) {
        if (const std::optional<Role> role = RoleIn(partition, end_offset)) {
          Take(id, topic, partition.index(), *role, changes);
        } else {
          GiveUp(id, topic, partition.index(), end_offset, changes);
        }
      });
      // A topic only grows, except where the log was replaced by an older one.
      while (!topic.partitions.empty() &&
             topic.partitions.rbegin()->first >= new_topic->partition_count()) {
        GiveUp(id, topic, topic.partitions.rbegin()->first, end_offset, changes);
      }
    }
    if (entry->second.partitions.empty()) topics_.erase(entry);
  });
}

void RoleManager::GiveUpAll(int64_t end_offset, std::vector<v1::PartitionRole>& changes) {
  for (auto& [id, topic] : topics_) {
    while (!topic.partitions.empty()) {
      GiveUp(id, topic, topic.partitions.begin()->first, end_offset, changes);
    }
  }
  topics_.clear();
}

std::optional<RoleManager::Role> RoleManager::RoleIn(const PartitionView& partition,
                                                     int64_t end_offset) const {
  if (!partition.PositionOf(self_)) return std::nullopt;
  const std::optional<BrokerId> leader = partition.leader();
  return Role{partition.leader_epoch(), leader ? leader->value() : -1, end_offset};
}

void RoleManager::Take(const Uuid& topic_id, TopicRoles& topic, int32_t partition, const Role& role,
                       std::vector<v1::PartitionRole>& changes) {
  const auto [entry, is_new] = topic.partitions.try_emplace(partition, role);
  if (!is_new && entry->second.Same(role)) return;
  LOG(INFO) << "became " << NameOf(role) << " of " << topic.name << "-" << partition
            << " at leader epoch " << role.leader_epoch << LeaderOf(role) << ", offset "
            << role.end_offset << ", previously " << (is_new ? "nothing" : NameOf(entry->second));
  if (is_new) {
    ++role_count_;
  } else if (Leads(entry->second)) {
    --leader_count_;
  }
  if (Leads(role)) ++leader_count_;
  entry->second = role;
  changes.push_back(ToProto(topic_id, topic.name, partition, role));
}

void RoleManager::GiveUp(const Uuid& topic_id, TopicRoles& topic, int32_t partition,
                         int64_t end_offset, std::vector<v1::PartitionRole>& changes) {
  const auto entry = topic.partitions.find(partition);
  if (entry == topic.partitions.end()) return;
  Role role = entry->second;
  LOG(INFO) << "gave up " << topic.name << "-" << partition << " at offset " << end_offset
            << ", previously " << NameOf(role) << " at leader epoch " << role.leader_epoch;
  --role_count_;
  if (Leads(role)) --leader_count_;
  topic.partitions.erase(entry);
  role.end_offset = end_offset;
  changes.push_back(ToProto(topic_id, topic.name, partition, role));
  changes.back().set_role(v1::ROLE_UNSPECIFIED);
}

std::vector<v1::PartitionRole> RoleManager::List() const {
  std::vector<std::pair<std::string_view, Uuid>> by_name;
  by_name.reserve(topics_.size());
  for (const auto& [id, topic] : topics_) by_name.emplace_back(topic.name, id);
  std::sort(by_name.begin(), by_name.end());
  std::vector<v1::PartitionRole> roles;
  roles.reserve(role_count_);
  for (const auto& [name, id] : by_name) {
    for (const auto& [partition, role] : topics_.at(id).partitions) {
      roles.push_back(ToProto(id, std::string(name), partition, role));
    }
  }
  return roles;
}

const char* RoleManager::NameOf(const Role& role) const {
  return Leads(role) ? "leader" : "follower";
}

std::string RoleManager::LeaderOf(const Role& role) const {
  if (Leads(role)) return "";
  if (role.leader_id < 0) return " (no leader)";
  return absl::StrFormat(" of broker %d", role.leader_id);
}

v1::PartitionRole RoleManager::ToProto(const Uuid& topic_id, const std::string& topic,
                                       int32_t partition, const Role& role) const {
  v1::PartitionRole proto;
  proto.set_topic_id(std::string(topic_id.bytes()));
  proto.set_topic(topic);
  proto.set_partition(partition);
  proto.set_role(Leads(role) ? v1::ROLE_LEADER : v1::ROLE_FOLLOWER);
  proto.set_leader_epoch(role.leader_epoch);
  proto.set_leader_id(role.leader_id);
  proto.set_metadata_end_offset(role.end_offset);
  return proto;
}

}  // namespace quorate::broker
