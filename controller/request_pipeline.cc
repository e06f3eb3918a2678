#include "controller/request_pipeline.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "controller/decide/activation.h"
#include "metadata/replay.h"

namespace quorate::controller {
namespace {

constexpr size_t kMaxParked = 1'000;
// How many parked requests are decided in one task.
constexpr size_t kReleasedPerTask = 10;
constexpr int64_t kFullRetryAfterMs = 50;
constexpr int64_t kDiskFullRetryAfterMs = 1'000;
constexpr Duration kFrozenRetry = std::chrono::milliseconds(50);
// The most bytes of entries that the loop replays in one task: a few milliseconds of work. An entry
// with more bytes of records is replayed on the worker.
constexpr size_t kMostBytesOnLoop = 32 << 10;
// How soon a large change tries again if the log has no room for its next part.
constexpr Duration kNoRoomPause = std::chrono::milliseconds(10);

common::v1::Error Exhausted(std::string message, int64_t retry_after_ms) {
  common::v1::Error error = MakeError(common::v1::RESOURCE_EXHAUSTED, std::move(message));
  error.set_retry_after_ms(retry_after_ms);
  return error;
}

}  // namespace

RequestPipeline::RequestPipeline(NodeId self, uint64_t seed, const RequestLimits& limits,
                                 TokenBucket::Options remembered_limit,
                                 PartitionQuota partition_quota, const ControllerPorts& ports,
                                 std::function<void()> resume)
    : self_(self),
      limits_(limits),
      executor_(ports.executor),
      clock_(ports.clock),
      log_(ports.log),
      observer_(ports.image_observer),
      worker_(ports.worker),
      resume_(std::move(resume)),
      rng_(seed),
      remembered_limit_(remembered_limit),
      partition_quota_(std::move(partition_quota)),
      parked_(kMaxParked),
      confirmation_(executor_, clock_, log_),
      deadline_alarm_(executor_, [this] { ExpireDeadlines(); }),
      retry_alarm_(executor_, [this] { ReleaseParked(); }),
      next_part_alarm_(executor_, [this] { RunNextPart(); }) {}

void RequestPipeline::Load(std::function<metadata::MetadataImage()> load) {
  CHECK(!replaying_ && images_.empty());
  // The loaded image shares nothing with the one before, so its counts begin anew.
  const auto replay = [load = std::move(load)](Replayed* state) {
    state->images.Load(load());
    state->tally = PartitionTally();
    state->tally.AdvanceTo(state->images.committed());
  };
  if (worker_ != nullptr) return ReplayOnWorker(replay, [this] { ApplyCommitted(); });
  Replayed loaded;
  replay(&loaded);
  images_ = std::move(loaded.images);
  committed_tally_ = std::move(loaded.tally);
  ApplyCommitted();
}

void RequestPipeline::Committed(const std::vector<raft::EntryPtr>& entries) {
  CHECK(!replaying_);
  to_apply_.insert(to_apply_.end(), entries.begin(), entries.end());
  ApplyEntries();
}

void RequestPipeline::ReplayOnWorker(std::function<void(Replayed*)> replay,
                                     std::function<void()> then) {
  CHECK(images_.empty());
  replaying_ = true;
  auto state = std::make_shared<Replayed>(Replayed{.images = images_, .tally = committed_tally_});
  worker_->Post([this, executor = executor_, state = std::move(state), replay = std::move(replay),
                 then = std::move(then)]() mutable {
    replay(state.get());
    executor->Post([this, state = std::move(state), then = std::move(then)]() mutable {
      replaying_ = false;
      std::swap(images_, state->images);
      std::swap(committed_tally_, state->tally);
      // Freed on the worker, because freeing a whole image takes milliseconds.
      worker_->Post([state = std::move(state)] {});
      then();
      resume_();
    });
  });
}

void RequestPipeline::ApplyEntries() {
  const auto check = [](const raft::Entry& entry, const absl::Status& status) {
    LOG_IF(FATAL, !status.ok()) << "cannot apply the metadata log: entry at offset "
                                << entry.header().base_offset << " of epoch " << entry.epoch()
                                << " (" << entry.header().cause << "): " << status;
  };
  const auto observe = [this](const raft::Entry& entry) {
    if (observer_ != nullptr) observer_->OnApplied(entry, committed());
  };
  size_t replayed_bytes = 0;
  while (!to_apply_.empty()) {
    const raft::EntryPtr entry = to_apply_.front();
    // Own entries have been replayed already.
    const size_t bytes = images_.empty() ? entry->encoded().size() : 0;
    if (worker_ != nullptr && bytes > 0) {
      if (entry->payload().size() > kMostBytesOnLoop) {
        to_apply_.pop_front();
        const auto replay = [entry, check](Replayed* state) {
          check(*entry, state->images.Commit(*entry));
          state->tally.AdvanceTo(state->images.committed());
        };
        ReplayOnWorker(replay, [this, entry, observe] {
          observe(*entry);
          ApplyEntries();
        });
        break;
      }
      if (replayed_bytes > 0 && replayed_bytes + bytes > kMostBytesOnLoop) {
        replaying_ = true;
        executor_->Post([this] {
          replaying_ = false;
          ApplyEntries();
          resume_();
        });
        break;
      }
      replayed_bytes += bytes;
    }
    to_apply_.pop_front();
    check(*entry, images_.Commit(*entry));
    observe(*entry);
  }
  ApplyCommitted();
}

void RequestPipeline::ApplyCommitted() {
  while (!prepared_tallies_.empty() &&
         prepared_tallies_.front().first <= committed().end_offset()) {
    committed_tally_ = std::move(prepared_tallies_.front().second);
    prepared_tallies_.pop_front();
  }
  committed_tally_.AdvanceTo(committed());
  deferred_.Release(committed().end_offset());
  readers_.Release(committed().end_offset());
}

void RequestPipeline::LeaderChanged(Epoch epoch, std::optional<NodeId> leader) {
  leadership_ = {.epoch = epoch, .leader = leader, .since_ms = leader ? clock_->WallMs() : 0};
  if (role_ == Role::kStopped || is_active()) return;  // Renounce ends the active role
  role_ = leader == self_ ? Role::kClaiming : Role::kStandby;
  if (role_ == Role::kStandby) parked_.FailAll(NotController());
}

void RequestPipeline::Claim(Epoch epoch, RecordOffset end_offset, bool has_voters,
                            const raft::VoterSet& voters) {
  if (role_ == Role::kStopped) return;
  CHECK(!is_active()) << "claimed epoch " << epoch << " while active in " << claimed_epoch_;
  CHECK(images_.empty());
  CHECK_EQ(committed().end_offset().value(), end_offset.value())
      << "the barrier of epoch " << epoch << " is not the last entry applied";
  role_ = Role::kActive;
  claimed_epoch_ = epoch;
  newest_tally_ = committed_tally_;
  voters_ = voters;
  voters_end_offset_ = RecordOffset();
  LOG(INFO) << "active controller in epoch " << epoch << " from offset " << end_offset << ": "
            << committed().topic_count() << " topics, " << committed().partition_count()
            << " partitions, " << committed().brokers().size() << " brokers";
  for (ActivationEntry& entry : DecideActivation(committed(), has_voters, voters)) {
    if (entry.type == raft::EntryType::kRecords) entry.payload = entry.records.SerializeAsString();
    Propose({.type = entry.type, .payload = std::move(entry.payload), .cause = entry.cause},
            entry.records);
    if (entry.type == raft::EntryType::kVoters) voters_end_offset_ = newest().end_offset();
  }
}

void RequestPipeline::Renounce(Epoch epoch) {
  if (!is_active() || epoch != claimed_epoch_) return;
  LOG(INFO) << "no longer the active controller of epoch " << epoch << "; " << deferred_.size()
            << " answers were not committed, " << confirmation_.size() << " not confirmed";
  role_ = Role::kStandby;
  if (leadership_.leader == self_) leadership_ = {.epoch = leadership_.epoch};
  DropUncommitted();
  FailAll(NotController());
}

void RequestPipeline::Pause(Epoch epoch) {
  if (role_ != Role::kActive || epoch != claimed_epoch_) return;
  role_ = Role::kPaused;
  if (large_request_) {
    pause_to_confirm_ = epoch;
  } else {
    log_->ConfirmPause(epoch);
  }
}

void RequestPipeline::Resume(Epoch epoch) {
  pause_to_confirm_.reset();
  if (role_ != Role::kPaused || epoch != claimed_epoch_) return;
  role_ = Role::kActive;
  if (next_part_) next_part_alarm_.FireBy(clock_->Now());
}

void RequestPipeline::Release(size_t count) {
  for (size_t i = 0; i < kReleasedPerTask && count > 0 && !parked_.empty(); ++i, --count) {
    if (role_ != Role::kActive) return;
    Admit(parked_.TakeFirst());
  }
  if (count > 0 && !parked_.empty()) executor_->Post([this, count] { Release(count); });
}

void RequestPipeline::Stop() {
  role_ = Role::kStopped;
  // What was decided may still be committed. It is then replayed like another leader's entry.
  DropUncommitted();
  const common::v1::Error error = NotController();
  FailAll(error);
  readers_.FailAll(error);
  deadline_alarm_.Cancel();
  retry_alarm_.Cancel();
}

void RequestPipeline::ScheduleNextPart(NextPart next_part) {
  CHECK(!next_part_) << "one large change at a time";
  next_part_ = std::move(next_part);
  next_part_alarm_.FireBy(clock_->Now());
}

void RequestPipeline::RunNextPart() {
  // A pause may end, so the next part is kept. Renounce drops it.
  if (!next_part_ || role_ != Role::kActive) return;
  if (log_->admission() != raft::Admission::kOpen) {
    next_part_alarm_.FireBy(clock_->Now() + kNoRoomPause);
    return;
  }
  // Moved out of `next_part_`, because the part itself may append.
  NextPart next_part = std::exchange(next_part_, nullptr);
  if (next_part(std::nullopt)) return ScheduleNextPart(std::move(next_part));
  ReleaseParked();
}

void RequestPipeline::DropUncommitted() {
  images_.Drop();
  prepared_tallies_.clear();
  pause_to_confirm_.reset();
}

void RequestPipeline::FailAll(const common::v1::Error& error) {
  // The result of the worker is discarded.
  if (large_request_) std::exchange(large_request_, nullptr)(error);
  if (NextPart next_part = std::exchange(next_part_, nullptr)) next_part(error);
  parked_.FailAll(error);
  confirmation_.FailAll(error);
  deferred_.FailAll(error);
}

void RequestPipeline::Defer(bool must_confirm, RecordOffset end_offset,
                            DeferredReplies::Waiting waiting) {
  if (must_confirm) {
    const MonoTime deadline = waiting.deadline;
    const common::v1::Outcome outcome = waiting.outcome;
    Continuation then = [this, end_offset, waiting = std::move(waiting)](
                            std::optional<common::v1::Error> error) mutable {
      if (error) return std::move(waiting.done)(*std::move(error));
      Defer(/*must_confirm=*/false, end_offset, std::move(waiting));
    };
    confirmation_.Add({.deadline = deadline, .outcome = outcome, .done = std::move(then)});
    deadline_alarm_.FireBy(confirmation_.next_deadline());
    return;
  }
  deferred_.Add(end_offset, std::move(waiting));
  deferred_.Release(committed().end_offset());
  deadline_alarm_.FireBy(deferred_.next_deadline());
}

void RequestPipeline::Admit(PendingRequest request) {
  if (role_ == Role::kStandby || role_ == Role::kStopped) {
    std::move(request.proceed)(NotController());
    return;
  }
  const Epoch epoch = role_ == Role::kClaiming ? leadership_.epoch : claimed_epoch_;
  if (request.epoch != Epoch() && request.epoch != epoch) {
    std::move(request.proceed)(
        MakeError(common::v1::NOT_CONTROLLER,
                  absl::StrFormat("the request is for epoch %d, this controller leads in epoch %d",
                                  request.epoch.value(), epoch.value())));
    return;
  }
  if (request.deadline <= clock_->Now()) {
    std::move(request.proceed)(MakeError(common::v1::REQUEST_TIMED_OUT,
                                         "the deadline passed before the request was decided"));
    return;
  }
  const auto park = [&] {
    parked_.Park(std::move(request));
    deadline_alarm_.FireBy(parked_.next_deadline());
  };
  const bool may_not_append = role_ == Role::kPaused || large_request_ || next_part_;
  if (role_ == Role::kClaiming || (may_not_append && request.waits_for_log)) return park();
  if (request.is_large && clock_->Now() < next_large_at_) {
    park();
    return retry_alarm_.FireBy(next_large_at_);
  }
  switch (request.waits_for_log ? log_->admission() : raft::Admission::kOpen) {
    case raft::Admission::kOpen:
      std::move(request.proceed)(std::nullopt);
      break;
    case raft::Admission::kFull:
      admission_metrics_.log_full.Add();
      std::move(request.proceed)(Exhausted(
          "too many bytes of the metadata log are not committed yet; retry", kFullRetryAfterMs));
      break;
    case raft::Admission::kDiskFull:
      admission_metrics_.disk_full.Add();
      std::move(request.proceed)(
          Exhausted("the disk of the active controller has less free space than its "
                    "--min-free-disk-bytes ('quoratectl status' shows both); free some space",
                    kDiskFullRetryAfterMs));
      break;
    case raft::Admission::kFrozen:
      park();
      retry_alarm_.FireBy(clock_->Now() + kFrozenRetry);
      break;
  }
}

bool RequestPipeline::MayAppend() const {
  return role_ == Role::kActive && !large_request_ && !next_part_ &&
         log_->admission() == raft::Admission::kOpen;
}

void RequestPipeline::WhenCommitted(RecordOffset end_offset, MonoTime deadline, Continuation done) {
  if (role_ == Role::kStopped) return std::move(done)(NotController());
  readers_.Add(end_offset, {.deadline = deadline, .done = std::move(done)});
  readers_.Release(committed().end_offset());
  deadline_alarm_.FireBy(readers_.next_deadline());
}

Context RequestPipeline::MakeContext(std::string principal, std::optional<RequestId> request_id) {
  const MonoTime now = clock_->Now();
  std::optional<common::v1::Error> throttled = partition_quota_.Check(principal, now);
  return {.now = now,
          .rng = &rng_,
          .principal = std::move(principal),
          .request_id = request_id,
          .limits = limits_,
          .throttled = std::move(throttled)};
}

std::optional<common::v1::Error> RequestPipeline::LimitRemembered(size_t bytes) {
  constexpr size_t kBytesOfAToken = 1024;
  const size_t tokens = 1 + bytes / kBytesOfAToken;
  const auto wait = remembered_limit_.Take(clock_->Now(), static_cast<double>(tokens));
  if (!wait) return std::nullopt;
  return Exhausted(
      "too many requests with a request id change nothing, and each result is stored; retry",
      ToMs(*wait));
}

View RequestPipeline::NewestView() {
  newest_tally_.AdvanceTo(newest());
  return {.image = newest(), .tally = newest_tally_};
}

void RequestPipeline::KeepTally() {
  newest_tally_.AdvanceTo(newest());
  prepared_tallies_.emplace_back(newest().end_offset(), newest_tally_);
}

void RequestPipeline::Append(const metadata::v1::RecordBatch& records, const Context& context,
                             const std::string& cause) {
  Propose({.record_count = metadata::CountRecords(records),
           .payload = records.SerializeAsString(),
           .principal = context.principal,
           .cause = cause,
           .request_id = context.request_id},
          records);
}

void RequestPipeline::AppendVoters(const raft::VoterSet& voters, const Context& context,
                                   const std::string& cause) {
  CHECK(VotersAreCommitted()) << "the voters change one at a time";
  Propose({.type = raft::EntryType::kVoters,
           .payload = voters.Encode(),
           .principal = context.principal,
           .cause = cause},
          {});
  voters_ = voters;
  voters_end_offset_ = newest().end_offset();
  LOG(INFO) << cause << ", in the entry that ends at " << voters_end_offset_;
}

metadata::BatchPosition RequestPipeline::NextPosition(int32_t record_count) const {
  return {.epoch = claimed_epoch_,
          .base_offset = newest().end_offset(),
          .record_count = record_count,
          .append_time_ms = std::max(newest().last_append_time_ms(), clock_->WallMs())};
}

void RequestPipeline::Propose(raft::Proposal proposal, const metadata::v1::RecordBatch& records) {
  proposal.expected_epoch = claimed_epoch_;
  proposal.expected_base_offset = newest().end_offset();
  const absl::Status status = images_.Append(NextPosition(proposal.record_count), records);
  CHECK(status.ok()) << "a decision cannot be replayed: " << proposal.cause << ": " << status;
  VLOG(1) << "epoch " << claimed_epoch_ << " [" << proposal.expected_base_offset << ", "
          << newest().end_offset() << "): " << proposal.cause;
  log_->Propose(std::move(proposal));
}

RequestPipeline::PreparedBatch RequestPipeline::Prepare(const metadata::MetadataImage& image,
                                                        PartitionTally tally,
                                                        const metadata::BatchPosition& position,
                                                        const metadata::v1::RecordBatch& records,
                                                        const Context& context,
                                                        const std::string& cause) {
  metadata::BatchPosition counted = position;
  counted.record_count = metadata::CountRecords(records);
  auto next = metadata::Replay(image, counted, records);
  CHECK(next.ok()) << "a decision cannot be replayed: " << cause << ": " << next.status();
  tally.AdvanceTo(*next);
  return {.proposal = {.expected_epoch = position.epoch,
                       .expected_base_offset = position.base_offset,
                       .record_count = counted.record_count,
                       .payload = records.SerializeAsString(),
                       .principal = context.principal,
                       .cause = cause,
                       .request_id = context.request_id},
          .image = *std::move(next),
          .tally = std::move(tally)};
}

void RequestPipeline::ProposePrepared(PreparedBatch batch) {
  CHECK_EQ(batch.proposal.expected_base_offset.value(), newest().end_offset().value());
  VLOG(1) << "epoch " << claimed_epoch_ << " [" << newest().end_offset() << ", "
          << batch.image.end_offset() << "): " << batch.proposal.cause;
  newest_tally_ = std::move(batch.tally);
  images_.Push(std::move(batch.image));
  KeepTally();
  log_->Propose(std::move(batch.proposal));
}

void RequestPipeline::WorkDone(uint64_t number, std::shared_ptr<void> work) {
  if (large_request_ && number == works_begun_) {
    Continuation go_on = std::exchange(large_request_, nullptr);
    std::move(go_on)(std::nullopt);
    const MonoTime now = clock_->Now();
    next_large_at_ = now + (now - work_began_);
    if (const auto epoch = std::exchange(pause_to_confirm_, std::nullopt)) {
      log_->ConfirmPause(*epoch);
    }
    resume_();
  }
  // Freed on the worker, because freeing the request and its records also takes time.
  worker_->Post([work = std::move(work)] {});
}

void RequestPipeline::LogSettlement(const std::string& cause, const SettlementCounts& counts,
                                    Duration took) {
  LOG(INFO) << cause << ": " << counts.changed << " partitions changed in one entry that ends at "
            << newest().end_offset() << " (" << counts.leaders_moved << " changed leader, "
            << counts.leaders_found << " gained a leader, " << counts.leaders_lost
            << " lost their leader" << (counts.rest ? "; more may follow in another entry" : "")
            << "), decided in "
            << std::chrono::duration_cast<std::chrono::microseconds>(took).count() << " us";
}

void RequestPipeline::ExpireDeadlines() {
  const MonoTime now = clock_->Now();
  parked_.Expire(now);
  confirmation_.Expire(now);
  deferred_.Expire(now);
  readers_.Expire(now);
  deadline_alarm_.FireBy(std::min({parked_.next_deadline(), confirmation_.next_deadline(),
                                   deferred_.next_deadline(), readers_.next_deadline()}));
}

common::v1::Error RequestPipeline::NotController() const {
  const std::optional<NodeId> leader = leadership_.leader;
  const bool is_other = leader && *leader != self_;
  common::v1::Error error =
      MakeError(common::v1::NOT_CONTROLLER,
                absl::StrFormat("controller %d is not the active one; %s", self_.value(),
                                is_other ? absl::StrFormat("controller %d is", leader->value())
                                         : std::string("no active controller is known")));
  if (is_other) error.mutable_leader()->set_node_id(leader->value());
  return error;
}

}  // namespace quorate::controller
