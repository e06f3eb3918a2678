// Takes a request through the active controller:
//
//   Submit -> may it be decided now? -> decide -> replay into the newest image, propose
//          -> wait until the high watermark covers the image it was decided from -> reply
//
// An answer that appends nothing first waits until a majority has confirmed, after the decision,
// that this controller still leads (leadership_confirmation.h).
//
// Leadership changes the role of the pipeline:
//
//   standby --OnLeaderChange--> claiming --OnClaim--> active --OnPause--> paused
//      ^                                                ^                  |
//      +----- OnRenounce, or another leader ------------+---- OnResume ----+
//
// A large request is decided, replayed and serialized on the worker, from copies of the image and
// its counts. The loop appends the result. Meanwhile no other entry may be appended: requests that
// may append are parked, and heartbeats change nothing. A large entry of another leader is also
// replayed on the worker, and a snapshot is loaded there. Small entries are replayed on the loop,
// in slices.
//
// A decision that says `again` is the first part of a change that is too large for one task of the
// loop. Each part is decided in a separate task. Until the last part, no other request may append,
// as if all parts were one decision: other requests are parked, and heartbeats are answered.
//
// While claiming or paused, requests are parked. If leadership is lost, a request has one of two
// outcomes: REFUSED if it was never appended, UNKNOWN otherwise.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "base/token_bucket.h"
#include "controller/admission_metrics.h"
#include "controller/alarm.h"
#include "controller/answer.h"
#include "controller/controller_ports.h"
#include "controller/decide/decision.h"
#include "controller/decide/partitions/partition_tally.h"
#include "controller/deferred_replies.h"
#include "controller/heartbeat_stream.h"
#include "controller/leadership_confirmation.h"
#include "controller/parked_requests.h"
#include "controller/partition_instruments.h"
#include "controller/partition_quota.h"
#include "controller/uncommitted_images.h"
#include "metadata/replay.h"
#include "raft/api/replicated_log.h"

namespace quorate::controller {

// Used on the controller's loop only.
class RequestPipeline {
 public:
  enum class Role {
    kStandby,   // another node leads, or no node does
    kClaiming,  // this node leads and has not applied its barrier yet
    kActive,    // this node decides
    kPaused,    // this node is handing over leadership
    kStopped,
  };

  // `remembered_limit` limits the entries that only store the answer of a request that changed
  // nothing. Each takes one token, plus one for each 1,024 bytes. `partition_quota` limits the
  // partitions that each principal creates and deletes. `resume` is called on the loop
  // after work on the worker and after each further slice of entries. The caller then delivers the
  // callbacks of the log that arrived meanwhile, lets the brokers' watch act, and calls
  // ReleaseParked. Not needed without a worker.
  RequestPipeline(NodeId self, uint64_t seed, const RequestLimits& limits,
                  TokenBucket::Options remembered_limit, PartitionQuota partition_quota,
                  const ControllerPorts& ports, std::function<void()> resume = nullptr);

  // Callbacks of the log. After Claim and Resume, the caller must call ReleaseParked once
  // everything else that follows leadership is ready.
  //
  // After Load and Committed, no callback of the log may be delivered while is_replaying().

  // The committed image becomes the one that `load` returns. `load` runs on the worker.
  void Load(std::function<metadata::MetadataImage()> load);
  void Committed(const std::vector<raft::EntryPtr>& entries);
  // Whether the committed image does not have a snapshot or committed entries yet. Their replay
  // goes on in a later task.
  bool is_replaying() const { return replaying_; }
  void LeaderChanged(Epoch epoch, std::optional<NodeId> leader);
  void Claim(Epoch epoch, RecordOffset end_offset, bool has_voters, const raft::VoterSet& voters);
  void Renounce(Epoch epoch);
  void Pause(Epoch epoch);
  void Resume(Epoch epoch);
  void ReleaseParked() { Release(parked_.size()); }

  // Fails all pending requests and refuses new ones permanently.
  void Stop();

  // Decides a request. Called again if the decision says `again`.
  template <typename T>
  using Decide = std::function<Decision<T>(const View&, const Context&)>;

