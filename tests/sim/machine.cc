#include "tests/sim/machine.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "metadata/metadata_image.h"
#include "storage/key_layout.h"
#include "storage/log_recovery.h"
#include "storage/loss_watermark.h"
#include "storage/snapshot_names.h"

namespace quorate::sim {
namespace {

// The same value as in storage::ControllerLog::Options.
constexpr Duration kHousekeepingInterval = std::chrono::seconds(1);
// The factor by which a slow disk is slower.
constexpr int kSlowness = 100;
// A power loss leaves fewer than this many unsynced bytes of a file.
constexpr uint64_t kTornBytes = 200;

}  // namespace

Machine::Machine(const Surroundings& surroundings, NodeId id)
    : surroundings_(surroundings),
      id_(id),
      is_observer_(id.value() > surroundings.swarm->voters),
      key_{.node_id = id, .directory_id = Uuid::Random(*surroundings.rng)},
      clock_(surroundings.scheduler),
      disk_(std::make_unique<Disk>()) {
  SaveLossWatermark();
}

raft::Voter Machine::voter() const {
  return {.key = key_, .peer_endpoint = absl::StrCat("controller-", id_.value(), ":9093")};
}

void Machine::Start() {
  if (up()) return;
  if (absl::Status status = TryStart(); !status.ok()) {
    if (process_ != nullptr) process_->Kill();
    OnFatal(status);
  }
}

absl::Status Machine::TryStart() {
  ASSIGN_OR_RETURN(storage::RecoveredLog recovered, storage::RecoverLog(disk_->log));
  if (watermark_) RETURN_IF_ERROR(CheckAgainstLossWatermark(recovered.state, *watermark_));
  raft::RaftOptions options = surroundings_.swarm->raft;
  options.self = key_;
  options.peer_endpoint = voter().peer_endpoint;
  options.observer = is_observer_;
  options.max_metadata_version = metadata::kLatestMetadataVersion;
  // A node that joins later gets the addresses of all controllers.
  const Swarm& swarm = *surroundings_.swarm;
  options.configured_voters = is_observer_ ? swarm.Everybody() : swarm.Founders();
  processes_.push_back(std::make_unique<Process>(
      surroundings_, Process::Host{.options = std::move(options),
                                   .clock = &clock_,
                                   .kv = &disk_->log,
                                   .snapshot_files = &disk_->snapshots,
                                   .has_free_space = [this] { return !disk_is_full_; },
                                   .write_latency = [this] { return WriteLatency(); },
                                   .read_latency = [this] { return ReadLatency(); },
                                   .after_call = [this] { AfterPortCall(); },
                                   .on_fatal = [this](const auto& status) { OnFatal(status); }}));
  process_ = processes_.back().get();
  return process_->Start(std::move(recovered));
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
    // The process must not be destroyed within its own call.
    surroundings_.scheduler->After(Duration(0), [this, process] {
      if (process == process_) Crash("has stopped");
    });
  });
}

void Machine::OnFatal(const absl::Status& status) {
  Note(absl::StrCat("gives up: ", status.ToString()));
  // If the core decided to end, the invariants check whether that was correct.
  const bool is_judged = process_ != nullptr && process_->core_gave_up();
  if (!is_judged && !write_fails_ && !damaged()) {
    surroundings_.fail(absl::StrCat("controller ", id_.value(), " gives up: ", status.ToString()));
  }
  OnEnded();
}

void Machine::OnEnded() {
  process_ = nullptr;
  disk_->log.Crash();
  disk_->snapshots.Crash(surroundings_.rng->Below(kTornBytes));
  write_fails_ = false;
  const Duration pause =
      RandomBetween(*surroundings_.rng, Duration(0), surroundings_.swarm->restart_max);
  surroundings_.scheduler->After(pause, [this] {
    if (supervised_) Start();
  });
}

Duration Machine::WriteLatency() const {
  const Swarm& swarm = *surroundings_.swarm;
  return RandomBetween(*surroundings_.rng, swarm.write_min, swarm.write_max) *
         (disk_is_slow_ ? kSlowness : 1);
}

Duration Machine::ReadLatency() const {
  return RandomBetween(*surroundings_.rng, Duration(1), surroundings_.swarm->read_max) *
         (disk_is_slow_ ? kSlowness : 1);
}

void Machine::FailNextWrite(storage::MemoryKv::FailedWrite left_behind) {
  if (!up()) return;
  write_fails_ = true;
  disk_->log.FailWrites(left_behind);
}

void Machine::RepairDisk() {
  disk_is_full_ = disk_is_slow_ = false;
  if (up()) process_->ReleaseDisk();
}

void Machine::StartOrResume() {
  if (!up()) return Start();
  process_->Resume();
}

void Machine::WipeDisk() {
  Crash("loses its disk, and gets an empty one");
  SetDamaged();
  old_disks_.push_back(std::exchange(disk_, std::make_unique<Disk>()));
  watermark_.reset();
  key_.directory_id = Uuid::Random(*surroundings_.rng);
  is_observer_ = true;
}

void Machine::FlipBit() {
  SetDamaged();
  const auto family =
      surroundings_.rng->Below(8) == 0 ? storage::KvFamily::kMeta : storage::KvFamily::kLog;
  const std::vector<std::string> keys = disk_->log.Keys(family);
  if (keys.empty()) return;
  const std::string& key = keys[surroundings_.rng->Below(keys.size())];
  disk_->log.FlipBit(family, key,
                     surroundings_.rng->Below((*disk_->log.Get(family, key))->size() * 8));
}

void Machine::MisdirectWrite() {
  SetDamaged();
  const std::vector<std::string> keys = disk_->log.Keys(storage::KvFamily::kLog);
  if (keys.size() < 2) return;
  const size_t from = surroundings_.rng->Below(keys.size());
  const size_t to = (from + 1 + surroundings_.rng->Below(keys.size() - 1)) % keys.size();
  disk_->log.Misdirect(storage::KvFamily::kLog, keys[from], keys[to]);
}

void Machine::DamageSnapshot() {
  const auto ids = storage::ListSnapshots(disk_->snapshots);
  if (ids->empty()) return;
  SetDamaged();
  Crash("crashes, and its newest snapshot is damaged");
  const std::string name = storage::SnapshotName(ids->back());
  disk_->snapshots.FlipBit(name, surroundings_.rng->Below(**disk_->snapshots.Size(name) * 8));
}

void Machine::SetDamaged() {
  surroundings_.electorate->OnLost(key_);
  surroundings_.invariants->MayGiveUp(key_);
}

bool Machine::founded() const {
  return is_observer_ ||
         disk_->log.Get(storage::KvFamily::kMeta, storage::kFoundingVotersKey)->has_value();
}

void Machine::AfterPortCall() {
  if (crash_ppm_ == 0 || surroundings_.rng->Below(1'000'000) >= crash_ppm_) return;
  Crash("crashes in the middle");
}

void Machine::SaveLossWatermark() {
  if (up() && !process_->paused()) watermark_ = process_->DurableState();
  surroundings_.scheduler->After(kHousekeepingInterval, [this] { SaveLossWatermark(); });
}

void Machine::Note(const std::string& what) {
  if (surroundings_.trace->enabled()) {
    surroundings_.trace->Line(absl::StrCat("* controller ", id_.value(), " ", what));
  }
}

}  // namespace quorate::sim
