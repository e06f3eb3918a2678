#include "tests/process/chaos/committed_log.h"

#include <limits>

#include "absl/strings/str_format.h"
#include "metadata/changed_partitions.h"
#include "metadata/replay.h"
#include "metadata/state_hash.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::testing {
namespace {

using metadata::ChangedPartitions;
using metadata::MetadataImage;
using metadata::v1::Batch;

std::string NameOf(const std::optional<BrokerId>& leader) {
  return leader ? absl::StrFormat("broker %d", leader->value()) : "nobody";
}

}  // namespace

std::string LeaderTerm::ToString() const {
  return absl::StrFormat("partition %d of topic %s in leader epoch %d", partition, topic.ToString(),
                         leader_epoch);
}

CommittedLog::CommittedLog(Violations* violations) : violations_(*violations) {
  images_.emplace(0, MetadataImage());
}

bool CommittedLog::Add(const std::string& source, const Batch& batch) {
  const std::lock_guard lock(mutex_);
  const int64_t end = images_.rbegin()->first;
  if (batch.base_offset() > end) return false;
  if (batch.base_offset() == end) {
    Append(source, batch);
    return true;
  }
  const auto known = batches_.find(batch.base_offset());
  if (known == batches_.end() || known->second != batch.SerializeAsString()) {
    violations_.Add(
        absl::StrFormat("%s serves a batch of epoch %d at offset %d (%d records) that differs from "
                        "the one that was "
                        "committed there",
                        source, batch.epoch(), batch.base_offset(), batch.record_count()));
  }
  return true;
}

void CommittedLog::Append(const std::string& source, const Batch& batch) {
  const auto& [end, before] = *images_.rbegin();
  if (batch.epoch() < before.last_epoch().value()) {
    violations_.Add(absl::StrFormat("%s: the epoch falls from %d to %d at offset %d", source,
                                    before.last_epoch().value(), batch.epoch(), end));
    return;
  }
  const auto now = metadata::ReplayPayload(before,
                                           {.epoch = Epoch(batch.epoch()),
                                            .base_offset = RecordOffset(batch.base_offset()),
                                            .record_count = batch.record_count(),
                                            .append_time_ms = batch.append_time_ms()},
                                           batch.records());
  if (!now.ok()) {
    violations_.Add(absl::StrFormat("%s: the batch at offset %d cannot be replayed: %s", source,
                                    end, now.status().ToString()));
    return;
  }
  CheckPartitions(before, *now);
  IndexResults(batch);
  batches_.emplace(batch.base_offset(), batch.SerializeAsString());
  images_.emplace(now->end_offset().value(), *now);
}

void CommittedLog::CheckPartitions(const MetadataImage& before, const MetadataImage& now) {
  const auto check = [&](const ChangedPartitions::Change& change) {
    if (!change.now) return;
    const LeaderTerm term{.topic = change.topic.id(),
                          .partition = change.partition,
                          .leader_epoch = change.now->leader_epoch()};
    const std::optional<BrokerId> leader = change.now->leader();
    if (change.before && change.before->leader_epoch() > term.leader_epoch) {
      violations_.Add(absl::StrFormat("the leader epoch fell from %d: %s",
                                      change.before->leader_epoch(), term.ToString()));
    }
    if (change.before && change.before->partition_epoch() >= change.now->partition_epoch()) {
      violations_.Add("a change without a new partition epoch: " + term.ToString());
    }
    const auto [known, is_new] = leaders_.emplace(term, leader);
    if (known->second != leader) {
      violations_.Add(absl::StrFormat("two leaders, %s and %s: %s", NameOf(known->second),
                                      NameOf(leader), term.ToString()));
    }
    if (!leader || !is_new || (change.before && change.before->leader() == leader)) return;
    const metadata::BrokerRegistration* broker = now.FindBroker(*leader);
    if (broker == nullptr || !broker->active()) {
      violations_.Add(NameOf(leader) + " is not active and becomes leader: " + term.ToString());
    }
  };
  ChangedPartitions(before, now).Next(std::numeric_limits<size_t>::max(), check);
}

void CommittedLog::IndexResults(const Batch& batch) {
  metadata::v1::RecordBatch records;
  records.ParseFromString(batch.records());  // replay has parsed it, too
  for (const metadata::v1::Record& record : records.records()) {
    if (!record.has_request_result()) continue;
    const metadata::v1::RequestResultRecord& result = record.request_result();
    LoggedResult logged{.base_offset = batch.base_offset(),
                        .end_offset = batch.base_offset() + batch.record_count(),
                        .method = result.method(),
                        .changes_nothing = records.records_size() == 1};
    for (const auto& item : result.items()) logged.codes.push_back(item.code());
    const RequestId id{.client_uuid = *Uuid::FromBytes(result.request_id().client_uuid()),
                       .sequence = result.request_id().sequence()};
    std::vector<LoggedResult>& all = results_[id];
    all.push_back(std::move(logged));
    if (all.size() > 1) {
      violations_.Add(absl::StrFormat("request %s:%d was executed at offset %d and again at %d",
                                      id.client_uuid.ToString(), id.sequence,
                                      all.front().base_offset, all.back().base_offset));
    }
  }
}

bool CommittedLog::Compare(const std::string& source, const MetadataImage& snapshot) {
  const int64_t offset = snapshot.end_offset().value();
  if (offset > end_offset()) return false;
  const std::optional<MetadataImage> image = ImageAt(offset);
  {
    const std::lock_guard lock(mutex_);
    ++compared_snapshots_;
  }
  if (!image || image->last_epoch() != snapshot.last_epoch() ||
      StateHash(*image) != StateHash(snapshot)) {
    violations_.Add(absl::StrFormat(
        "%s serves a snapshot up to offset %d that is not the state of the log", source, offset));
  }
  return true;
}

CommittedLog::Position CommittedLog::end() const {
  const std::lock_guard lock(mutex_);
  const auto& [end_offset, image] = *images_.rbegin();
  return {.epoch = image.last_epoch().value(), .end_offset = end_offset};
}

size_t CommittedLog::batch_count() const {
  const std::lock_guard lock(mutex_);
  return batches_.size();
}

int CommittedLog::compared_snapshots() const {
  const std::lock_guard lock(mutex_);
  return compared_snapshots_;
}

std::optional<MetadataImage> CommittedLog::ImageAt(int64_t end_offset) const {
  const std::lock_guard lock(mutex_);
  const auto image = images_.find(end_offset);
  if (image == images_.end()) return std::nullopt;
  return image->second;
}

std::vector<LoggedResult> CommittedLog::ResultsOf(const RequestId& id) const {
  const std::lock_guard lock(mutex_);
  const auto results = results_.find(id);
  return results == results_.end() ? std::vector<LoggedResult>() : results->second;
}

}  // namespace quorate::testing