  struct Request {
    std::string principal;
    MonoTime deadline = kNever;
    // See RequestContext.
    Epoch epoch = {};
    std::optional<RequestId> request_id;
    // The heartbeat stream on which it arrived. 0: it is not a heartbeat.
    StreamId stream = 0;
    // The request is parked or refused while no entry may be appended. If false, `decide` must
    // handle that case itself (MayAppend).
    bool waits_for_log = true;
    // The answer is a hint that a later answer corrects. It does not wait until leadership is
    // confirmed.
    bool is_hint = false;
    // The request is decided on the worker, so `decide` may read nothing but its arguments.
    bool is_large = false;
    // Runs when the request has been decided; `appended` tells whether it appended an entry. For
    // soft state.
    std::function<void(bool appended)> after;
  };

  // Decides the request when possible, and replies when the answer is committed. Errors besides the
  // decision's own: NOT_CONTROLLER, REQUEST_TIMED_OUT, RESOURCE_EXHAUSTED.
  template <typename T>
  void Submit(Request request, Decide<T> decide, Reply<T> reply);

  // Decides a change that the controller makes by itself. REQUIRES: MayAppend().
  template <typename T>
  void Execute(Decide<T> decide);

  // Returns whether this controller is active, is not in the middle of a large request or change,
  // and the log has room.
  bool MayAppend() const;

  // Any thread.
  const AdmissionMetrics& admission_metrics() const { return admission_metrics_; }

  // Calls `done` once the committed image covers everything below `end_offset`. Works in every
  // role.
  void WhenCommitted(RecordOffset end_offset, MonoTime deadline, Continuation done);

  // The voter set in force while this controller is active, as this controller last proposed it.
  const raft::VoterSet& voters() const { return voters_; }
  // Whether that voter set is committed. Only then may it be changed again.
  bool VotersAreCommitted() const { return voters_end_offset_ <= committed().end_offset(); }

  void StreamEnded(StreamId stream) { parked_.DropStream(stream); }

  Role role() const { return role_; }
  // Whether this node leads and has applied its barrier.
  bool is_active() const { return role_ == Role::kActive || role_ == Role::kPaused; }
  // The epoch in which this node is or was last active.
  Epoch claimed_epoch() const { return claimed_epoch_; }

  struct Leadership {
    Epoch epoch;
    std::optional<NodeId> leader;
    // When this node learned of the leader, in ms since the Unix epoch. 0: there is no leader.
    int64_t since_ms = 0;
  };
  // The leadership as this node knows it.
  const Leadership& leadership() const { return leadership_; }
  const metadata::MetadataImage& committed() const { return images_.committed(); }
  const metadata::MetadataImage& newest() const { return images_.newest(); }
  const PartitionTally& committed_tally() const { return committed_tally_; }
  // What this controller's decisions did to partitions. Any thread.
  const PartitionInstruments& instruments() const { return instruments_; }
  // The number of requests that wait until they can be decided, and of answers that wait until
  // they are committed.
  size_t parked_count() const { return parked_.size(); }
  size_t deferred_count() const { return deferred_.size(); }
  // Returns what the broker leads and holds in the newest image. REQUIRES: is_active().
  PartitionTally::Load NewestLoadOf(BrokerId broker) { return NewestView().tally.LoadOf(broker); }

  // Returns the error with which this controller refuses requests: NOT_CONTROLLER, with the
  // leader's id if it is known.
  common::v1::Error NotController() const;

 private:
  template <typename T>
  struct Outcome {
    Answer<T> answer;
    // The end offset of the image from which it was decided, including the request's own records.
    RecordOffset end_offset;
    bool appended = false;
    // What is known about the request if this never commits.
    common::v1::Outcome if_lost = common::v1::REFUSED;
    // It is one part of a large change, and more parts follow.
    bool again = false;
  };
  // Decides the next part of a large change and returns whether more parts follow. With an error,
  // fails the request instead.
  using NextPart = absl::AnyInvocable<bool(std::optional<common::v1::Error>)>;

  // Waits for the confirmation of leadership if `must_confirm`, and then until `end_offset` is
  // committed.
  void Defer(bool must_confirm, RecordOffset end_offset, DeferredReplies::Waiting waiting);

  // The result of a decision's records, ready to be proposed.
  struct PreparedBatch {
    raft::Proposal proposal;
    metadata::MetadataImage image;
    // The counts of `image`.
    PartitionTally tally;
  };

