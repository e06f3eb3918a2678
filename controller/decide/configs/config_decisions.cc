#include "controller/decide/configs/config_decisions.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/quote.h"
#include "controller/decide/configs/config_keys.h"
#include "controller/decide/configs/config_resource.h"
#include "metadata/record_builders.h"

namespace quorate::controller {
namespace {

using admin::v1::ConfigChange;
using admin::v1::IncrementalAlterConfigsRequest;
using metadata::ConfigResourceType;

// The values that are set. The default applies to all other keys.
using Values = std::map<std::string, std::string>;

ItemError InvalidConfig(const absl::Status& status) {
  return MakeItemError(common::v1::INVALID_CONFIG, std::string(status.message()));
}

std::string ChangeList(const std::string& list, const ConfigChange& change) {
  std::vector<std::string> words = absl::StrSplit(list, ',', absl::SkipEmpty());
  for (const std::string& word : SplitConfigList(change.value())) {
    const auto found = std::find(words.begin(), words.end(), word);
    if (change.operation() == ConfigChange::SUBTRACT) {
      if (found != words.end()) words.erase(found);
    } else if (found == words.end()) {
      words.push_back(word);
    }
  }
  return absl::StrJoin(words, ",");
}

// Applies the change to `values`.
ItemError Apply(ConfigResourceType type, const ConfigChange& change, Values* values) {
  const ConfigKey* key = FindConfigKey(type, change.key());
  if (key == nullptr) return InvalidConfig(UnknownConfigKey(type, change.key()));
  std::string value = change.value();
  switch (change.operation()) {
    case ConfigChange::SET:
      break;
    case ConfigChange::DELETE:
      if (!value.empty()) {
        return MakeItemError(common::v1::INVALID_REQUEST,
                             absl::StrFormat("DELETE of %s takes no value", key->name));
      }
      values->erase(change.key());
      return std::nullopt;
    case ConfigChange::APPEND:
    case ConfigChange::SUBTRACT: {
      if (!key->is_list) {
        return MakeItemError(
            common::v1::INVALID_REQUEST,
            absl::StrFormat("%s is not a list: SET it instead of APPEND or SUBTRACT", key->name));
      }
      if (value.size() > kMaxConfigValueBytes) {
        return InvalidConfig(CanonicalConfigValue(*key, value).status());
      }
      const auto set = values->find(change.key());
      value =
          ChangeList(set == values->end() ? std::string(key->default_value) : set->second, change);
      break;
    }
    default:
      return MakeItemError(
          common::v1::INVALID_REQUEST,
          absl::StrFormat("the operation on %s must be SET, DELETE, APPEND or SUBTRACT",
                          key->name));
  }
  absl::StatusOr<std::string> canonical = CanonicalConfigValue(*key, value);
  if (!canonical.ok()) return InvalidConfig(canonical.status());
  (*values)[change.key()] = *std::move(canonical);
  return std::nullopt;
}

// Applies all changes to `values`, or returns why that is not possible.
ItemError ApplyAll(ConfigResourceType type, const IncrementalAlterConfigsRequest::Changes& item,
                   Values* values) {
  std::map<std::string, int> times_named;
  for (const ConfigChange& change : item.changes()) {
    if (++times_named[change.key()] > 1) {
      return MakeItemError(
          common::v1::INVALID_REQUEST,
          absl::StrFormat("%s is changed twice; change it once", Quote(change.key())));
    }
    if (auto error = Apply(type, change, values)) return error;
  }
  return std::nullopt;
}

// Decides the resources of one request in turn.
class ConfigChanger {
 public:
  explicit ConfigChanger(const View& view) : image_(view.image) {}

  // Returns the result for one resource. Its records follow those of the earlier resources.
  ItemResult Change(const IncrementalAlterConfigsRequest::Changes& item);

  metadata::v1::RecordBatch TakeRecords() { return std::move(records_); }
  const SettlementCounts& settled() const { return settled_; }

 private:
  void AddRecords(const admin::v1::ConfigResource& resource, const Values& before,
                  const Values& after);

