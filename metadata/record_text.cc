#include "metadata/record_text.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/host_port.h"
#include "base/ids.h"
#include "metadata/text_util.h"
#include "metadata/topic_image.h"

namespace quorate::metadata {
namespace {

std::string IdText(const std::string& bytes) {
  const std::optional<Uuid> id = Uuid::FromBytes(bytes);
  return id.has_value() ? id->ToString() : absl::StrCat("(", bytes.size(), " bytes)");
}

// Returns the elements of `names` whose bits are set, and "#POSITION" for each bit above them.
std::string MaskText(uint32_t mask, const std::vector<std::string>& names) {
  std::vector<std::string> set;
  for (size_t i = 0; i < kMaxReplicas; ++i) {
    if ((mask >> i & 1) == 0) continue;
    set.push_back(i < names.size() ? names[i] : absl::StrCat("#", i));
  }
  return absl::StrJoin(set, ",");
}

std::string LeaderText(uint32_t position_plus_1, const std::vector<std::string>& names) {
  if (position_plus_1 == 0) return "none";
  const uint32_t position = position_plus_1 - 1;
  return position < names.size() ? names[position] : absl::StrCat("#", position);
}

// Returns " 0: …; 1: …" for the first `max` of `count` partitions, then how many more there are.
template <typename Fn>
std::string ListText(int count, size_t max, Fn one) {
  std::string text;
  const int shown = static_cast<int>(std::min(static_cast<size_t>(count), max));
  for (int i = 0; i < shown; ++i) absl::StrAppend(&text, i == 0 ? " " : "; ", one(i));
  if (shown < count)
    absl::StrAppend(&text, shown == 0 ? " " : "; ", "and ", count - shown, " more");
  return text;
}

std::string PartitionsText(const v1::PartitionsRecord& record, size_t max) {
  const int count = record.replica_counts_size();
  if (record.isr_masks_size() != count || record.leader_positions_size() != count) {
    return absl::StrCat(" malformed: ", record.ShortDebugString());
  }
  int begin = 0;
  return ListText(count, max, [&](int i) {
    std::vector<std::string> replicas;
    const int end = std::min(begin + std::max(record.replica_counts(i), 0), record.replicas_size());
    for (; begin < end; ++begin) replicas.push_back(absl::StrCat(record.replicas(begin)));
    std::string text = absl::StrCat(record.first_partition() + i,
                                    ": leader=", LeaderText(record.leader_positions(i), replicas),
                                    " replicas=", absl::StrJoin(replicas, ","),
                                    " isr=", MaskText(record.isr_masks(i), replicas));
    if (i < record.leader_epochs_size()) {
      absl::StrAppend(&text, " leader_epoch=", record.leader_epochs(i));
    }
    if (i < record.partition_epochs_size()) {
      absl::StrAppend(&text, " partition_epoch=", record.partition_epochs(i));
    }
    return text;
  });
}

std::string PartitionChangesText(const v1::PartitionChangesRecord& record, size_t max) {
  const int count = record.partitions_size();
  if (record.isr_masks_size() != count || record.leader_positions_size() != count) {
    return absl::StrCat(" malformed: ", record.ShortDebugString());
  }
  return ListText(count, max, [&](int i) {
    return absl::StrCat(record.partitions(i),
                        ": leader=", LeaderText(record.leader_positions(i), {}),
                        " isr=", MaskText(record.isr_masks(i), {}));
  });
}

std::string RegisterBrokerText(const v1::RegisterBrokerRecord& record) {
  const HostPort endpoint{.host = record.endpoint().host(),
                          .port = static_cast<uint16_t>(record.endpoint().port())};
  return absl::StrFormat(
      "RegisterBroker %d epoch=%d incarnation=%s endpoint=%s rack=%s verified=%s",
      record.broker_id(), record.broker_epoch(), IdText(record.incarnation_id()),
      endpoint.ToString(), Quoted(record.rack()), record.endpoint_verified() ? "yes" : "no");
}

std::string BrokerRegistrationChangeText(const v1::BrokerRegistrationChangeRecord& record) {
  std::string text = absl::StrFormat("BrokerRegistrationChange %d epoch=%d", record.broker_id(),
                                     record.broker_epoch());
  if (record.has_fenced()) absl::StrAppend(&text, " fenced=", record.fenced() ? "yes" : "no");
  if (record.has_in_controlled_shutdown()) {
    absl::StrAppend(&text,
                    " in_controlled_shutdown=", record.in_controlled_shutdown() ? "yes" : "no");
  }
  return text;
}

std::string RequestResultText(const v1::RequestResultRecord& record) {
  std::vector<std::string> items;
  for (const auto& item : record.items()) {
    items.push_back(CodeText(static_cast<int32_t>(item.code())));
    if (!item.message().empty()) absl::StrAppend(&items.back(), " ", Quoted(item.message()));
    if (!item.topic_id().empty()) absl::StrAppend(&items.back(), " ", IdText(item.topic_id()));
  }
  return absl::StrFormat("RequestResult %s %s/%d %s hash=%016x [%s]", Quoted(record.principal()),
                         IdText(record.request_id().client_uuid()), record.request_id().sequence(),
                         record.method(), record.request_hash(), absl::StrJoin(items, ", "));
}

std::string ConfigText(const v1::ConfigRecord& record) {
  const auto type = static_cast<ConfigResourceType>(record.resource_type());
  return absl::StrCat("Config ", ConfigResourceText(type), " ", Quoted(record.resource_name()), " ",
                      record.key(), record.has_value() ? "=" : " deleted",
                      record.has_value() ? Quoted(record.value()) : "");
}

}  // namespace

std::string RecordText(const v1::Record& record, size_t max_partitions) {
  switch (record.kind_case()) {
    case v1::Record::kNoOp:
      return "NoOp";
    case v1::Record::kMetadataVersion:
      return absl::StrCat("MetadataVersion ", record.metadata_version().level());
    case v1::Record::kTopic:
      return absl::StrCat("Topic ", Quoted(record.topic().name()),
                          " id=", IdText(record.topic().topic_id()));
    case v1::Record::kRemoveTopic:
      return absl::StrCat("RemoveTopic ", IdText(record.remove_topic().topic_id()));
    case v1::Record::kPartitions:
      return absl::StrCat("Partitions of ", IdText(record.partitions().topic_id()),
                          PartitionsText(record.partitions(), max_partitions));
    case v1::Record::kPartitionChanges:
      return absl::StrCat("PartitionChanges of ", IdText(record.partition_changes().topic_id()),
                          PartitionChangesText(record.partition_changes(), max_partitions));
    case v1::Record::kRegisterBroker:
      return RegisterBrokerText(record.register_broker());
    case v1::Record::kBrokerRegistrationChange:
      return BrokerRegistrationChangeText(record.broker_registration_change());
    case v1::Record::kRequestResult:
      return RequestResultText(record.request_result());
    case v1::Record::kConfig:
      return ConfigText(record.config());
    case v1::Record::kSnapshotHeader:
      return absl::StrFormat("SnapshotHeader end_offset=%d epoch=%d append_time_ms=%d",
                             record.snapshot_header().end_offset(),
                             record.snapshot_header().epoch(),
                             record.snapshot_header().append_time_ms());
    case v1::Record::kEvictedRequests:
      return absl::StrFormat("EvictedRequests of %s client=%s highest_sequence=%d",
                             Quoted(record.evicted_requests().principal()),
                             IdText(record.evicted_requests().client_uuid()),
                             record.evicted_requests().highest_sequence());
    case v1::Record::kSnapshotFooter:
      return absl::StrCat("SnapshotFooter records=", record.snapshot_footer().record_count());
    case v1::Record::KIND_NOT_SET:
      break;
  }
  return absl::StrCat("a record of unknown kind: ", Quoted(record.SerializeAsString()));
}

}  // namespace quorate::metadata
