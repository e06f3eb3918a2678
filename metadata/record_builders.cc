#include "metadata/record_builders.h"

#include <string>

#include "base/check.h"

namespace quorate::metadata {
namespace {

std::string Bytes(const Uuid& id) { return std::string(id.bytes()); }

uint32_t LeaderField(const std::optional<size_t>& position) {
  return position.has_value() ? static_cast<uint32_t>(*position) + 1 : 0;
}

}  // namespace

v1::Record MakeNoOpRecord() {
  v1::Record record;
  record.mutable_no_op();
  return record;
}

v1::Record MakeMetadataVersionRecord(uint32_t level) {
  v1::Record record;
  record.mutable_metadata_version()->set_level(level);
  return record;
}

v1::Record MakeTopicRecord(std::string_view name, const Uuid& id) {
  v1::Record record;
  record.mutable_topic()->set_name(std::string(name));
  record.mutable_topic()->set_topic_id(Bytes(id));
  return record;
}

v1::Record MakeRemoveTopicRecord(const Uuid& id) {
  v1::Record record;
  record.mutable_remove_topic()->set_topic_id(Bytes(id));
  return record;
}

v1::Record MakePartitionsRecord(const Uuid& topic_id, int32_t first_partition,
                                std::span<const NewPartition> partitions) {
  CHECK(!partitions.empty());
  v1::Record record;
  v1::PartitionsRecord& fields = *record.mutable_partitions();
  fields.set_topic_id(Bytes(topic_id));
  fields.set_first_partition(first_partition);
  for (const NewPartition& partition : partitions) {
    fields.add_replica_counts(static_cast<int32_t>(partition.replicas.size()));
    for (const BrokerId replica : partition.replicas) fields.add_replicas(replica.value());
    fields.add_isr_masks(partition.isr_mask);
    fields.add_leader_positions(LeaderField(partition.leader_position));
  }
  return record;
}

v1::Record MakePartitionChangesRecord(const Uuid& topic_id,
                                      std::span<const PartitionChange> changes) {
  CHECK(!changes.empty());
  v1::Record record;
  v1::PartitionChangesRecord& fields = *record.mutable_partition_changes();
  fields.set_topic_id(Bytes(topic_id));
  for (const PartitionChange& change : changes) {
    fields.add_partitions(change.partition);
    fields.add_isr_masks(change.isr_mask);
    fields.add_leader_positions(LeaderField(change.leader_position));
  }
  return record;
}

v1::Record MakeRegisterBrokerRecord(const BrokerRegistration& registration) {
  v1::Record record;
  v1::RegisterBrokerRecord& fields = *record.mutable_register_broker();
  fields.set_broker_id(registration.id.value());
  fields.set_incarnation_id(Bytes(registration.incarnation_id));
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

v1::Record MakeConfigRecord(ConfigResourceType type, std::string_view name, std::string_view key,
                            std::optional<std::string_view> value) {
  v1::Record record;
  v1::ConfigRecord& fields = *record.mutable_config();
  fields.set_resource_type(static_cast<v1::ConfigRecord::ResourceType>(type));
  fields.set_resource_name(std::string(name));
  fields.set_key(std::string(key));
  if (value.has_value()) fields.set_value(std::string(*value));
  return record;
}

v1::Record MakeRequestResultRecord(const RequestResult& result) {
  v1::Record record;
  v1::RequestResultRecord& fields = *record.mutable_request_result();
  fields.set_principal(result.principal);
  fields.mutable_request_id()->set_client_uuid(Bytes(result.request_id.client_uuid));
  fields.mutable_request_id()->set_sequence(result.request_id.sequence);
  fields.set_method(result.method);
  fields.set_request_hash(result.request_hash);
  for (const RequestResult::Item& item : result.items) {
    auto& added = *fields.add_items();
    added.set_code(static_cast<common::v1::ErrorCode>(item.code));
    added.set_message(item.message);
    if (!item.topic_id.is_zero()) added.set_topic_id(Bytes(item.topic_id));
  }
  return record;
}

v1::Record MakeSnapshotHeaderRecord(RecordOffset end_offset, Epoch epoch, int64_t append_time_ms) {
  v1::Record record;
  v1::SnapshotHeaderRecord& fields = *record.mutable_snapshot_header();
  fields.set_end_offset(end_offset.value());
  fields.set_epoch(epoch.value());
  fields.set_append_time_ms(append_time_ms);
  return record;
}

v1::Record MakeEvictedRequestsRecord(std::string_view principal, const Uuid& client_uuid,
                                     int64_t highest_sequence) {
  v1::Record record;
  v1::EvictedRequestsRecord& fields = *record.mutable_evicted_requests();
  fields.set_principal(std::string(principal));
  fields.set_client_uuid(Bytes(client_uuid));
  fields.set_highest_sequence(highest_sequence);
  return record;
}

v1::Record MakeSnapshotFooterRecord(int64_t record_count) {
  v1::Record record;
  record.mutable_snapshot_footer()->set_record_count(record_count);
  return record;
}

}  // namespace quorate::metadata
