#include "controller/decide/configs/config_decisions.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "controller/decide/configs/config_changes.h"
#include "controller/decide/configs/config_resource.h"
#include "controller/decide/configs/effective_config.h"
#include "controller/decide/leaders/eligible_replica_changes.h"
#include "controller/decide/partitions/partition_conditions.h"
#include "controller/decide/version_problem.h"
#include "metadata/configs/config_keys.h"
#include "metadata/image_state.h"
#include "metadata/record_builders.h"

namespace quorate::controller {
namespace {

using admin::v1::ConfigChange;
using admin::v1::IncrementalAlterConfigsRequest;
using metadata::ConfigResourceType;

// The built-in default of min.insync.replicas.
constexpr size_t kBuiltInMinIsr = 1;

// The values that are set. The default applies to all other keys.
using Values = metadata::ConfigsImage::Values;

// Returns whether the item changes the default of `key` for all brokers.
bool ChangesDefault(const IncrementalAlterConfigsRequest::Changes& item, std::string_view key) {
  return item.resource().type() == admin::v1::ConfigResource::BROKER &&
         item.resource().name() == metadata::kDefaultOfBrokers &&
         std::any_of(item.changes().begin(), item.changes().end(),
                     [key](const ConfigChange& change) { return change.key() == key; });
}

// Returns the key whose default the item changes, if that may change every partition; else null.
const char* KeyOfAllPartitions(const metadata::MetadataImage& image,
                               const IncrementalAlterConfigsRequest::Changes& item) {
  if (ChangesDefault(item, metadata::kUncleanLeaderElectionKey)) {
    return metadata::kUncleanLeaderElectionKey;
  }
  if (image.Get<metadata::FeaturesImage>().has_eligible_leader_replicas() &&
      ChangesDefault(item, metadata::kMinInsyncReplicasKey)) {
    return metadata::kMinInsyncReplicasKey;
  }
  return nullptr;
}

// Decides the resources of one request in turn.
class ConfigChanger {
 public:
  ConfigChanger(const View& view, const IncrementalAlterConfigsRequest& request,
                const Context& context)
      : image_(view.image), request_(request), settle_from_(context.settle_from) {}

  // Returns the result for one resource. Its records follow those of the earlier resources.
  ItemResult Change(const IncrementalAlterConfigsRequest::Changes& item);

  metadata::v1::RecordBatch TakeRecords() { return std::move(records_); }
  const SettlementCounts& settled() const { return settled_; }

 private:
  ItemError CheckItem(const IncrementalAlterConfigsRequest::Changes& item) const;
  // Elects leaders if the change of the resource enables unclean election. Returns false if a part
  // of the election remains for later.
  bool Elect(const admin::v1::ConfigResource& resource, const Values& before, const Values& after);
  // Ends eligible leader replicas if the change of the resource makes ISRs large enough. Returns
  // false if a part of this remains for later.
  bool ReviewEligible(const admin::v1::ConfigResource& resource, const Values& before,
                      const Values& after);
  void Count(const SettlementCounts& counts);

