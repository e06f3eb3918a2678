#include "metadata/families/brokers.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/check.h"
#include "base/host_port.h"
#include "base/quote.h"
#include "metadata/content_hasher.h"
#include "metadata/copy_on_write.h"
#include "metadata/directory_id.h"
#include "metadata/metadata_image.h"
#include "metadata/replay_errors.h"
#include "metadata/snapshot_sections.h"
#include "metadata/text_util.h"

namespace quorate::metadata {
namespace {

absl::StatusOr<std::vector<Uuid>> ParseDirectories(int32_t broker_id, const std::string& bytes) {
  auto ids = SplitDirectoryIds(bytes);
  if (ids.has_value()) return *std::move(ids);
  return Malformed("broker %d: log_directories has %d bytes, which are not whole ids", broker_id,
                   bytes.size());
}

absl::Status CheckDetails(int32_t broker_id, const BrokerDetails& details) {
  const absl::Status status = metadata::CheckDetails(details);
  if (status.ok()) return absl::OkStatus();
  return Malformed("broker %d: %s", broker_id, std::string(status.message()));
}

BrokerListener FromRecord(const v1::Listener& listener) {
  const v1::Endpoint& endpoint = listener.endpoint();
  // CheckDetails refuses port 0.
  const uint32_t port = endpoint.port() > UINT16_MAX ? 0 : endpoint.port();
  return {.name = listener.name(),
          .endpoint = {.host = endpoint.host(), .port = static_cast<uint16_t>(port)},
          .security_protocol = listener.security_protocol()};
}

FeatureRange FromRecord(const v1::FeatureRange& feature) {
  return {
      .name = feature.name(), .min_level = feature.min_level(), .max_level = feature.max_level()};
}

// Returns the listeners and features of a record, which may be malformed.
BrokerDetails ListenersAndFeaturesOf(const v1::RegisterBrokerRecord& record) {
  BrokerDetails details;
  for (const auto& listener : record.listeners()) details.listeners.push_back(FromRecord(listener));
  for (const auto& feature : record.features()) details.features.push_back(FromRecord(feature));
  return details;
}

absl::StatusOr<BrokerDetails> ParseDetails(const v1::RegisterBrokerRecord& record,
                                           const MetadataImage& image) {
  RETURN_IF_ERROR(CheckVersion(image, kBrokerDetailsVersion,
                               {{"listeners", !record.listeners().empty()},
                                {"features", !record.features().empty()},
                                {"log_directories", !record.log_directories().empty()}}));
  BrokerDetails details = ListenersAndFeaturesOf(record);
  ASSIGN_OR_RETURN(details.log_directories,
                   ParseDirectories(record.broker_id(), record.log_directories()));
  RETURN_IF_ERROR(CheckDetails(record.broker_id(), details));
  return details;
}

void AddDetails(const BrokerDetails& details, v1::RegisterBrokerRecord* record) {
  for (const BrokerListener& listener : details.listeners) {
    v1::Listener& added = *record->add_listeners();
    added.set_name(listener.name);
    added.mutable_endpoint()->set_host(listener.endpoint.host);
    added.mutable_endpoint()->set_port(listener.endpoint.port);
    added.set_security_protocol(listener.security_protocol);
  }
  for (const FeatureRange& feature : details.features) {
    v1::FeatureRange& added = *record->add_features();
    added.set_name(feature.name);
    added.set_min_level(feature.min_level);
    added.set_max_level(feature.max_level);
  }
  record->set_log_directories(JoinDirectoryIds(details.log_directories));
}

// Returns, for example, " features=group.version:0-1,metadata.version:1-2". Empty lists are left
// out. Of each list, it writes at most `max_items` items.
std::string DetailsText(const BrokerDetails& details, size_t max_items) {
  std::string text;
  const auto add = [&](const char* name, const auto& items, auto text_of) {
    if (items.empty()) return;
    const auto end = items.begin() + static_cast<ptrdiff_t>(std::min(items.size(), max_items));
    std::vector<std::string> texts;
    std::transform(items.begin(), end, std::back_inserter(texts), text_of);
    absl::StrAppend(&text, " ", name, "=", absl::StrJoin(texts, ","));
    if (end != items.end()) absl::StrAppend(&text, " and ", items.end() - end, " more");
  };
  add("listeners", details.listeners, ListenerText);
  add("features", details.features, FeatureText);
  add("log_directories", details.log_directories, [](const Uuid& id) { return id.ToString(); });
  return text;
}

// Returns the text of the log directories of a record, which may be malformed.
std::string DirectoriesText(const std::string& bytes, size_t max_items) {
  const auto ids = SplitDirectoryIds(bytes);
  if (!ids.has_value()) return absl::StrCat(" log_directories=(", bytes.size(), " bytes)");
  if (ids->empty()) return " log_directories=none";
  return DetailsText({.log_directories = *ids}, max_items);
}

void HashDetails(const BrokerDetails& details, ContentHasher& hasher) {
  hasher.Add(static_cast<int64_t>(details.listeners.size()));
  for (const BrokerListener& listener : details.listeners) {
    hasher.Add(listener.name);
    hasher.Add(listener.endpoint.host);
    hasher.Add(listener.endpoint.port);
    hasher.Add(listener.security_protocol);
  }
  hasher.Add(static_cast<int64_t>(details.features.size()));
  for (const FeatureRange& feature : details.features) {
    hasher.Add(feature.name);
    hasher.Add(feature.min_level);
    hasher.Add(feature.max_level);
  }
  hasher.Add(static_cast<int64_t>(details.log_directories.size()));
  for (const Uuid& directory : details.log_directories) hasher.Add(directory);
}

}  // namespace

v1::Record MakeRegisterBrokerRecord(const BrokerRegistration& registration) {
  v1::Record record;
  v1::RegisterBrokerRecord& fields = *record.mutable_register_broker();
  fields.set_broker_id(registration.id.value());
  fields.set_incarnation_id(std::string(registration.incarnation_id.bytes()));
  fields.set_broker_epoch(registration.broker_epoch);
  fields.mutable_endpoint()->set_host(registration.endpoint.host);
  fields.mutable_endpoint()->set_port(registration.endpoint.port);
  fields.set_rack(registration.rack);
  fields.set_endpoint_verified(registration.endpoint_verified);
  AddDetails(*registration.details, &fields);
  return record;
}

v1::Record MakeBrokerRegistrationChangeRecord(BrokerId id, int64_t broker_epoch,
                                              const BrokerChange& change) {
  v1::Record record;
  v1::BrokerRegistrationChangeRecord& fields = *record.mutable_broker_registration_change();
  fields.set_broker_id(id.value());
  fields.set_broker_epoch(broker_epoch);
  if (change.fenced.has_value()) fields.set_fenced(*change.fenced);
  if (change.in_controlled_shutdown.has_value()) {
    fields.set_in_controlled_shutdown(*change.in_controlled_shutdown);
  }
  if (change.log_directories.has_value()) {
    fields.set_log_directories(JoinDirectoryIds(*change.log_directories));
  }
  return record;
}

v1::Record MakeUnregisterBrokerRecord(BrokerId id, int64_t broker_epoch) {
  v1::Record record;
  v1::UnregisterBrokerRecord& fields = *record.mutable_unregister_broker();
  fields.set_broker_id(id.value());
  fields.set_broker_epoch(broker_epoch);
  return record;
}

const BrokerRegistration* BrokersImage::Find(BrokerId id) const {
  const auto it = registrations_->find(id);
  return it == registrations_->end() ? nullptr : it->second.get();
}

void BrokersImage::Set(BrokerRegistration registration) {
  const BrokerId id = registration.id;
  Own(registrations_)[id] = std::make_shared<BrokerRegistration>(std::move(registration));
}

absl::Status BrokersImage::Replay(const v1::RegisterBrokerRecord& record,
                                  const ReplayContext& context) {
  ASSIGN_OR_RETURN(const Uuid incarnation_id, ParseUuid(record.incarnation_id(), "incarnation_id"));
  if (record.broker_id() < 0) return Malformed("broker id %d is negative", record.broker_id());
  const v1::Endpoint& endpoint = record.endpoint();
  if (endpoint.host().empty() || endpoint.port() == 0 || endpoint.port() > UINT16_MAX) {
    return Malformed("broker %d: the endpoint with host %s and port %d is not valid",
                     record.broker_id(), Quote(endpoint.host()), endpoint.port());
  }
  const BrokerId id(record.broker_id());
  // A broker epoch is the offset at which the registration was in the log.
  const RecordOffset epoch(record.broker_epoch());
  if (context.offset.has_value()) {
    if (epoch != *context.offset) {
      return Contradiction("broker %d: broker epoch %d is not the record's offset", id.value(),
                           epoch.value());
    }
  } else {
    const RecordOffset end_offset = context.image.end_offset();
    if (epoch < RecordOffset(0) || epoch >= end_offset) {
      return Malformed("broker epoch %d is outside a snapshot that ends at offset %d",
                       epoch.value(), end_offset.value());
    }
    if (Find(id) != nullptr) return Contradiction("broker %d is registered twice", id.value());
  }
  ASSIGN_OR_RETURN(BrokerDetails details, ParseDetails(record, context.image));
  Set({
      .id = id,
      .incarnation_id = incarnation_id,
      .broker_epoch = record.broker_epoch(),
      .endpoint = {.host = endpoint.host(), .port = static_cast<uint16_t>(endpoint.port())},
      .rack = record.rack(),
      .endpoint_verified = record.endpoint_verified(),
      .fenced = true,
      .in_controlled_shutdown = false,
      .details = std::move(details),
  });
  return absl::OkStatus();
}

absl::StatusOr<const BrokerRegistration*> BrokersImage::FindAtEpoch(int32_t id,
                                                                    int64_t broker_epoch) const {
  const BrokerRegistration* registered = Find(BrokerId(id));
  if (registered == nullptr) return Contradiction("broker %d is not registered", id);
  if (registered->broker_epoch != broker_epoch) {
    return Contradiction("broker %d is registered with epoch %d, not %d", id,
                         registered->broker_epoch, broker_epoch);
  }
  return registered;
}

absl::Status BrokersImage::Replay(const v1::BrokerRegistrationChangeRecord& record,
                                  const ReplayContext& context) {
  ASSIGN_OR_RETURN(const BrokerRegistration* registered,
                   FindAtEpoch(record.broker_id(), record.broker_epoch()));
  BrokerRegistration changed = *registered;
  if (record.has_fenced()) changed.fenced = record.fenced();
  if (record.has_in_controlled_shutdown()) {
    changed.in_controlled_shutdown = record.in_controlled_shutdown();
  }
  RETURN_IF_ERROR(CheckVersion(context.image, kBrokerDetailsVersion,
                               {{"log_directories", record.has_log_directories()}}));
  if (record.has_log_directories()) {
    BrokerDetails details = *registered->details;
    ASSIGN_OR_RETURN(details.log_directories,
                     ParseDirectories(record.broker_id(), record.log_directories()));
    RETURN_IF_ERROR(CheckDetails(record.broker_id(), details));
    changed.details = std::move(details);
  }
  Set(std::move(changed));
  return absl::OkStatus();
}

absl::Status BrokersImage::Replay(const v1::UnregisterBrokerRecord& record,
                                  const ReplayContext& /*context*/) {
  RETURN_IF_ERROR(FindAtEpoch(record.broker_id(), record.broker_epoch()).status());
  Own(registrations_).erase(BrokerId(record.broker_id()));
  return absl::OkStatus();
}

std::string BrokersImage::TextOf(const v1::RegisterBrokerRecord& record, size_t max_items) {
  const HostPort endpoint{.host = record.endpoint().host(),
                          .port = static_cast<uint16_t>(record.endpoint().port())};
  std::string text =
      absl::StrFormat("RegisterBroker %d epoch=%d incarnation=%s endpoint=%s rack=%s verified=%s",
                      record.broker_id(), record.broker_epoch(), IdText(record.incarnation_id()),
                      absl::CHexEscape(endpoint.ToString()), Quoted(record.rack()),
                      record.endpoint_verified() ? "yes" : "no");
  text += DetailsText(ListenersAndFeaturesOf(record), max_items);
  if (!record.log_directories().empty()) {
    text += DirectoriesText(record.log_directories(), max_items);
  }
  return text;
}

std::string BrokersImage::TextOf(const v1::BrokerRegistrationChangeRecord& record,
                                 size_t max_items) {
  std::string text = absl::StrFormat("BrokerRegistrationChange %d epoch=%d", record.broker_id(),
                                     record.broker_epoch());
  if (record.has_fenced()) absl::StrAppend(&text, " fenced=", record.fenced() ? "yes" : "no");
  if (record.has_in_controlled_shutdown()) {
    absl::StrAppend(&text,
                    " in_controlled_shutdown=", record.in_controlled_shutdown() ? "yes" : "no");
  }
  if (record.has_log_directories()) text += DirectoriesText(record.log_directories(), max_items);
  return text;
}

std::string BrokersImage::TextOf(const v1::UnregisterBrokerRecord& record, size_t /*max_items*/) {
  return absl::StrFormat("UnregisterBroker %d epoch=%d", record.broker_id(), record.broker_epoch());
}

void BrokersImage::AddToSnapshot(SnapshotSections& sections) const {
  std::vector<v1::Record> records;
  for (const auto& [id, broker] : *registrations_) {
    records.push_back(MakeRegisterBrokerRecord(*broker));
    BrokerChange change;
    if (!broker->fenced) change.fenced = false;
    if (broker->in_controlled_shutdown) change.in_controlled_shutdown = true;
    if (change.fenced || change.in_controlled_shutdown) {
      records.push_back(MakeBrokerRegistrationChangeRecord(id, broker->broker_epoch, change));
    }
  }
  sections.AddRecords(std::move(records));
}

void BrokersImage::AddToHash(ContentHasher& hasher) const {
  hasher.Add(static_cast<int64_t>(registrations_->size()));
  for (const auto& [id, broker] : *registrations_) {
    hasher.Add(id.value());
    hasher.Add(broker->incarnation_id);
    hasher.Add(broker->broker_epoch);
    hasher.Add(broker->endpoint.host);
    hasher.Add(broker->endpoint.port);
    hasher.Add(broker->rack);
    const bool has_details = !broker->details->empty();
    hasher.Add((broker->endpoint_verified ? 1 : 0) | (broker->fenced ? 2 : 0) |
               (broker->in_controlled_shutdown ? 4 : 0) | (has_details ? 8 : 0));
    if (has_details) HashDetails(*broker->details, hasher);
  }
}

void BrokersImage::AddToText(std::string& text) const {
  for (const auto& [id, broker] : *registrations_) {
    absl::StrAppendFormat(&text, "broker %d epoch=%d incarnation=%s endpoint=%s rack=%s%s%s%s%s\n",
                          id.value(), broker->broker_epoch, broker->incarnation_id.ToString(),
                          absl::CHexEscape(broker->endpoint.ToString()), Quoted(broker->rack),
                          broker->endpoint_verified ? " verified" : "",
                          broker->fenced ? " fenced" : "",
                          broker->in_controlled_shutdown ? " in_controlled_shutdown" : "",
                          DetailsText(*broker->details, std::numeric_limits<size_t>::max()));
  }
}

}  // namespace quorate::metadata
