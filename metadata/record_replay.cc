#include "metadata/record_replay.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "metadata/partition_replay.h"
#include "metadata/replay_errors.h"
#include "metadata/topic_name.h"

namespace quorate::metadata {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::Reflection;

// Looks at the fields that are messages only: Reflection::ListFields would cost a tenth of a
// replay.
bool HasUnknownFields(const Message& message) {
  const Reflection& reflection = *message.GetReflection();
  if (!reflection.GetUnknownFields(message).empty()) return true;
  const Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      if (!reflection.HasField(message, field)) continue;
      if (HasUnknownFields(reflection.GetMessage(message, field))) return true;
      continue;
    }
    for (int j = 0; j < reflection.FieldSize(message, field); ++j) {
      if (HasUnknownFields(reflection.GetRepeatedMessage(message, field, j))) return true;
    }
  }
  return false;
}

absl::Status ReplayMetadataVersion(const v1::MetadataVersionRecord& record, ImageBuilder& builder) {
  if (record.level() == 0) return Malformed("the level is 0; the lowest one is 1");
  if (record.level() > kLatestMetadataVersion) {
    return absl::UnimplementedError(
        absl::StrFormat("metadata version %d is newer than this program's %d; upgrade this program",
                        record.level(), kLatestMetadataVersion));
  }
  if (record.level() < builder.image().metadata_version()) {
    return Contradiction("metadata version %d after version %d", record.level(),
                         builder.image().metadata_version());
  }
  builder.SetMetadataVersion(record.level());
  return absl::OkStatus();
}

absl::Status ReplayTopic(const v1::TopicRecord& record, ImageBuilder& builder) {
  ASSIGN_OR_RETURN(const Uuid id, ParseUuid(record.topic_id(), "topic_id"));
  if (const absl::Status valid = ValidateTopicName(record.name()); !valid.ok()) {
    return Malformed("%s", std::string(valid.message()));
  }
  if (builder.image().FindTopic(id) != nullptr) {
    return Contradiction("a topic with id %s already exists", id.ToString());
  }
  if (builder.image().FindTopicByName(record.name()) != nullptr) {
    return Contradiction("a topic named %s already exists", record.name());
  }
  builder.AddTopic(id, record.name());
  return absl::OkStatus();
}

absl::Status ReplayRemoveTopic(const v1::RemoveTopicRecord& record, ImageBuilder& builder) {
  ASSIGN_OR_RETURN(const TopicPtr topic, RequireTopic(record.topic_id(), builder.image()));
  builder.RemoveTopic(topic->id());
  return absl::OkStatus();
}

