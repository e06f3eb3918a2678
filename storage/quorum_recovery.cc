#include "storage/quorum_recovery.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/check.h"
#include "storage/data_directory.h"
#include "storage/data_loss.h"
#include "storage/log_appender.h"
#include "storage/offline_log.h"
#include "storage/rocksdb_kv.h"
#include "storage/watermark.h"

namespace quorate::storage {
namespace {

// What an entry can hold is more; nobody reads that much.
constexpr size_t kMaxReasonBytes = 1000;

raft::LogEnd EndOf(const raft::RestoredLog& log) {
  if (log.last_entry) return raft::LogEnd::Of(*log.last_entry);
  return log.start ? raft::LogEnd::Of(*log.start) : raft::LogEnd();
}

std::string Join(const std::vector<NodeId>& ids) {
  return absl::StrJoin(ids, ",", [](std::string* out, NodeId id) { *out += ToString(id); });
}

absl::StatusOr<raft::VoterSet> GoverningVoters(const raft::RestoredLog& log) {
  if (const raft::VoterSet* latest = log.LatestVoters(); latest != nullptr) return *latest;
  if (log.founding_voters) return *log.founding_voters;
  return absl::FailedPreconditionError("this controller has never been in a quorum");
}

// Its old endpoint if it was a voter.
raft::Voter SoleVoter(const DataDirectory& directory, const raft::VoterSet& former) {
  const NodeId self(directory.owner().node_id);
  const raft::Voter* before = former.FindByNodeId(self);
  return {.key = {.node_id = self, .directory_id = directory.directory_id()},
          .peer_endpoint = before == nullptr ? std::string() : before->peer_endpoint};
}

absl::StatusOr<RecoveryResult> Recover(const DataDirectory& directory, RocksDbKv* kv,
                                       const RecoveryOrder& order) {
  ASSIGN_OR_RETURN(const RecoveredLog recovered, VerifyWholeLog(directory, *kv));
  const raft::RestoredLog& log = recovered.restored;
  ASSIGN_OR_RETURN(raft::VoterSet former, GoverningVoters(log));
  const raft::LogEnd end = EndOf(log);
  const Epoch known = std::max(log.hard_state.epoch, end.epoch);
  if (known.value() > std::numeric_limits<int32_t>::max() - 2 * kRecoveryEpochGap) {
    return absl::FailedPreconditionError(
        absl::StrFormat("epoch %d leaves no room for another", known.value()));
  }
  const raft::VoterSet voters({SoleVoter(directory, former)});
  raft::EntryHeader header{
      .type = raft::EntryType::kVoters,
      .epoch = Epoch(known.value() + kRecoveryEpochGap),
      .index = end.index + 1,
      .base_offset = end.offset,
      .append_time_ms = std::max(end.append_time_ms, order.now_ms),
      .principal = order.principal,
      .cause = absl::StrFormat("quorum recover: controller %d is the only voter, before: %s; %s",
                               directory.owner().node_id, Join(former.NodeIds()), order.reason),
      .prev_checksum = end.checksum};
  RecoveryResult result{.former_voters = std::move(former),
                        .kept = end,
                        .entry = raft::Entry::Make(std::move(header), voters.Encode())};
  const raft::LogWrite write{.hard_state = raft::HardState{.epoch = result.entry->epoch()},
                             .entries = {result.entry}};
  LogAppender appender(kv, recovered);
  RETURN_IF_ERROR(appender.Apply({&write}));
  RETURN_IF_ERROR(WatermarkFile(directory.WatermarkPath()).Store(appender.state()));
  return result;
}

}  // namespace

bool HasBetterLog(const RecoveredLog& a, const RecoveredLog& b) {
  const auto rank = [](const RecoveredLog& log) {
    const raft::LogEnd end = EndOf(log.restored);
    return std::tuple(end.epoch, end.index, log.state.hard_state.epoch);
  };
  return rank(a) > rank(b);
}

absl::StatusOr<RecoveryResult> RecoverQuorum(const std::string& path, const RecoveryOrder& order) {
  if (order.reason.size() + order.principal.size() > kMaxReasonBytes) {
    return absl::InvalidArgumentError(
        absl::StrFormat("a reason has at most %d characters", kMaxReasonBytes));
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<DataDirectory> directory, OpenControllerDirectory(path));
  absl::StatusOr<std::unique_ptr<RocksDbKv>> kv = RocksDbKv::Open({.path = directory->LogPath()});
  if (!kv.ok()) return ExplainLoss(*directory, kv.status());
  absl::StatusOr<RecoveryResult> result = Recover(*directory, kv->get(), order);
  if (!result.ok()) return ExplainLoss(*directory, result.status());
  return result;
}

}  // namespace quorate::storage
