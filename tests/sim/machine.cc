#include "tests/sim/machine.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/log_recovery.h"
#include "storage/watermark.h"

namespace quorate::sim {
namespace {

// As storage::ControllerLog::Options.
constexpr Duration kHousekeepingInterval = std::chrono::seconds(1);

}  // namespace

Machine::Machine(const Surroundings& surroundings, NodeId id, std::vector<NodeId> voters)
    : surroundings_(surroundings),
      id_(id),
      voters_(std::move(voters)),
      key_{.node_id = id, .directory_id = Uuid::Random(*surroundings.rng)},
      clock_(surroundings.scheduler),
      disk_(std::make_unique<storage::MemoryKv>()) {
  SaveWatermark();
}

void Machine::Start() {
  if (up()) return;
  if (absl::Status status = TryStart(); !status.ok()) {
    OnEnded();
    surroundings_.fail(
        absl::StrCat("controller ", id_.value(), " does not start: ", status.ToString()));
  }
}

absl::Status Machine::TryStart() {
  ASSIGN_OR_RETURN(const storage::RecoveredLog recovered, storage::RecoverLog(*disk_));
  if (watermark_) RETURN_IF_ERROR(CheckAgainstWatermark(recovered.state, *watermark_));
  raft::RaftOptions options = surroundings_.swarm->raft;
  options.self = key_;
  options.peer_endpoint = absl::StrCat("controller-", id_.value(), ":9093");
  options.configured_voters = voters_;
  processes_.push_back(std::make_unique<Process>(
      surroundings_, Process::Host{.options = std::move(options),
                                   .clock = &clock_,
                                   .kv = disk_.get(),
                                   .has_free_space = [this] { return !disk_is_full_; },
                                   .after_call = [this] { AfterPortCall(); },
                                   .on_fatal =
                                       [this](const absl::Status& status) {
                                         Note(absl::StrCat("gives up: ", status.ToString()));
                                         OnEnded();
                                       }}));
  process_ = processes_.back().get();
  return process_->Start(recovered);
}

void Machine::Crash(const std::string& why) {
  if (!up()) return;
  Note(why);
  process_->Kill();
  OnEnded();
}

void Machine::Stop() {
  if (!up()) return;
  Note("is stopped");
  process_->Stop([this, process = process_] {
    // Not within its own call.
    surroundings_.scheduler->After(Duration(0), [this, process] {
      if (process == process_) Crash("has stopped");
    });
  });
}

void Machine::OnEnded() {
  process_ = nullptr;
  disk_->Crash();
  const Duration pause =
      RandomBetween(*surroundings_.rng, Duration(0), surroundings_.swarm->restart_max);
  surroundings_.scheduler->After(pause, [this] {
    if (supervised_) Start();
  });
}

void Machine::AfterPortCall() {
  if (crash_ppm_ == 0 || surroundings_.rng->Below(1'000'000) >= crash_ppm_) return;
  Crash("crashes in the middle");
}

void Machine::SaveWatermark() {
  if (up() && !process_->paused()) watermark_ = process_->DurableState();
  surroundings_.scheduler->After(kHousekeepingInterval, [this] { SaveWatermark(); });
}

void Machine::Note(const std::string& what) {
  if (surroundings_.trace->enabled()) {
    surroundings_.trace->Line(absl::StrCat("* controller ", id_.value(), " ", what));
  }
}

}  // namespace quorate::sim
