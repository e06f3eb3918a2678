#include "tests/sim/process.h"

#include <utility>

#include "base/check.h"

namespace quorate::sim {

// The machine's disk as the driver sees it. It tells the checks what is durable, and the process
// may be killed at each call.
class Process::Log final : public raft::DurableLog {
 public:
  explicit Log(Process* process) : process_(*process) {}

  void Write(raft::LogWrite write, absl::AnyInvocable<void(absl::Status) &&> done) override {
    if (!process_.alive()) return;
    const raft::WriteId id = write.id;
    process_.log_store_->Write(
        std::move(write), [this, id, done = std::move(done)](const absl::Status& status) mutable {
          process_.host_.after_call();
          if (!process_.alive()) return;
          if (status.ok()) process_.surroundings_.invariants->OnDurable(process_.self(), id);
          std::move(done)(status);
        });
    process_.host_.after_call();
  }
  void Read(LogIndex from, LogIndex to, size_t max_bytes, ReadCallback done) override {
    if (!process_.alive()) return;
    process_.log_store_->Read(from, to, max_bytes, std::move(done));
    process_.host_.after_call();
  }
  void ReadFromOffset(RecordOffset offset, LogIndex to, size_t max_bytes,
                      ReadCallback done) override {
    if (!process_.alive()) return;
    process_.log_store_->ReadFromOffset(offset, to, max_bytes, std::move(done));
  }
  bool HasFreeSpace() const override { return process_.host_.has_free_space(); }

 private:
  Process& process_;
};

Process::Process(const Surroundings& surroundings, Host host)
    : surroundings_(surroundings),
      host_(std::move(host)),
      loop_executor_(surroundings.scheduler, &loop_, host_.clock),
      writer_(surroundings.scheduler, &disk_, host_.clock, host_.write_latency),
      reader_(surroundings.scheduler, &disk_, host_.clock, host_.read_latency),
      snapshot_executor_(surroundings.scheduler, &disk_, host_.clock, host_.write_latency),
      snapshots_({.files = host_.snapshot_files,
                  .executor = &snapshot_executor_,
                  .clock = host_.clock,
                  .actor = &loop_,
                  .after_call = [this] { host_.after_call(); }}),
      endpoint_(surroundings.network, &loop_,
                {.key = host_.options.self,
                 .peer_endpoint = host_.options.peer_endpoint,
                 .configured_voters = host_.options.configured_voters,
                 .observer = host_.options.observer,
                 .max_metadata_version = host_.options.max_metadata_version},
                [this] { host_.after_call(); }) {}

Process::~Process() = default;

absl::Status Process::Start(storage::RecoveredLog recovered) {
  RETURN_IF_ERROR(snapshots_.Open());
  recovered.restored.snapshot = snapshots_.Newest();
  const auto give_up = [this](const absl::Status& status) { GiveUp(status); };
  log_store_ = std::make_unique<storage::LogStore>(
      host_.kv, recovered,
      storage::LogStore::Options{.writer = &writer_, .reader = &reader_, .on_fatal = give_up});
  log_ = std::make_unique<Log>(this);
  ASSIGN_OR_RETURN(node_, raft::RaftNode::Create(host_.options, recovered.restored,
                                                 {.executor = &loop_executor_,
                                                  .clock = host_.clock,
                                                  .log = log_.get(),
                                                  .transport = &endpoint_,
                                                  .snapshots = &snapshots_,
                                                  .observer = this},
                                                 surroundings_.rng->Next(), give_up));
  user_.emplace(surroundings_, &snapshots_, self(), &loop_executor_, host_.clock, &loop_,
                node_.get());
  node_->Start(&*user_);
  endpoint_.Start(node_.get());
  return absl::OkStatus();
}

void Process::Kill() {
  Scheduler::End(&loop_);
  Scheduler::End(&disk_);
  endpoint_.Crash();
}

void Process::Stop(std::function<void()> done) { node_->Stop(std::move(done)); }

void Process::Pause() {
  if (std::exchange(stands_still_, true)) return;
  Scheduler::Pause(&loop_);
  Scheduler::Pause(&disk_);
  paused_at_ = host_.clock->Now();
}

void Process::Resume() {
  if (!std::exchange(stands_still_, false)) return;
  // If the process was killed meanwhile, its successor was not paused.
  if (loop_.alive()) {
    const MonoTime now = host_.clock->Now();
    surroundings_.invariants->OnResumed(self(), now, now - paused_at_);
  }
  surroundings_.scheduler->Resume(&loop_);
  surroundings_.scheduler->Resume(&disk_);
}

void Process::HangDisk() {
  if (!std::exchange(disk_hangs_, true)) Scheduler::Pause(&disk_);
}

void Process::ReleaseDisk() {
  if (std::exchange(disk_hangs_, false)) surroundings_.scheduler->Resume(&disk_);
}

void Process::OnEvent(const raft::RaftCore& core, MonoTime now, const raft::Event& event) {
  if (!alive()) return;
  surroundings_.trace->OnEvent(self().node_id, event);
  surroundings_.invariants->OnEvent(core, now, event);
}

void Process::OnStep(const raft::RaftCore& core, MonoTime now, const raft::StepResult& result) {
  if (!alive()) return;
  if (surroundings_.trace->enabled()) {
    for (const raft::Effect& effect : result.effects) {
      surroundings_.trace->OnEffect(self().node_id, effect);
    }
  }
  surroundings_.invariants->OnStep(core, now, result);
  core_gave_up_ =
      !result.effects.empty() && std::holds_alternative<raft::effect::Fatal>(result.effects.back());
}

void Process::GiveUp(absl::Status status) {
  if (!alive()) return;
  Kill();
  host_.on_fatal(std::move(status));
}

}  // namespace quorate::sim
