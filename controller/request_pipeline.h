// A request's way through the active controller:
//
//   Submit -> may it be decided now? -> decide -> replay into the newest image, propose
//          -> wait until the high watermark covers the image it was decided from -> reply
//
// An answer that appends nothing waits, before that, until a majority has confirmed after the
// decision that this controller still leads (leadership_confirmation.h).
//
// and what leadership does to it:
//
//   standby --OnLeaderChange--> claiming --OnClaim--> active --OnPause--> paused
//      ^                                                ^                  |
//      +----- OnRenounce, or another leader ------------+---- OnResume ----+
//
// A large request is decided, replayed and serialized on the worker, from copies of the image and
// its counts; the loop appends the result. Meanwhile nothing else may be appended: requests that
// may append are parked, and heartbeats change nothing. A large entry of another leader is replayed
// on the worker, too.
//
// A decision that says `again` is the first part of a change that is too large for one task of the
// loop: each part is decided in a task of its own, and until the last one nobody else may append,
// as if all were one decision. Others are parked, and heartbeats are answered.
//
// While claiming or paused, requests are parked. Losing leadership leaves a request one of two
// outcomes: REFUSED, if it was never appended, or UNKNOWN.
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
#include "controller/alarm.h"
#include "controller/answer.h"
#include "controller/decision.h"
#include "controller/deferred_replies.h"
#include "controller/heartbeat_stream.h"
#include "controller/image_observer.h"
#include "controller/leadership_confirmation.h"
#include "controller/parked_requests.h"
#include "controller/partition_tally.h"
#include "controller/token_bucket.h"
#include "controller/uncommitted_images.h"
#include "metadata/replay.h"
#include "raft/replicated_log.h"

namespace quorate::controller {

// On the controller's loop only.
class RequestPipeline {
 public:
  enum class Role {
    kStandby,   // another node leads, or none
    kClaiming,  // this node leads, and has not yet applied its barrier
    kActive,    // decides
    kPaused,    // hands leadership over
    kStopped,
  };

  // Everything must outlive the pipeline. `remembered_limit`: of entries that only remember the
  // answer of a request that changed nothing; a token for each, and one for each 1,024 bytes.
  RequestPipeline(NodeId self, uint64_t seed, TokenBucket::Options remembered_limit,
                  Executor* executor, const Clock* clock);

  void SetLog(raft::ReplicatedLog* log) {
    log_ = log;
    confirmation_.SetLog(log);
  }
  void SetImageObserver(ImageObserver* observer) { observer_ = observer; }
  // Where large work is done; without one it is done on the loop. `resume` is called on the loop
  // after such work: the caller lets the brokers' watch act, then calls ReleaseParked, and tells of
  // what happened to the log meanwhile.
  void SetWorker(Executor* worker, std::function<void()> resume) {
    worker_ = worker;
    resume_ = std::move(resume);
  }

  // Of the log. After Claim and Resume the caller must call ReleaseParked, once whatever else
  // follows leadership is ready.
  void Loaded(metadata::MetadataImage image);
  // After this, nothing of the log may be told while is_replaying().
  void Committed(const std::vector<raft::EntryPtr>& entries);
  // Entries that are committed are not in the committed image yet: the worker replays one.
  bool is_replaying() const { return replaying_; }
  void LeaderChanged(Epoch epoch, std::optional<NodeId> leader);
  void Claim(Epoch epoch, RecordOffset end_offset, bool has_voters, const raft::VoterSet& voters);
  void Renounce(Epoch epoch);
  void Pause(Epoch epoch);
  void Resume(Epoch epoch);
  void ReleaseParked();

  // Fails what waits and refuses what comes, for ever.
  void Stop();

  // How a request is decided. Called again where the decision says `again`.
  template <typename T>
  using Decide = std::function<Decision<T>(const View&, const Context&)>;

  struct Request {
    std::string principal;
    MonoTime deadline = kNever;
    // See RequestContext.
    Epoch epoch = {};
    std::optional<RequestId> request_id;
    // The heartbeat stream that it came on; 0: none.
    StreamId stream = 0;
    // It is parked or refused while nothing may be appended. If not set, `decide` copes with that
    // (MayAppend).
    bool waits_for_log = true;
    // The answer is a hint, which a later one corrects: it does not wait until the leadership is
    // confirmed.
    bool is_hint = false;
    // It is decided on the worker, so its decision reads nothing but its arguments.
    bool is_large = false;
    // Runs when the request is decided, and appended if `appended`; for soft state.
    std::function<void(bool appended)> after;
  };

  // Decides the request when that may be, and replies when the answer is committed. Errors besides
  // the decision's own: NOT_CONTROLLER, REQUEST_TIMED_OUT, RESOURCE_EXHAUSTED.
  template <typename T>
  void Submit(Request request, Decide<T> decide, Reply<T> reply);

  // Decides something of the controller's own. REQUIRES: MayAppend().
  template <typename T>
  void Execute(Decide<T> decide);

  // Whether this controller is active, is not in the middle of a large request or change, and the
  // log has room.
  bool MayAppend() const;

