#include "controller/decide/features/feature_decisions.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/quote.h"
#include "metadata/broker_details.h"
#include "metadata/record_builders.h"

namespace quorate::controller {
namespace {

using admin::v1::UpdateFeaturesRequest;
using admin::v1::UpdateFeaturesResponse;

// The most programs that one message names.
constexpr size_t kMaxNamed = 10;

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
                               const SupportEvidence& evidence, uint32_t level) {
  const uint32_t current = image.metadata_version();
  if (level < current) {
    return InvalidLevel(
        absl::StrFormat("metadata.version is %d and cannot become %d: a downgrade is not supported",
                        current, level));
  }
  if (level > metadata::kLatestMetadataVersion) {
    return InvalidLevel(
        absl::StrFormat("metadata.version cannot become %d: the active controller supports "
                        "metadata version %d at most",
                        level, metadata::kLatestMetadataVersion));
  }
  std::vector<std::string> complaints;
  size_t left_out = 0;
  const auto add = [&](std::optional<std::string> complaint) {
    if (!complaint) return;
    if (complaints.size() < kMaxNamed) {
      complaints.push_back(*std::move(complaint));
    } else {
      ++left_out;
    }
  };
  for (const raft::ReplicaStatus& controller : evidence.quorum.replicas) {
    add(Complaint(controller, level));
  }
  for (const auto& [id, broker] : image.brokers()) add(Complaint(*broker, evidence, level));
  if (complaints.empty()) return std::nullopt;
  std::string message = absl::StrFormat("metadata.version cannot become %d: %s", level,
                                        absl::StrJoin(complaints, "; "));
  if (left_out > 0) absl::StrAppendFormat(&message, "; and %d more", left_out);
  return InvalidLevel(std::move(message));
}

ItemError CheckUpdate(const metadata::MetadataImage& image, const SupportEvidence& evidence,
                      const UpdateFeaturesRequest::Update& update) {
  if (update.feature() != metadata::kMetadataVersionFeature) {
    return InvalidLevel(absl::StrFormat("there is no feature %s: the only one is %s",
                                        Quote(update.feature()),
                                        metadata::kMetadataVersionFeature));
  }
  // What the log has already is supported by every program that follows it.
  if (update.level() == image.metadata_version()) return std::nullopt;
  return CheckMetadataVersion(image, evidence, update.level());
}

}  // namespace

Decision<ItemResults> DecideUpdateFeatures(const View& view, const UpdateFeaturesRequest& request,
                                           const SupportEvidence& evidence) {
  std::map<std::string_view, int> times_named;
  for (const auto& update : request.updates()) ++times_named[update.feature()];
  Decision<ItemResults> decision;
  ItemResults items;
  for (const auto& update : request.updates()) {
    if (times_named[update.feature()] > 1) {
      items.push_back(MakeItemError(
          common::v1::INVALID_REQUEST,
          absl::StrFormat("feature %s is named more than once", Quote(update.feature()))));
      continue;
    }
    if (auto error = CheckUpdate(view.image, evidence, update)) {
      items.push_back(*std::move(error));
      continue;
    }
    items.emplace_back();
    if (request.validate_only() || update.level() == view.image.metadata_version()) continue;
    *decision.records.add_records() = metadata::MakeMetadataVersionRecord(update.level());
    decision.cause = absl::StrFormat("UpdateFeatures %s %d", update.feature(), update.level());
  }
  decision.answer = std::move(items);
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
