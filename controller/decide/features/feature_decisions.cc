#include "controller/decide/features/feature_decisions.h"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/quote.h"
#include "controller/decide/features/complaints.h"
#include "controller/decide/features/feature_levels.h"
#include "controller/decide/leaders/eligible_replica_changes.h"
#include "metadata/broker_details.h"
#include "metadata/image_state.h"
#include "metadata/record_builders.h"

namespace quorate::controller {
namespace {

using admin::v1::UpdateFeaturesRequest;
using admin::v1::UpdateFeaturesResponse;

ItemError InvalidLevel(std::string message) {
  return MakeItemError(common::v1::INVALID_UPDATE_VERSION, std::move(message));
}

// Returns why a program that supports version `supported` at most prevents `level`; nullopt if it
// does not.
std::optional<std::string> Complaint(const std::string& program, uint32_t supported,
                                     uint32_t level) {
  if (supported >= level) return std::nullopt;
  return absl::StrFormat("%s supports metadata version %d at most: start the new program there",
                         program, supported);
}

std::optional<std::string> Complaint(const raft::ReplicaStatus& controller, uint32_t level) {
  const std::string name = absl::StrFormat("controller %d", controller.key.node_id.value());
  if (controller.max_metadata_version != 0) {
    return Complaint(name, controller.max_metadata_version, level);
  }
  // The leader lists an observer only while it sends it the log, so this observer runs.
  const char* const state = controller.is_voter ? "is a voter and not in session"
                                                : "is an observer and not completely in session";
  const char* const remedy =
      controller.is_voter ? "start it, or remove it from the voters" : "try again when it is";
  return absl::StrFormat("%s %s, so it is not known what it supports: %s", name, state, remedy);
}

std::optional<std::string> Complaint(const metadata::BrokerRegistration& broker,
                                     const SupportEvidence& evidence, uint32_t level) {
  const std::string name = absl::StrFormat("broker %d", broker.id.value());
  const auto session = evidence.brokers.find(broker.id);
  // A broker that is not in session may be gone permanently.
  if (session == evidence.brokers.end()) return std::nullopt;
  if (session->second != 0) return Complaint(name, session->second, level);
  return absl::StrFormat(
      "%s has not sent a heartbeat to the active controller yet, so it is not known what it "
      "supports: try again when it has, or when it is fenced",
      name);
}

// Returns why the metadata version cannot become `level`; nullopt if it can.
ItemError CheckMetadataVersion(const metadata::MetadataImage& image,
                               const SupportEvidence& evidence, uint32_t level, bool downgrade) {
  const uint32_t current = image.metadata_version();
  if (level < current) {
    return InvalidLevel(
        absl::StrFormat("metadata.version is %d and cannot become %d: a downgrade is not supported",
                        current, level));
  }
  if (std::string problem =
          DowngradeProblem(metadata::kMetadataVersionFeature, current, level, downgrade);
      !problem.empty()) {
    return InvalidLevel(std::move(problem));
  }
  if (level > metadata::kLatestMetadataVersion) {
    return InvalidLevel(
        absl::StrFormat("metadata.version cannot become %d: the active controller supports "
                        "metadata version %d at most",
                        level, metadata::kLatestMetadataVersion));
  }
  Complaints complaints;
  for (const raft::ReplicaStatus& controller : evidence.quorum.replicas) {
    complaints.Add(Complaint(controller, level));
  }
  for (const auto& [id, broker] : image.brokers()) {
    complaints.Add(Complaint(*broker, evidence, level));
  }
  if (complaints.empty()) return std::nullopt;
  return InvalidLevel(
      absl::StrFormat("metadata.version cannot become %d: %s", level, complaints.Text()));
}

// Decides the updates of one request.
class FeatureUpdater {
 public:
  FeatureUpdater(const metadata::MetadataImage& image, const UpdateFeaturesRequest& request,
                 const SupportEvidence& evidence)
      : image_(image),
        features_(image.Get<metadata::FeaturesImage>()),
        request_(request),
        metadata_version_(image.metadata_version()) {
    for (const auto& update : request.updates()) ++times_named_[update.feature()];
    // The other features may need the new metadata version.
    for (const auto& update : request.updates()) {
      if (update.feature() != metadata::kMetadataVersionFeature) continue;
      if (times_named_[update.feature()] > 1 || update.level() == metadata_version_) break;
      version_error_ = CheckMetadataVersion(image, evidence, update.level(), update.downgrade());
      if (!version_error_) metadata_version_ = update.level();
      break;
    }
  }

