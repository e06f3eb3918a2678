#include "cli/quorum_recover.h"

#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/clock.h"
#include "cli/operator_name.h"
#include "cli/text.h"
#include "storage/offline_log.h"
#include "storage/quorum_recovery.h"

namespace quorate::cli {
namespace {

struct Arguments {
  std::vector<std::string> data_dirs;
  std::string reason;
  bool yes = false;
};

// A surviving data directory and its log.
struct Survivor {
  std::string path;
  int32_t node_id = 0;
  storage::RecoveredLog log;
};

std::string Join(const std::vector<NodeId>& ids) {
  return absl::StrJoin(ids, ", ", [](std::string* out, NodeId id) { *out += ToString(id); });
}

// Opens, verifies and closes a data directory, because only one process may use it at a time.
absl::StatusOr<Survivor> Inspect(const std::string& path) {
  ASSIGN_OR_RETURN(const std::unique_ptr<storage::OfflineLog> log, storage::OfflineLog::Open(path));
  Survivor survivor{.path = path, .node_id = log->directory().owner().node_id};
  ASSIGN_OR_RETURN(survivor.log, log->Verify());
  return survivor;
}

const raft::VoterSet* VotersOf(const Survivor& survivor) {
  const raft::RestoredLog& log = survivor.log.restored;
  if (const raft::VoterSet* latest = log.LatestVoters(); latest != nullptr) return latest;
  return log.founding_voters ? &*log.founding_voters : nullptr;
}

// Returns an error if the quorum is not lost and therefore must not be rebuilt.
absl::Status CheckQuorumIsGone(const std::vector<Survivor>& survivors, const Survivor& best) {
  const raft::VoterSet* voters = VotersOf(best);
  if (voters == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrFormat("controller %d in %s has never been in a quorum", best.node_id, best.path));
  }
  size_t alive = 0;
  for (const Survivor& survivor : survivors) {
    // A controller in the last possible epoch can neither stand for election nor elect another one.
    const bool can_elect = survivor.log.state.hard_state.epoch < raft::kMaxEpoch;
    if (can_elect && voters->FindByNodeId(NodeId(survivor.node_id)) != nullptr) ++alive;
  }
  if (alive < voters->Majority()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrFormat(
      "%d of the %d voters have an intact log, which is a majority: nothing is lost. Start these "
      "controllers to restore the quorum",
      alive, voters->size()));
}

// Returns which changes are kept, and which may be lost because only other controllers had them.
std::string LossText(const Survivor& best) {
  std::vector<NodeId> lost;
  for (const NodeId id : VotersOf(best)->NodeIds()) {
    if (id != NodeId(best.node_id)) lost.push_back(id);
  }
  const raft::EntryPtr& last = best.log.restored.last_entry;
  const std::string kept =
      last ? absl::StrFormat("everything up to offset %d (epoch %d, %s)",
                             last->end_offset().value() - 1, last->epoch().value(),
                             TimeText(last->header().append_time_ms))
           : "the snapshot alone";
  return absl::StrFormat(
      "Kept: %s, with the last changes even if they were never acknowledged.\n"
      "May be lost: later changes that controllers %s acknowledged without controller %d.\n",
      kept, Join(lost), best.node_id);
}

std::string NextSteps(const Survivor& best, const storage::RecoveryResult& result) {
  return absl::StrFormat(
      "Controller %d is the only voter from epoch %d on.\n"
      "1. Empty the data directories of the other former voters (of %s). Never start one of them "
      "with its old data, because it does not know the new quorum.\n"
      "2. Start controller %d with its configuration unchanged.\n"
      "3. Start the others with empty data directories and --observer, and make each a voter: "
      "'quoratectl quorum add NODE'.\n",
      best.node_id, result.entry->epoch().value(), Join(result.former_voters.NodeIds()),
      best.node_id);
}

Json ToJson(const Survivor& best, const storage::RecoveryResult* result) {
  const raft::EntryPtr& last = best.log.restored.last_entry;
  return {{"data_dir", best.path},
          {"node_id", best.node_id},
          {"end_offset", last ? Json(last->end_offset().value()) : Json(nullptr)},
          {"epoch", last ? Json(last->epoch().value()) : Json(nullptr)},
          {"append_time_ms", last ? Json(last->header().append_time_ms) : Json(nullptr)},
          {"recovered", result != nullptr},
          {"new_epoch", result != nullptr ? Json(result->entry->epoch().value()) : Json(nullptr)}};
}

ExitCode Recover(Session& session, const Arguments& arguments) {
  std::vector<Survivor> survivors;
  for (const std::string& path : arguments.data_dirs) {
    absl::StatusOr<Survivor> survivor = Inspect(path);
    if (absl::IsDataLoss(survivor.status()) && arguments.data_dirs.size() > 1) {
      session.Complain("skipped: " + std::string(survivor.status().message()));
      continue;
    }
    if (!survivor.ok()) return session.Fail(survivor.status());
    survivors.push_back(*std::move(survivor));
  }
  if (survivors.empty()) {
    return session.Fail(absl::DataLossError("none of the directories contains an intact log"));
  }
  const Survivor* best = &survivors.front();
  for (const Survivor& survivor : survivors) {
    if (HasBetterLog(survivor.log, best->log)) best = &survivor;
  }
  if (const absl::Status gone = CheckQuorumIsGone(survivors, *best); !gone.ok()) {
    return session.Fail(gone);
  }
  const absl::StatusOr<Epoch> epoch = storage::RecoveryEpoch(best->log.restored);
  if (!epoch.ok()) return session.Fail(epoch.status());
  session.Say(absl::StrFormat("Continuing with controller %d, %s.", best->node_id, best->path));
  if (!session.json()) session.out() << LossText(*best);
  if (!arguments.yes) {
    if (session.json()) session.out() << JsonText(ToJson(*best, nullptr));
    session.Say(
        "Nothing was changed. If the other voters are lost permanently, repeat with --yes.");
    return ExitCode::kDone;
  }
  const auto result = storage::RecoverQuorum(
      best->path,
      {.principal = OperatorName(), .reason = arguments.reason, .now_ms = SystemClock().WallMs()});
  if (!result.ok()) return session.Fail(result.status());
  session.out() << (session.json() ? JsonText(ToJson(*best, &*result)) : NextSteps(*best, *result));
  return ExitCode::kDone;
}

}  // namespace