  // Calls `done` once the committed image covers everything below `end_offset`. In every role.
  void WhenCommitted(RecordOffset end_offset, MonoTime deadline, Continuation done);

  // The voters that govern, while this controller is active, as it proposed them last.
  const raft::VoterSet& voters() const { return voters_; }
  // They are committed: only then may they be changed again.
  bool VotersAreCommitted() const { return voters_end_offset_ <= committed().end_offset(); }

  void StreamEnded(StreamId stream) { parked_.DropStream(stream); }

  Role role() const { return role_; }
  // It leads and has applied its barrier.
  bool is_active() const { return role_ == Role::kActive || role_ == Role::kPaused; }
  // The epoch that this node is or was last active in.
  Epoch claimed_epoch() const { return claimed_epoch_; }

  struct Leadership {
    Epoch epoch;
    std::optional<NodeId> leader;
    // When this node learnt of the leader, ms since the Unix epoch; 0: there is none.
    int64_t since_ms = 0;
  };
  // As this node knows it.
  const Leadership& leadership() const { return leadership_; }
  const metadata::MetadataImage& committed() const { return images_.committed(); }
  const metadata::MetadataImage& newest() const { return images_.newest(); }
  const PartitionTally& committed_tally() const { return committed_tally_; }
  // What the broker leads and holds in the newest image. REQUIRES: is_active().
  PartitionTally::Load NewestLoadOf(BrokerId broker) { return NewestView().tally.LoadOf(broker); }

  // Why this controller refuses requests: NOT_CONTROLLER, with the leader's id if one is known.
  common::v1::Error NotController() const;

 private:
  template <typename T>
  struct Outcome {
    Answer<T> answer;
    // Of the image that it was decided from, its own records included.
    RecordOffset end_offset;
    bool appended = false;
    // What is known of the request if this never commits.
    common::v1::Outcome if_lost = common::v1::REFUSED;
    // It is one part of a large change, and others follow.
    bool again = false;
  };
  // Decides the next part of a large change, and returns whether others follow; with an error,
  // fails who waits for it.
  using Rest = absl::AnyInvocable<bool(std::optional<common::v1::Error>)>;

  // Waits for the confirmation, if `must_confirm`, and then until `end_offset` is committed.
  void Defer(bool must_confirm, RecordOffset end_offset, DeferredReplies::Waiting waiting);

  // What the records of a decision make, ready to be proposed.
  struct PreparedBatch {
    raft::Proposal proposal;
    metadata::MetadataImage image;
    // Of `image`.
    PartitionTally tally;
  };

  // Decides, and appends one entry at most.
  template <typename T>
  Outcome<T> RunPart(const Decide<T>& decide, const Context& context);
  // Decides a large request.
  template <typename T>
  void RunOnWorker(Request request, Decide<T> decide, Reply<T> reply);
  // Replies when the outcome is committed.
  template <typename T>
  void Conclude(const Request& request, Outcome<T> outcome, Reply<T> reply);
  // Keeps what is left of a large change, and comes back for it.
  void KeepRest(Rest rest);
  // Goes on with what is left of a large change, now or when that may be.
  void GoOn();

  // Replays the records and counts what they change. Any thread.
  static PreparedBatch Prepare(const metadata::MetadataImage& image, PartitionTally tally,
                               const metadata::BatchPosition& position,
                               const metadata::v1::RecordBatch& records, const Context& context,
                               const std::string& cause);
  void ProposePrepared(PreparedBatch batch);
  // The worker has finished its `number`-th large request; `work` holds what it used.
  void WorkDone(uint64_t number, std::shared_ptr<void> work);

  // Applies entries until none is left or the worker has one to replay.
  void ApplyEntries();
  // The committed image has moved on.
  void ApplyCommitted();
  // Lets the request go on, parks it or fails it.
  void Admit(PendingRequest request);
  // An error if entries that only remember an answer come too fast; this one has `bytes`.
  std::optional<common::v1::Error> LimitRemembered(size_t bytes);
  View NewestView();
  metadata::BatchPosition NextPosition(int32_t record_count) const;
  void Append(const metadata::v1::RecordBatch& records, const Context& context,
              const std::string& cause);
  void AppendVoters(const raft::VoterSet& voters, const Context& context, const std::string& cause);
  void Propose(raft::Proposal proposal, const metadata::v1::RecordBatch& records);
  void LogSettlement(const std::string& cause, const SettlementCounts& counts, Duration took);
  // Forgets what was decided and is not committed.
  void DropUncommitted();
  // Fails what waits for this controller to decide or to commit.
  void FailAll(const common::v1::Error& error);
  void ExpireDeadlines();

  const NodeId self_;
  Executor* const executor_;
  const Clock* const clock_;
  Executor* worker_ = nullptr;
  std::function<void()> resume_;
  raft::ReplicatedLog* log_ = nullptr;
  ImageObserver* observer_ = nullptr;
  Rng rng_;

