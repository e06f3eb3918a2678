#include "controller/resource_text.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "base/quote.h"

namespace quorate::controller {
namespace {

// The length of the longest valid topic name.
constexpr size_t kMaxNameBytes = 249;
// A list ends after this many names, and also after the name with which it exceeds this size.
constexpr int kMaxNames = 16;
constexpr size_t kMaxListBytes = 1'000;
// How many keys of one resource are named.
constexpr int kMaxKeys = 5;

std::string Escaped(const std::string& name) { return Printable(name, kMaxNameBytes); }

// Returns the names of the first items, separated by `separator`, and "..." for the others.
template <typename Items, typename NameOf>
std::string Names(const Items& items, const char* separator, int max_names, const NameOf& name_of) {
  std::string names;
  const int named = std::min(items.size(), max_names);
  for (int i = 0; i < items.size(); ++i) {
    if (i > 0) absl::StrAppend(&names, separator);
    if (i == named || names.size() > kMaxListBytes) return names + "...";
    names += name_of(items.Get(i));
  }
  return names;
}

// Returns "kind:name" for one item, and "kinds:N (name, ...)" for any other number.
template <typename Items, typename NameOf>
std::string Resources(const char* kind, const Items& items, const NameOf& name_of) {
  if (items.size() == 1) return absl::StrCat(kind, ":", name_of(items.Get(0)));
  std::string text = absl::StrCat(kind, "s:", items.size());
  if (items.size() > 1) absl::StrAppend(&text, " (", Names(items, ", ", kMaxNames, name_of), ")");
  return text;
}

std::string ConfigText(const admin::v1::IncrementalAlterConfigsRequest::Changes& item) {
  const admin::v1::ConfigResource& resource = item.resource();
  const char* type = "unknown";
  if (resource.type() == admin::v1::ConfigResource::TOPIC) type = "topic";
  if (resource.type() == admin::v1::ConfigResource::BROKER) type = "broker";
  const bool is_default =
      resource.type() == admin::v1::ConfigResource::BROKER && resource.name().empty();
  return absl::StrCat(type, "/", is_default ? "<default>" : Escaped(resource.name()), "(",
                      Names(item.changes(), ",", kMaxKeys,
                            [](const auto& change) { return Escaped(change.key()); }),
                      ")");
}

std::string NameOrId(const admin::v1::TopicRef& topic) {
  return topic.topic_id().empty() ? Escaped(topic.name())
                                  : absl::StrCat("id=", Escaped(topic.topic_id()));
}

}  // namespace

std::string ResourceText(const admin::v1::CreateTopicsRequest& request) {
  return Resources("topic", request.topics(),
                   [](const auto& topic) { return Escaped(topic.name()); });
}

std::string ResourceText(const admin::v1::CreatePartitionsRequest& request) {
  return Resources("topic", request.topics(),
                   [](const auto& topic) { return Escaped(topic.name()); });
}

std::string ResourceText(const admin::v1::DeleteTopicsRequest& request) {
  return Resources("topic", request.topics(), NameOrId);
}

std::string ResourceText(const admin::v1::IncrementalAlterConfigsRequest& request) {
  return Resources("config", request.resources(), ConfigText);
}

std::string ResourceText(const admin::v1::UpdateFeaturesRequest& request) {
  return Resources("feature", request.updates(), [](const auto& update) {
    return absl::StrCat(Escaped(update.feature()), "=", update.level());
  });
}

std::string ResourceText(const admin::v1::AddVoterRequest& request) {
  return absl::StrCat("voter:", request.node_id());
}

std::string ResourceText(const admin::v1::RemoveVoterRequest& request) {
  return absl::StrCat("voter:", request.node_id());
}

std::string ResourceText(const admin::v1::TransferLeadershipRequest& request) {
  if (!request.has_target_node_id()) return "leadership";
  return absl::StrCat("leadership:", request.target_node_id());
}

std::string ResourceText(const admin::v1::UnregisterBrokerRequest& request) {
  return absl::StrCat("broker:", request.broker_id());
}

std::string ResourceText(const admin::v1::ElectLeadersRequest& request) {
  const char* type =
      request.type() == admin::v1::ElectLeadersRequest::UNCLEAN ? "unclean" : "preferred";
  const std::string prefix = absl::StrCat("leaders:", type, " of ");
  if (request.all_topics()) return prefix + "all topics";
  return prefix + Resources("topic", request.topics(), [](const auto& entry) {
           std::string name = NameOrId(entry.topic());
           if (entry.partitions().empty()) return name;
           return absl::StrCat(name, "(",
                               Names(entry.partitions(), ",", kMaxKeys,
                                     [](int32_t partition) { return absl::StrCat(partition); }),
                               ")");
         });
}

std::string ResourceText(const admin::v1::AlterPartitionReassignmentsRequest& request) {
  return "reassignments of " + Resources("topic", request.topics(), [](const auto& entry) {
           return absl::StrCat(NameOrId(entry.topic()), "(",
                               Names(entry.partitions(), ",", kMaxKeys,
                                     [](const auto& partition) {
                                       return absl::StrCat(partition.has_target() ? "" : "cancel ",
                                                           partition.partition());
                                     }),
                               ")");
         });
}

std::string ResourceText(const broker::v1::RegisterBrokerRequest& request) {
  return absl::StrCat("broker:", request.broker_id());
}

std::string ResourceText(const broker::v1::AlterPartitionRequest& request) {
  int64_t partitions = 0;
  for (const auto& topic : request.topics()) partitions += topic.partitions_size();
  return absl::StrCat("partitions:", partitions, " (broker ", request.broker_id(), ")");
}

std::string ResourceText(const broker::v1::AllocateProducerIdsRequest& request) {
  return absl::StrCat("producer_ids (broker ", request.broker_id(), ")");
}

std::string ResourceText(const broker::v1::AssignReplicasToDirsRequest& request) {
  int64_t replicas = 0;
  for (const auto& directory : request.directories()) {
    for (const auto& topic : directory.topics()) replicas += topic.partitions_size();
  }
  return absl::StrCat("log directories of replicas:", replicas, " (broker ", request.broker_id(),
                      ")");
}

}  // namespace quorate::controller