  const metadata::MetadataImage& image_;
  metadata::v1::RecordBatch records_;
  SettlementCounts settled_;
};

ItemResult ConfigChanger::Change(const IncrementalAlterConfigsRequest::Changes& item) {
  if (auto error = CheckConfigResource(image_, item.resource())) return *error;
  const ConfigResourceType type = TypeOf(item.resource());
  const Values before = image_.Configs(type, item.resource().name());
  Values after = before;
  if (auto error = ApplyAll(type, item, &after)) return *error;
  AddRecords(item.resource(), before, after);
  return {};
}

void ConfigChanger::AddRecords(const admin::v1::ConfigResource& resource, const Values& before,
                               const Values& after) {
  const ConfigResourceType type = TypeOf(resource);
  for (const auto& [key, value] : before) {
    if (after.count(key) != 0) continue;
    *records_.add_records() = metadata::MakeConfigRecord(type, resource.name(), key, std::nullopt);
  }
  for (const auto& [key, value] : after) {
    const auto old = before.find(key);
    if (old != before.end() && old->second == value) continue;
    *records_.add_records() = metadata::MakeConfigRecord(type, resource.name(), key, value);
    if (type != ConfigResourceType::kTopic || key != kUncleanLeaderElectionKey) continue;
    if (value != "true") continue;
    const SettlementCounts counts = ElectUncleanly(image_, *image_.FindTopicByName(resource.name()),
                                                   ActiveBrokers(image_), &records_);
    settled_.changed += counts.changed;
    settled_.leaders_found += counts.leaders_found;
  }
}

std::string CauseOf(const IncrementalAlterConfigsRequest& request) {
  return request.resources_size() == 1
             ? absl::StrFormat("IncrementalAlterConfigs %s",
                               ToText(request.resources(0).resource()))
             : absl::StrFormat("IncrementalAlterConfigs (%d resources)", request.resources_size());
}

}  // namespace

Decision<ItemResults> DecideIncrementalAlterConfigs(const View& view,
                                                    const IncrementalAlterConfigsRequest& request,
                                                    const Context& /*context*/) {
  std::map<std::pair<int, std::string>, int> times_named;
  for (const auto& item : request.resources()) {
    ++times_named[{item.resource().type(), item.resource().name()}];
  }
  ConfigChanger changer(view);
  ItemResults items;
  for (const auto& item : request.resources()) {
    const auto& resource = item.resource();
    if (times_named[{resource.type(), resource.name()}] > 1) {
      items.push_back(MakeItemError(common::v1::INVALID_REQUEST,
                                    absl::StrFormat("the request changes %s more than once; put "
                                                    "all its changes into one item",
                                                    ToText(resource))));
    } else {
      items.push_back(changer.Change(item));
    }
  }
  metadata::v1::RecordBatch records = changer.TakeRecords();
  if (records.ByteSizeLong() > kMaxBatchBytes) {
    return {.answer = TooLargeForOneEntry(records.ByteSizeLong())};
  }
  if (request.validate_only()) return {.answer = std::move(items)};
  return {.records = std::move(records),
          .answer = std::move(items),
          .cause = CauseOf(request),
          .settled = changer.settled()};
}

admin::v1::IncrementalAlterConfigsResponse ToResponse(const IncrementalAlterConfigsRequest& request,
                                                      const ItemResults& items) {
  admin::v1::IncrementalAlterConfigsResponse response;
  for (int i = 0; i < request.resources_size(); ++i) {
    const ItemResult& item = items.at(static_cast<size_t>(i));
    auto* result = response.add_results();
    *result->mutable_resource() = request.resources(i).resource();
    if (item.code != common::v1::ERROR_CODE_UNSPECIFIED) *result->mutable_error() = ToError(item);
  }
  return response;
}

std::optional<common::v1::Error> CheckSize(const IncrementalAlterConfigsRequest& request,
                                           const RequestLimits& limits) {
  int64_t items = request.resources_size();
  if (auto error = CheckCount(items, limits.max_items, "resources")) return error;
  for (const auto& resource : request.resources()) items += resource.changes_size();
  return CheckCount(items, limits.max_items, "resources and changes");
}

bool IsLarge(const IncrementalAlterConfigsRequest& request, const metadata::MetadataImage& image) {
  int64_t cost = request.resources_size() * kCostPerTopic;
  for (const auto& resource : request.resources()) {
    for (const ConfigChange& change : resource.changes()) {
      if (cost > kMaxCostOnLoop) return true;
      cost += kCostPerConfig;
      // The decision or PartitionTally looks at each partition.
      if (change.key() != kUncleanLeaderElectionKey && change.key() != kMinInsyncReplicasKey) {
        continue;
      }
      cost += CostOfPartitions(image.FindTopicByName(resource.resource().name()));
    }
  }
  return cost > kMaxCostOnLoop;
}

}  // namespace quorate::controller