  // Decides, and appends at most one entry. If the decision says `again`, prepares `context` for
  // the next part.
  template <typename T>
  Outcome<T> RunPart(const Decide<T>& decide, Context* context);
  // Decides a large request on the worker.
  template <typename T>
  void RunOnWorker(Request request, Decide<T> decide, Reply<T> reply);
  // Replies when the outcome is committed.
  template <typename T>
  void Conclude(const Request& request, Outcome<T> outcome, Reply<T> reply);
  // Schedules the next part of a large change.
  void ScheduleNextPart(NextPart next_part);
  // Decides the next part of a large change, or schedules it again if no entry may be appended now.
  void RunNextPart();

  // Replays the records and updates the counts. Any thread.
  static PreparedBatch Prepare(const metadata::MetadataImage& image, PartitionTally tally,
                               const metadata::BatchPosition& position,
                               const metadata::v1::RecordBatch& records, const Context& context,
                               const std::string& cause);
  void ProposePrepared(PreparedBatch batch);
  // The worker has finished its `number`-th large request. `work` holds what it used.
  void WorkDone(uint64_t number, std::shared_ptr<void> work);

  // The committed image and its counts, as the worker makes them.
  struct Replayed {
    UncommittedImages images;
    PartitionTally tally;
  };
  // Changes a copy of the committed image and its counts on the worker, takes it over, and calls
  // `then` on the loop. REQUIRES: there is a worker, and no uncommitted image.
  void ReplayOnWorker(std::function<void(Replayed*)> replay, std::function<void()> then);

  // Applies entries until none is left, the worker has to replay one, or the slice is full.
  void ApplyEntries();
  // Called when the committed image has advanced.
  void ApplyCommitted();
  // Admits the first `count` parked requests, a few in each task. Each may be parked again, behind
  // the others.
  void Release(size_t count);
  // Continues the request, parks it or fails it.
  void Admit(PendingRequest request);
  // Returns the context in which a request of this principal is decided now.
  Context MakeContext(std::string principal, std::optional<RequestId> request_id);
  // Counts what the decision says about the principal's quota of partitions. Called on the loop.
  template <typename T>
  void CountMutations(const Decision<T>& decision, const Context& context) {
    if (decision.is_throttled) admission_metrics_.throttled.Add();
    partition_quota_.Spend(context.principal, clock_->Now(), decision.partition_mutations);
  }
  // Returns an error if entries that only store an answer come too fast. This one has `bytes`.
  std::optional<common::v1::Error> LimitRemembered(size_t bytes);
  View NewestView();
  // Keeps the counts of the newest image until it is committed.
  void KeepTally();
  metadata::BatchPosition NextPosition(int32_t record_count) const;
  void Append(const metadata::v1::RecordBatch& records, const Context& context,
              const std::string& cause);
  void AppendVoters(const raft::VoterSet& voters, const Context& context, const std::string& cause);
  void Propose(raft::Proposal proposal, const metadata::v1::RecordBatch& records);
  // Counts the entry that was just appended. `before`: the changes that were counted before it.
  void CountChanges(ElectionCause cause, const PartitionTally::Changes& before) {
    instruments_.Count(cause, before, NewestView().tally.changes());
  }
  void LogSettlement(const std::string& cause, const SettlementCounts& counts, Duration took);
  // Drops what was decided and is not committed.
  void DropUncommitted();
  // Fails all requests that wait to be decided or committed.
  void FailAll(const common::v1::Error& error);
  void ExpireDeadlines();

  const NodeId self_;
  const RequestLimits limits_;
  Executor* const executor_;
  const Clock* const clock_;
  raft::ReplicatedLog* const log_;
  ImageObserver* const observer_;
  Executor* const worker_;
  const std::function<void()> resume_;
  Rng rng_;

  bool deciding_ = false;
  // The next part of a large change, if there is one.
  NextPart next_part_;
  Role role_ = Role::kStandby;
  Epoch claimed_epoch_;
  Leadership leadership_;

  raft::VoterSet voters_;
  // The end offset of the last Voters entry that this controller proposed in its epoch.
  RecordOffset voters_end_offset_;

  UncommittedImages images_;
  PartitionTally committed_tally_;
  // The counts of the newest image. Valid only while active.
  PartitionTally newest_tally_;
  PartitionInstruments instruments_;
  // The counts of uncommitted images with many changes, with their end offsets. Kept so that these
  // changes are not counted a second time, perhaps those of several images in one task.
  std::deque<std::pair<RecordOffset, PartitionTally>> prepared_tallies_;

