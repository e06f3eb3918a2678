#include "storage/quorum_recovery.h"

#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "storage/data_directory.h"
#include "storage/data_loss.h"
#include "storage/loss_watermark.h"
#include "storage/offline_log.h"
#include "storage/offline_write.h"
#include "storage/rocksdb_kv.h"

namespace quorate::storage {
namespace {

raft::LogEnd EndOf(const raft::RestoredLog& log) {
  if (log.last_entry) return raft::LogEnd::Of(*log.last_entry);
  return log.start ? raft::LogEnd::Of(*log.start) : raft::LogEnd();
}

// The highest epoch from which a survivor can continue. It leaves room for this recovery, some more
// recoveries, and elections.
constexpr Epoch kHighestKnown{raft::kMaxEpoch.value() - 100 * kRecoveryEpochGap};

absl::StatusOr<raft::VoterSet> GoverningVoters(const raft::RestoredLog& log) {
  if (const raft::VoterSet* latest = log.LatestVoters(); latest != nullptr) return *latest;
  if (log.founding_voters) return *log.founding_voters;
  return absl::FailedPreconditionError("this controller has never been in a quorum");
}

// Returns the survivor as a voter. It keeps its old endpoints if it was a voter.
raft::Voter SoleVoter(const DataDirectory& directory, const raft::VoterSet& former) {
  const NodeId self(directory.owner().node_id);
  const raft::Voter* before = former.FindByNodeId(self);
  raft::Voter voter = before == nullptr ? raft::Voter() : *before;
  voter.key = {.node_id = self, .directory_id = directory.directory_id()};
  return voter;
}

// Lowers the epoch of the watermark before the log goes back to a lower epoch. Otherwise a crash in
// between would look like a loss.
absl::Status LowerLossWatermark(const DataDirectory& directory, const RecoveredLog& recovered,
                                Epoch epoch) {
  LogState state = recovered.state;
  state.hard_state = {.epoch = epoch, .vote = std::nullopt};
  return LossWatermarkFile(directory.LossWatermarkPath()).Store(state);
}

absl::StatusOr<RecoveryResult> Recover(const DataDirectory& directory, RocksDbKv* kv,
                                       const RecoveryOrder& order) {
  ASSIGN_OR_RETURN(const RecoveredLog recovered, VerifyWholeLog(directory, *kv));
  const raft::RestoredLog& log = recovered.restored;
  ASSIGN_OR_RETURN(const raft::VoterSet former, GoverningVoters(log));
  const raft::LogEnd end = EndOf(log);
  ASSIGN_OR_RETURN(const Epoch epoch, RecoveryEpoch(log));
  RecoveryResult result{.former_voters = former, .kept = end};
  ASSIGN_OR_RETURN(
      result.entry,
      MakeVotersEntry(end, {.voters = raft::VoterSet({SoleVoter(directory, former)}),
                            .epoch = epoch,
                            .principal = order.principal,
                            .cause = absl::StrFormat(
                                "quorum recover: controller %d is the only voter, before: %s; %s",
                                directory.owner().node_id, ToText(former.NodeIds()), order.reason),
                            .now_ms = order.now_ms}));
  if (epoch < log.hard_state.epoch)
    RETURN_IF_ERROR(LowerLossWatermark(directory, recovered, epoch));
  RETURN_IF_ERROR(WriteOffline(
      directory, kv, recovered,
      {.hard_state = raft::HardState{.epoch = result.entry->epoch()}, .entries = {result.entry}}));
  return result;
}

}  // namespace

absl::StatusOr<Epoch> RecoveryEpoch(const raft::RestoredLog& log) {
  const Epoch in_log = EndOf(log).epoch;
  const Epoch known = std::max(log.hard_state.epoch, in_log);
  const Epoch last = known <= kHighestKnown ? known : in_log;
  if (last > kHighestKnown) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "the log has entries of epoch %d, which leaves no room for later epochs: no quorum can "
        "continue from it. Start a new cluster from its newest snapshot, with 'quoratectl snapshot "
        "restore'",
        last.value()));
  }
  return last + kRecoveryEpochGap;
}

bool HasBetterLog(const RecoveredLog& a, const RecoveredLog& b) {
  const auto rank = [](const RecoveredLog& log) {
    const raft::LogEnd end = EndOf(log.restored);
    return std::tuple(end.epoch, end.index, log.state.hard_state.epoch);
  };
  return rank(a) > rank(b);
}

absl::StatusOr<RecoveryResult> RecoverQuorum(const std::string& path, const RecoveryOrder& order) {
  ASSIGN_OR_RETURN(const std::unique_ptr<DataDirectory> directory, OpenControllerDirectory(path));
  absl::StatusOr<std::unique_ptr<RocksDbKv>> kv = RocksDbKv::Open({.path = directory->LogPath()});
  if (!kv.ok()) return ExplainLoss(*directory, kv.status());
  absl::StatusOr<RecoveryResult> result = Recover(*directory, kv->get(), order);
  if (!result.ok()) return ExplainLoss(*directory, result.status());
  return result;
}

}  // namespace quorate::storage