absl::Status ReplayRegisterBroker(const v1::RegisterBrokerRecord& record, RecordOffset offset,
                                  ImageBuilder& builder) {
  ASSIGN_OR_RETURN(const Uuid incarnation_id, ParseUuid(record.incarnation_id(), "incarnation_id"));
  if (record.broker_id() < 0) return Malformed("broker id %d is negative", record.broker_id());
  const v1::Endpoint& endpoint = record.endpoint();
  if (endpoint.host().empty() || endpoint.port() == 0 || endpoint.port() > UINT16_MAX) {
    return Malformed("broker %d: the endpoint with host \"%s\" and port %d is not valid",
                     record.broker_id(), endpoint.host(), endpoint.port());
  }
  if (record.broker_epoch() != offset.value()) {
    return Contradiction("broker %d: broker epoch %d is not the record's offset",
                         record.broker_id(), record.broker_epoch());
  }
  builder.SetBroker({
      .id = BrokerId(record.broker_id()),
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

absl::Status ReplayBrokerRegistrationChange(const v1::BrokerRegistrationChangeRecord& record,
                                            ImageBuilder& builder) {
  const BrokerRegistration* registered = builder.image().FindBroker(BrokerId(record.broker_id()));
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
  builder.SetBroker(std::move(changed));
  return absl::OkStatus();
}

absl::Status ReplayConfig(const v1::ConfigRecord& record, ImageBuilder& builder) {
  if (record.key().empty()) return Malformed("the key is empty");
  const auto type = static_cast<ConfigResourceType>(record.resource_type());
  switch (record.resource_type()) {
    case v1::ConfigRecord::RESOURCE_TYPE_TOPIC:
      if (builder.image().FindTopicByName(record.resource_name()) == nullptr) {
        return Contradiction("there is no topic \"%s\"", record.resource_name());
      }
      break;
    case v1::ConfigRecord::RESOURCE_TYPE_BROKER: {
      int32_t id = -1;
      if (!absl::SimpleAtoi(record.resource_name(), &id) || id < 0 ||
          std::to_string(id) != record.resource_name()) {
        return Malformed("\"%s\" is not a broker id", record.resource_name());
      }
      break;
    }
    case v1::ConfigRecord::RESOURCE_TYPE_UNSPECIFIED:
      return Malformed("the resource type is not set");
    default:
      return absl::UnimplementedError(
          absl::StrFormat("unknown resource type %d; upgrade this program",
                          static_cast<int>(record.resource_type())));
  }
  if (record.has_value()) {
    builder.SetConfig(type, record.resource_name(), record.key(), record.value());
  } else {
    builder.DeleteConfig(type, record.resource_name(), record.key());
  }
  return absl::OkStatus();
}

absl::Status ReplayRequestResult(const v1::RequestResultRecord& record, ImageBuilder& builder) {
  RequestResult result{.principal = record.principal(),
                       .request_id = {},
                       .method = record.method(),
                       .request_hash = record.request_hash(),
                       .items = {}};
  ASSIGN_OR_RETURN(result.request_id.client_uuid,
                   ParseUuid(record.request_id().client_uuid(), "client_uuid"));
  result.request_id.sequence = record.request_id().sequence();
  if (result.request_id.sequence < 1) {
    return Malformed("sequence %d is below 1", result.request_id.sequence);
  }
  result.items.reserve(static_cast<size_t>(record.items_size()));
  for (const auto& item : record.items()) {
    Uuid topic_id;
    if (!item.topic_id().empty()) {
      ASSIGN_OR_RETURN(topic_id, ParseUuid(item.topic_id(), "topic_id"));
    }
    result.items.push_back({.code = static_cast<int32_t>(item.code()),
                            .message = item.message(),
                            .topic_id = topic_id});
  }
  const auto kind = builder.image().FindRequest(result.principal, result.request_id).kind;
  if (kind != RequestLookup::Kind::kNew) {
    return Contradiction("request %s/%d of \"%s\" %s", result.request_id.client_uuid.ToString(),
                         result.request_id.sequence, result.principal,
                         kind == RequestLookup::Kind::kKnown
                             ? "already has a result"
                             : "is not above the highest evicted sequence");
  }
  builder.AddRequestResult(std::move(result), record.ByteSizeLong());
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckIsKnown(const v1::Record& record) {
  return HasUnknownFields(record) ? absl::UnimplementedError(kUnknownFields) : absl::OkStatus();
}

absl::Status ReplayRecord(const v1::Record& record, RecordOffset offset, ImageBuilder& builder) {
  RETURN_IF_ERROR(CheckIsKnown(record));
  switch (record.kind_case()) {
    case v1::Record::kNoOp:
      return absl::OkStatus();
    case v1::Record::kMetadataVersion:
      return ReplayMetadataVersion(record.metadata_version(), builder);
    case v1::Record::kSnapshotHeader:
    case v1::Record::kEvictedRequests:
    case v1::Record::kSnapshotFooter:
      return Malformed("belongs in a snapshot, not in the log");
    case v1::Record::KIND_NOT_SET:
      return Malformed("no kind is set");
    default:
      break;
  }
  if (builder.image().metadata_version() == 0) {
    return Contradiction("the log has no metadata version yet");
  }
  switch (record.kind_case()) {
    case v1::Record::kTopic:
      return ReplayTopic(record.topic(), builder);
    case v1::Record::kRemoveTopic:
      return ReplayRemoveTopic(record.remove_topic(), builder);
    case v1::Record::kPartitions:
      return ReplayPartitions(record.partitions(), builder);
    case v1::Record::kPartitionChanges:
      return ReplayPartitionChanges(record.partition_changes(), builder);
    case v1::Record::kRegisterBroker:
      return ReplayRegisterBroker(record.register_broker(), offset, builder);
    case v1::Record::kBrokerRegistrationChange:
      return ReplayBrokerRegistrationChange(record.broker_registration_change(), builder);
    case v1::Record::kRequestResult:
      return ReplayRequestResult(record.request_result(), builder);
    case v1::Record::kConfig:
      return ReplayConfig(record.config(), builder);
    case v1::Record::kNoOp:
    case v1::Record::kMetadataVersion:
    case v1::Record::kSnapshotHeader:
    case v1::Record::kEvictedRequests:
    case v1::Record::kSnapshotFooter:
    case v1::Record::KIND_NOT_SET:
      break;
  }
  LOG(FATAL) << "unhandled record kind " << record.kind_case();
}

}  // namespace quorate::metadata