  bool deciding_ = false;
  // What is left of a large change, while there is one.
  Rest rest_;
  Role role_ = Role::kStandby;
  Epoch claimed_epoch_;
  Leadership leadership_;

  raft::VoterSet voters_;
  // Of the last Voters entry that this controller proposed in its epoch.
  RecordOffset voters_end_offset_;

  UncommittedImages images_;
  PartitionTally committed_tally_;
  // Of the newest image; only while active.
  PartitionTally newest_tally_;
  // Of uncommitted images that the worker made, by their end offsets: counted once.
  std::deque<std::pair<RecordOffset, PartitionTally>> prepared_tallies_;

  // Goes on with the large request that the worker decides, or fails it.
  Continuation under_way_;
  uint64_t works_begun_ = 0;
  MonoTime work_began_;
  // The next large request is not decided before: others have had their turn by then.
  MonoTime next_large_at_;
  // The pause of this epoch is confirmed when the large request is appended.
  std::optional<Epoch> pause_to_confirm_;

  // Committed, and not yet in the committed image.
  std::deque<raft::EntryPtr> to_apply_;
  bool replaying_ = false;

  TokenBucket remembered_limit_;
  ParkedRequests parked_;
  LeadershipConfirmation confirmation_;
  DeferredReplies deferred_;
  // WhenCommitted: not of this controller's leadership.
  DeferredReplies readers_;
  Alarm deadline_alarm_;
  // For requests parked because the log is frozen, should neither pause nor resumption be told.
  Alarm retry_alarm_;
  Alarm rest_alarm_;
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
    Context context = {.now = clock_->Now(),
                       .rng = &rng_,
                       .principal = request.principal,
                       .request_id = request.request_id};
    Outcome<T> outcome = RunPart(decide, context);
    if (!outcome.again) return Conclude(request, std::move(outcome), std::move(reply));
    if (request.stream != 0) {
      // A heartbeat waits for no large change: what it is told now, the next one corrects.
      Request answered = request;
      answered.after = nullptr;
      Conclude(answered, std::move(outcome), std::move(reply));
      reply = [](const Answer<T>& /*unheard*/) {};
    }
    KeepRest([this, context = std::move(context), request = std::move(request),
              decide = std::move(decide),
              reply = std::move(reply)](std::optional<common::v1::Error> lost) mutable {
      if (lost) {
        lost->set_outcome(common::v1::UNKNOWN);
        std::move(reply)(*std::move(lost));
        return false;
      }
      context.now = clock_->Now();
      Outcome<T> part = RunPart(decide, context);
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
  // What the log holds already, or will, needs no confirmation: it is the same for every leader.
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
  // Everything that the worker touches, and nothing else does meanwhile.
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
  auto work = std::make_shared<Work>(Work{
      .decide = std::move(decide),
      .image = view.image,
      .tally = view.tally,
      .position = NextPosition(0),
      .rng = Rng(rng_.Next()),
      .context = {
          .now = clock_->Now(), .principal = request.principal, .request_id = request.request_id}});
  work->context.rng = &work->rng;

  CHECK(!under_way_) << "one large request at a time";
  const uint64_t number = ++works_begun_;
  work_began_ = clock_->Now();
  under_way_ = [this, work, request = std::move(request),
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
    const bool appended = work->batch.has_value();
    if (appended) ProposePrepared(*std::move(work->batch));
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
  Context context = {.now = clock_->Now(), .rng = &rng_, .principal = "controller"};
  if (!RunPart(decide, context).again) return;
  KeepRest([this, context = std::move(context),
            decide = std::move(decide)](const std::optional<common::v1::Error>& lost) mutable {
    if (lost) return false;
    context.now = clock_->Now();
    return RunPart(decide, context).again;
  });
}

template <typename T>
RequestPipeline::Outcome<T> RequestPipeline::RunPart(const Decide<T>& decide,
                                                     const Context& context) {
  CHECK(!deciding_) << "a decision decides";
  deciding_ = true;
  const MonoTime began = clock_->Now();
  Decision<T> decision = decide(NewestView(), context);
  deciding_ = false;
  const Duration took = clock_->Now() - began;
  const size_t bytes = decision.records.ByteSizeLong();
  if (bytes > kMaxBatchBytes) {
    decision = {.answer = TooLargeForOneEntry(bytes)};
  } else if (decision.remembers_only) {
    if (auto error = LimitRemembered(bytes)) decision = {.answer = *std::move(error)};
  }
  bool appended = false;
  if (!decision.records.records().empty()) {
    appended = true;
    Append(decision.records, context, decision.cause);
    if (decision.settled.changed > 0) LogSettlement(decision.cause, decision.settled, took);
  }
  if (decision.voters) {
    CHECK(decision.records.records().empty());
    appended = true;
    AppendVoters(*decision.voters, context, decision.cause);
  }
  return {.answer = std::move(decision.answer),
          .end_offset = newest().end_offset(),
          .appended = appended,
          .if_lost = appended || decision.is_retry ? common::v1::UNKNOWN : common::v1::REFUSED,
          .again = decision.again};
}

}  // namespace quorate::controller