  const metadata::MetadataImage& image_;
  const IncrementalAlterConfigsRequest& request_;
  const PartitionPlace settle_from_;
  metadata::v1::RecordBatch records_;
  SettlementCounts settled_;
};

ItemError ConfigChanger::CheckItem(const IncrementalAlterConfigsRequest::Changes& item) const {
  if (auto error = CheckConfigResource(image_, item.resource())) return error;
  const bool is_default = item.resource().type() == admin::v1::ConfigResource::BROKER &&
                          item.resource().name() == metadata::kDefaultOfBrokers;
  if (is_default) {
    if (std::string problem = VersionProblem(image_, metadata::kDefaultBrokerConfigsVersion,
                                             "all brokers have a default");
        !problem.empty()) {
      return MakeItemError(common::v1::UNSUPPORTED_VERSION, std::move(problem));
    }
  }
  const char* const key = KeyOfAllPartitions(image_, item);
  if (key != nullptr && (request_.resources_size() > 1 || item.changes_size() > 1)) {
    return MakeItemError(common::v1::INVALID_REQUEST,
                         absl::StrFormat("the default of %s may change every partition, so it must "
                                         "be the only change of its request",
                                         key));
  }
  return std::nullopt;
}

ItemResult ConfigChanger::Change(const IncrementalAlterConfigsRequest::Changes& item) {
  if (auto error = CheckItem(item)) return *error;
  const admin::v1::ConfigResource& resource = item.resource();
  const ConfigResourceType type = TypeOf(resource);
  const auto& configs = image_.Get<metadata::ConfigsImage>();
  const Values* own = configs.Find(type, resource.name());
  const Values before = own == nullptr ? Values() : *own;
  Values after = before;
  if (auto error = ApplyConfigChanges(configs, resource, item.changes(), &after)) return *error;
  if (!Elect(resource, before, after)) return {};
  if (!ReviewEligible(resource, before, after)) return {};
  for (const auto& [key, value] : before) {
    if (after.count(key) != 0) continue;
    *records_.add_records() = metadata::MakeConfigRecord(type, resource.name(), key, std::nullopt);
  }
  for (const auto& [key, value] : after) {
    const auto old = before.find(key);
    if (old != before.end() && old->second == value) continue;
    *records_.add_records() = metadata::MakeConfigRecord(type, resource.name(), key, value);
  }
  return {};
}

bool ConfigChanger::Elect(const admin::v1::ConfigResource& resource, const Values& before,
                          const Values& after) {
  const std::string key = metadata::kUncleanLeaderElectionKey;
  const auto is_enabled = [&](const Values& values) {
    const auto it = values.find(key);
    return it != values.end() && it->second == "true";
  };
  if (TypeOf(resource) == ConfigResourceType::kTopic) {
    const auto& configs = image_.Get<metadata::ConfigsImage>();
    if (EffectiveTopicConfig(configs, &before, key) == "true" ||
        EffectiveTopicConfig(configs, &after, key) != "true") {
      return true;
    }
    const SettlementCounts counts = ElectUncleanly(image_, *image_.FindTopicByName(resource.name()),
                                                   ActiveBrokers(image_), &records_);
    Count(counts);
    return true;
  }
  // The built-in default is false.
  if (is_enabled(before) || !is_enabled(after)) return true;
  if (request_.validate_only()) return true;
  settled_ =
      ElectUncleanlyByDefault(image_, ActiveBrokers(image_), {.from = settle_from_}, &records_);
  return !settled_.rest.has_value();
}

bool ConfigChanger::ReviewEligible(const admin::v1::ConfigResource& resource, const Values& before,
                                   const Values& after) {
  if (!image_.Get<metadata::FeaturesImage>().has_eligible_leader_replicas()) return true;
  const auto& configs = image_.Get<metadata::ConfigsImage>();
  if (TypeOf(resource) == ConfigResourceType::kTopic) {
    const size_t min_isr = MinIsrOf(configs, &after);
    if (min_isr == MinIsrOf(configs, &before)) return true;
    // A change that also elects leaders has a record for the same partitions, but only for those
    // without a leader, and those keep their eligible replicas.
    Count(ReviewEligibleReplicas(*image_.FindTopicByName(resource.name()), min_isr, &records_));
    return true;
  }
  if (resource.name() != metadata::kDefaultOfBrokers || request_.validate_only()) return true;
  const size_t min_isr = OwnMinIsrOf(&after).value_or(kBuiltInMinIsr);
  if (min_isr == OwnMinIsrOf(&before).value_or(kBuiltInMinIsr)) return true;
  settled_ = ReviewEligibleReplicasByDefault(image_, min_isr, {.from = settle_from_}, &records_);
  return !settled_.rest.has_value();
}

void ConfigChanger::Count(const SettlementCounts& counts) {
  settled_.changed += counts.changed;
  settled_.leaders_found += counts.leaders_found;
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
                                                    const Context& context) {
  std::map<std::pair<int, std::string>, int> times_named;
  for (const auto& item : request.resources()) {
    ++times_named[{item.resource().type(), item.resource().name()}];
  }
  ConfigChanger changer(view, request, context);
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
          .settled = changer.settled(),
          .again = changer.settled().rest.has_value()};
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
  // It is the only change of its request, and is split.
  if (request.resources_size() == 1 && KeyOfAllPartitions(image, request.resources(0)) != nullptr) {
    return false;
  }
  int64_t cost = request.resources_size() * kCostPerTopic;
  for (const auto& item : request.resources()) {
    for (const ConfigChange& change : item.changes()) {
      if (cost > kMaxCostOnLoop) return true;
      cost += CostOfConfig(change.value());
      // The decision or PartitionTally looks at each partition of the topic.
      if (item.resource().type() != admin::v1::ConfigResource::TOPIC ||
          (change.key() != metadata::kUncleanLeaderElectionKey &&
           change.key() != metadata::kMinInsyncReplicasKey)) {
        continue;
      }
      cost += CostOfPartitions(image.FindTopicByName(item.resource().name()));
    }
  }
  return cost > kMaxCostOnLoop;
}

}  // namespace quorate::controller