  // Decides the updates. After this, the other functions say what follows from them.
  ItemResults Decide() {
    ItemResults items;
    std::vector<metadata::v1::Record> levels;
    for (const auto& update : request_.updates()) {
      items.push_back(Check(update).value_or(ItemResult()));
      if (items.back().code != 0) continue;
      if (update.feature() == metadata::kMetadataVersionFeature) {
        if (update.level() == image_.metadata_version()) continue;
        *records_.add_records() = metadata::MakeMetadataVersionRecord(update.level());
      } else {
        const size_t feature = *metadata::FindFeature(update.feature());
        if (update.level() == features_.LevelOf(feature)) continue;
        levels.push_back(metadata::MakeFeatureLevelRecord(update.feature(), update.level()));
        ends_eligible_replicas_ |=
            update.feature() == metadata::kEligibleLeaderReplicasFeature && update.level() == 0;
      }
      changes_.push_back(absl::StrFormat("%s %d", update.feature(), update.level()));
    }
    // The levels may need the new metadata version.
    for (metadata::v1::Record& level : levels) *records_.add_records() = std::move(level);
    return items;
  }

  const metadata::v1::RecordBatch& records() const { return records_; }
  // Whether partitions keep no eligible leader replicas any more.
  bool ends_eligible_replicas() const { return ends_eligible_replicas_; }
  std::string Cause() const {
    return changes_.empty() ? "" : "UpdateFeatures " + absl::StrJoin(changes_, ", ");
  }

 private:
  ItemError Check(const UpdateFeaturesRequest::Update& update) {
    if (times_named_[update.feature()] > 1) {
      return MakeItemError(
          common::v1::INVALID_REQUEST,
          absl::StrFormat("feature %s is named more than once", Quote(update.feature())));
    }
    if (update.feature() == metadata::kMetadataVersionFeature) return version_error_;
    const auto feature = metadata::FindFeature(update.feature());
    if (!feature) return NoSuchFeature(update.feature());
    // What the log has already is supported by every program that follows it.
    if (update.level() == features_.LevelOf(*feature)) return std::nullopt;
    return CheckFeatureLevel(
        image_, metadata_version_,
        {.feature = *feature, .level = update.level(), .downgrade = update.downgrade()});
  }

  static ItemError NoSuchFeature(const std::string& name) {
    std::string known(metadata::kMetadataVersionFeature);
    for (const metadata::KnownFeature& feature : metadata::kKnownFeatures) {
      absl::StrAppendFormat(&known, ", %s", feature.name);
    }
    return InvalidLevel(
        absl::StrFormat("there is no feature %s; the features are %s", Quote(name), known));
  }

  const metadata::MetadataImage& image_;
  const metadata::FeaturesImage& features_;
  const UpdateFeaturesRequest& request_;
  std::map<std::string_view, int> times_named_;
  // The metadata version that the log has after the request.
  uint32_t metadata_version_;
  ItemError version_error_;
  metadata::v1::RecordBatch records_;
  bool ends_eligible_replicas_ = false;
  std::vector<std::string> changes_;
};

}  // namespace

Decision<ItemResults> DecideUpdateFeatures(const View& view, const UpdateFeaturesRequest& request,
                                           const SupportEvidence& evidence,
                                           const Context& context) {
  FeatureUpdater updater(view.image, request, evidence);
  Decision<ItemResults> decision{.answer = updater.Decide()};
  if (request.validate_only()) return decision;
  decision.cause = updater.Cause();
  if (updater.ends_eligible_replicas()) {
    decision.settled =
        EndEligibleReplicas(view.image, {.from = context.settle_from}, &decision.records);
    decision.again = decision.settled.rest.has_value();
    if (decision.again) return decision;
  }
  decision.records.MergeFrom(updater.records());
  return decision;
}

UpdateFeaturesResponse ToResponse(const UpdateFeaturesRequest& request, const ItemResults& items) {
  UpdateFeaturesResponse response;
  for (int i = 0; i < request.updates_size(); ++i) {
    const ItemResult& item = items.at(static_cast<size_t>(i));
    auto* result = response.add_results();
    result->set_feature(request.updates(i).feature());
    if (item.code != common::v1::ERROR_CODE_UNSPECIFIED) {
      *result->mutable_error() = ToError(item);
    } else {
      result->set_level(request.updates(i).level());
    }
  }
  return response;
}

std::optional<common::v1::Error> CheckSize(const UpdateFeaturesRequest& request,
                                           const RequestLimits& limits) {
  return CheckCount(request.updates_size(), limits.max_items, "updates");
}

bool IsLarge(const UpdateFeaturesRequest& request, const metadata::MetadataImage& image) {
  return request.updates_size() * kCostPerConfig + static_cast<int64_t>(image.brokers().size()) >
         kMaxCostOnLoop;
}

}  // namespace quorate::controller
