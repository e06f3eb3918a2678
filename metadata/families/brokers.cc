#include "metadata/families/brokers.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/host_port.h"
#include "metadata/content_hasher.h"
#include "metadata/copy_on_write.h"
#include "metadata/metadata_image.h"
#include "metadata/replay_errors.h"
#include "metadata/snapshot_sections.h"
#include "metadata/text_util.h"

namespace quorate::metadata {

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
    return Malformed("broker %d: the endpoint with host \"%s\" and port %d is not valid",
                     record.broker_id(), endpoint.host(), endpoint.port());
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
  Set({
      .id = id,
      .incarnation_id = incarnation_id,
      .broker_epoch = record.broker_epoch(),
      .endpoint = {.host = endpoint.host(), .port = static_cast<uint16_t>(endpoint.port())},
      .rack = record.rack(),
      .endpoint_verified = record.endpoint_verified(),
      .fenced = true,
      .in_controlled_shutdown = false,
  });
  return absl::OkStatus();
}

absl::Status BrokersImage::Replay(const v1::BrokerRegistrationChangeRecord& record,
                                  const ReplayContext& /*context*/) {
  const BrokerRegistration* registered = Find(BrokerId(record.broker_id()));
  if (registered == nullptr) {
    return Contradiction("broker %d is not registered", record.broker_id());
  }
  if (registered->broker_epoch != record.broker_epoch()) {
    return Contradiction("broker %d is registered with epoch %d, not %d", record.broker_id(),
                         registered->broker_epoch, record.broker_epoch());
  }
  BrokerRegistration changed = *registered;
  if (record.has_fenced()) changed.fenced = record.fenced();
  if (record.has_in_controlled_shutdown()) {
    changed.in_controlled_shutdown = record.in_controlled_shutdown();
  }
  Set(std::move(changed));
  return absl::OkStatus();
}

std::string BrokersImage::TextOf(const v1::RegisterBrokerRecord& record, size_t /*max_items*/) {
  const HostPort endpoint{.host = record.endpoint().host(),
                          .port = static_cast<uint16_t>(record.endpoint().port())};
  return absl::StrFormat(
      "RegisterBroker %d epoch=%d incarnation=%s endpoint=%s rack=%s verified=%s",
      record.broker_id(), record.broker_epoch(), IdText(record.incarnation_id()),
      endpoint.ToString(), Quoted(record.rack()), record.endpoint_verified() ? "yes" : "no");
}

std::string BrokersImage::TextOf(const v1::BrokerRegistrationChangeRecord& record,
                                 size_t /*max_items*/) {
  std::string text = absl::StrFormat("BrokerRegistrationChange %d epoch=%d", record.broker_id(),
                                     record.broker_epoch());
  if (record.has_fenced()) absl::StrAppend(&text, " fenced=", record.fenced() ? "yes" : "no");
  if (record.has_in_controlled_shutdown()) {
    absl::StrAppend(&text,
                    " in_controlled_shutdown=", record.in_controlled_shutdown() ? "yes" : "no");
  }
  return text;
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
    hasher.Add((broker->endpoint_verified ? 1 : 0) | (broker->fenced ? 2 : 0) |
               (broker->in_controlled_shutdown ? 4 : 0));
  }
}

void BrokersImage::AddToText(std::string& text) const {
  for (const auto& [id, broker] : *registrations_) {
    absl::StrAppendFormat(&text, "broker %d epoch=%d incarnation=%s endpoint=%s rack=%s%s%s%s\n",
                          id.value(), broker->broker_epoch, broker->incarnation_id.ToString(),
                          broker->endpoint.ToString(), Quoted(broker->rack),
                          broker->endpoint_verified ? " verified" : "",
                          broker->fenced ? " fenced" : "",
                          broker->in_controlled_shutdown ? " in_controlled_shutdown" : "");
  }
}

}  // namespace quorate::metadata