void AddQuorumRecover(CommandLine& line, CLI::App* quorum) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* verb = line.AddCommand(
      quorum,
      {.name = "recover",
       .summary = "rebuild the quorum from one controller if a majority is lost",
       .description =
           "This is the last resort. If a majority of the voters can be started, or their data "
           "directories restored, do that instead. The command works on data directories of "
           "stopped controllers. It chooses the one with the longest log (by epoch, then length), "
           "makes its controller the only voter, and prints what is kept and what may be lost: "
           "changes that only the lost controllers had acknowledged. Run it on the machine with "
           "the directory; 'quoratectl log verify' prints how far each log goes.\n"
           "Without --yes nothing is changed. With --yes, an entry in the log permanently records "
           "who did this, when and why ('quoratectl log dump').",
       .examples =
           {"quoratectl quorum recover --data-dir /var/lib/quorate --reason 'racks 2 and 3 burnt'",
            "quoratectl quorum recover --data-dir /var/lib/quorate --reason 'racks 2 and 3 burnt' "
            "--yes",
            "quoratectl quorum recover --data-dir /mnt/disk1 --data-dir /mnt/disk2 --reason "
            "'five lost three'"}},
      CommonFlags::kOutput, [arguments](Session& session) { return Recover(session, *arguments); });
  verb->add_option("--data-dir", arguments->data_dirs,
                   "The data directory of a stopped controller. Repeat it for each survivor.")
      ->type_name("DIR")
      ->required();
  verb->add_option("--reason", arguments->reason, "The reason, which is written to the log.")
      ->type_name("TEXT")
      ->required();
  verb->add_flag("--yes", arguments->yes,
                 "Recover the quorum. Afterwards the logs of the other voters are useless.");
}

}  // namespace quorate::cli