  // Continues or fails the large request that the worker decides.
  Continuation large_request_;
  uint64_t works_begun_ = 0;
  MonoTime work_began_;
  // The next large request is not decided before this time, so that others get their turn.
  MonoTime next_large_at_;
  // The epoch whose pause is confirmed once the large request is appended.
  std::optional<Epoch> pause_to_confirm_;

  // Entries that are committed but not yet in the committed image.
  std::deque<raft::EntryPtr> to_apply_;
  bool replaying_ = false;

  TokenBucket remembered_limit_;
  PartitionQuota partition_quota_;
  ParkedRequests parked_;
  LeadershipConfirmation confirmation_;
  DeferredReplies deferred_;
  // Calls of WhenCommitted. They do not depend on this controller's leadership.
  DeferredReplies readers_;
  Alarm deadline_alarm_;
  // Retries requests that were parked because the log is frozen, in case neither a pause nor a
  // resumption is reported. Also retries large requests.
  Alarm retry_alarm_;
  Alarm next_part_alarm_;

  AdmissionMetrics admission_metrics_;
};

template <typename T>
void RequestPipeline::Submit(Request request, Decide<T> decide, Reply<T> reply) {
  PendingRequest pending{.deadline = request.deadline,
                         .epoch = request.epoch,
                         .stream = request.stream,
                         .waits_for_log = request.waits_for_log,
                         .is_large = request.is_large && worker_ != nullptr};
  pending.proceed = [this, request = std::move(request), decide = std::move(decide),
                     reply = std::move(reply)](std::optional<common::v1::Error> error) mutable {
    if (error) return std::move(reply)(*std::move(error));
    if (request.is_large && worker_ != nullptr) {
      return RunOnWorker<T>(std::move(request), std::move(decide), std::move(reply));
    }
    Context context = MakeContext(request.principal, request.request_id);
    Outcome<T> outcome = RunPart(decide, &context);
    if (!outcome.again) return Conclude(request, std::move(outcome), std::move(reply));
    if (request.stream != 0) {
      // A heartbeat does not wait for a large change. The next heartbeat corrects this answer.
      Request answered = request;
      answered.after = nullptr;
      Conclude(answered, std::move(outcome), std::move(reply));
      reply = [](const Answer<T>& /*unheard*/) {};
    }
    ScheduleNextPart([this, context = std::move(context), request = std::move(request),
                      decide = std::move(decide),
                      reply = std::move(reply)](std::optional<common::v1::Error> lost) mutable {
      if (lost) {
        lost->set_outcome(common::v1::UNKNOWN);
        std::move(reply)(*std::move(lost));
        return false;
      }
      context.now = clock_->Now();
      Outcome<T> part = RunPart(decide, &context);
      if (part.again) return true;
      part.appended = true;
      part.if_lost = common::v1::UNKNOWN;
      Conclude(request, std::move(part), std::move(reply));
      return false;
    });
  };
  Admit(std::move(pending));
}

template <typename T>
void RequestPipeline::Conclude(const Request& request, Outcome<T> outcome, Reply<T> reply) {
  if (request.after) request.after(outcome.appended);
  // An answer that the log already holds, or will hold, needs no confirmation: it is the same for
  // every leader.
  const bool must_confirm = outcome.if_lost == common::v1::REFUSED && !request.is_hint;
  Defer(must_confirm, outcome.end_offset,
        {.deadline = request.deadline,
         .outcome = outcome.if_lost,
         .done = [answer = std::move(outcome.answer),
                  reply = std::move(reply)](std::optional<common::v1::Error> lost) mutable {
           if (lost) return std::move(reply)(*std::move(lost));
           std::move(reply)(std::move(answer));
         }});
}

template <typename T>
void RequestPipeline::RunOnWorker(Request request, Decide<T> decide, Reply<T> reply) {
  // Everything that the worker uses. No other thread uses it meanwhile.
  struct Work {
    Decide<T> decide;
    metadata::MetadataImage image;
    PartitionTally tally;
    metadata::BatchPosition position;
    Rng rng;
    Context context;
    Decision<T> decision = {};
    std::optional<PreparedBatch> batch = {};
  };
  const View view = NewestView();
  auto work =
      std::make_shared<Work>(Work{.decide = std::move(decide),
                                  .image = view.image,
                                  .tally = view.tally,
                                  .position = NextPosition(0),
                                  .rng = Rng(rng_.Next()),
                                  .context = MakeContext(request.principal, request.request_id)});
  work->context.rng = &work->rng;

  CHECK(!large_request_) << "one large request at a time";
  const uint64_t number = ++works_begun_;
  work_began_ = clock_->Now();
  large_request_ = [this, work, request = std::move(request),
                    reply = std::move(reply)](std::optional<common::v1::Error> error) mutable {
    if (error) return std::move(reply)(*std::move(error));
    Decision<T>& decision = work->decision;
    if (decision.remembers_only) {
      auto limited = LimitRemembered(work->batch->proposal.payload.size());
      if (limited) {
        decision = {.answer = *std::move(limited)};
        work->batch.reset();
      }
    }
    CountMutations(decision, work->context);
    const bool appended = work->batch.has_value();
    if (appended) {
      const PartitionTally::Changes before = newest_tally_.changes();
      ProposePrepared(*std::move(work->batch));
      CountChanges(decision.election_cause, before);
    }
    if (decision.settled.changed > 0) {
      LogSettlement(decision.cause, decision.settled, clock_->Now() - work_began_);
    }
    Conclude(request,
             Outcome<T>{.answer = std::move(decision.answer),
                        .end_offset = newest().end_offset(),
                        .appended = appended,
                        .if_lost = appended || decision.is_retry ? common::v1::UNKNOWN
                                                                 : common::v1::REFUSED},
             std::move(reply));
  };
  worker_->Post([this, number, executor = executor_, work = std::move(work)]() mutable {
    Decision<T>& decision = work->decision;
    decision = work->decide({.image = work->image, .tally = work->tally}, work->context);
    CHECK(!decision.again && !decision.voters) << "a large request is one entry of records";
    if (const size_t bytes = decision.records.ByteSizeLong(); bytes > kMaxBatchBytes) {
      decision = {.answer = TooLargeForOneEntry(bytes)};
    }
    if (!decision.records.records().empty()) {
      work->batch = Prepare(work->image, std::move(work->tally), work->position, decision.records,
                            work->context, decision.cause);
    }
    executor->Post(
        [this, number, work = std::move(work)]() mutable { WorkDone(number, std::move(work)); });
  });
}

template <typename T>
void RequestPipeline::Execute(Decide<T> decide) {
  CHECK(MayAppend());
  Context context = MakeContext("controller", std::nullopt);
  if (!RunPart(decide, &context).again) return;
  ScheduleNextPart([this, context = std::move(context), decide = std::move(decide)](
                       const std::optional<common::v1::Error>& lost) mutable {
    if (lost) return false;
    context.now = clock_->Now();
    return RunPart(decide, &context).again;
  });
}

template <typename T>
RequestPipeline::Outcome<T> RequestPipeline::RunPart(const Decide<T>& decide, Context* context) {
  CHECK(!deciding_) << "a decision decides";
  deciding_ = true;
  const MonoTime began = clock_->Now();
  Decision<T> decision = decide(NewestView(), *context);
  deciding_ = false;
  if (decision.settled.rest) context->settle_from = *decision.settled.rest;
  const Duration took = clock_->Now() - began;
  const size_t bytes = decision.records.ByteSizeLong();
  if (bytes > kMaxBatchBytes) {
    decision = {.answer = TooLargeForOneEntry(bytes)};
  } else if (decision.remembers_only) {
    if (auto error = LimitRemembered(bytes)) decision = {.answer = *std::move(error)};
  }
  CountMutations(decision, *context);
  bool appended = false;
  if (!decision.records.records().empty()) {
    appended = true;
    const PartitionTally::Changes before = newest_tally_.changes();
    Append(decision.records, *context, decision.cause);
    CountChanges(decision.election_cause, before);
    if (decision.settled.changed > 0) {
      KeepTally();
      LogSettlement(decision.cause, decision.settled, took);
    }
  }
  if (decision.voters) {
    CHECK(decision.records.records().empty());
    appended = true;
    AppendVoters(*decision.voters, *context, decision.cause);
  }
  return {.answer = std::move(decision.answer),
          .end_offset = newest().end_offset(),
          .appended = appended,
          .if_lost = appended || decision.is_retry ? common::v1::UNKNOWN : common::v1::REFUSED,
          .again = decision.again};
}

}  // namespace quorate::controller
