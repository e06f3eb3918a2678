#include "metadata/families/producer_ids.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "metadata/content_hasher.h"
#include "metadata/metadata_image.h"
#include "metadata/replay_errors.h"
#include "metadata/snapshot_sections.h"

namespace quorate::metadata {
namespace {

// Stands for the broker and its epoch in a snapshot.
constexpr int32_t kNobody = -1;

}  // namespace

v1::Record MakeProducerIdsRecord(BrokerId broker, int64_t broker_epoch, int64_t next_producer_id) {
  v1::Record record;
  v1::ProducerIdsRecord& fields = *record.mutable_producer_ids();
  fields.set_broker_id(broker.value());
  fields.set_broker_epoch(broker_epoch);
  fields.set_next_producer_id(next_producer_id);
  return record;
}

absl::Status ProducerIdsImage::Replay(const v1::ProducerIdsRecord& record,
                                      const ReplayContext& context) {
  const bool in_snapshot = !context.offset.has_value();
  const bool has_broker = record.broker_id() >= 0 && record.broker_epoch() >= 0;
  const bool has_nobody = record.broker_id() == kNobody && record.broker_epoch() == kNobody;
  if (in_snapshot ? !has_nobody : !has_broker) {
    return Malformed("broker %d with epoch %d", record.broker_id(), record.broker_epoch());
  }
  if (record.next_producer_id() <= 0) {
    return Malformed("the next producer id is %d", record.next_producer_id());
  }
  if (record.next_producer_id() <= next_producer_id_) {
    return Contradiction("the next producer id is %d after %d", record.next_producer_id(),
                         next_producer_id_);
  }
  next_producer_id_ = record.next_producer_id();
  return absl::OkStatus();
}

std::string ProducerIdsImage::TextOf(const v1::ProducerIdsRecord& record, size_t /*max_items*/) {
  return absl::StrFormat("ProducerIds next=%d broker=%d epoch=%d", record.next_producer_id(),
                         record.broker_id(), record.broker_epoch());
}

void ProducerIdsImage::AddToSnapshot(SnapshotSections& sections) const {
  if (next_producer_id_ == 0) return;
  sections.AddRecords({MakeProducerIdsRecord(BrokerId(kNobody), kNobody, next_producer_id_)});
}

void ProducerIdsImage::AddToHash(ContentHasher& hasher) const {
  if (next_producer_id_ != 0) hasher.Add(next_producer_id_);
}

void ProducerIdsImage::AddToText(std::string& text) const {
  if (next_producer_id_ != 0) absl::StrAppend(&text, "next producer id ", next_producer_id_, "\n");
}

}  // namespace quorate::metadata
