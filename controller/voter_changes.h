// Requests to change the voters (KIP-853), on the active controller: each is held until it may be
// decided, and one is made at a time. Those that name a directory are idempotent, so whoever loses
// the controller on the way asks the next one again.
#pragma once

#include <deque>
#include <string>

#include "base/clock.h"
#include "base/executor.h"
#include "controller/alarm.h"
#include "controller/answer.h"
#include "controller/request_pipeline.h"
#include "controller/voter_decisions.h"
#include "raft/replicated_log.h"

namespace quorate::controller {

struct VoterChangeResult {
  // False: the voters were already as asked.
  bool changed = false;
  // Those that govern now; if nothing was to be changed (validate_only), those that would.
  raft::VoterSet voters;
};

// On the controller's loop only.
class VoterChanges {
 public:
  // Everything must outlive this.
  VoterChanges(Executor* executor, const Clock* clock, RequestPipeline* pipeline);
  void SetLog(raft::ReplicatedLog* log) { log_ = log; }

  // Replies when the change is committed by the voters that it makes; `validate_only` waits only
  // for another change that is under way, and INVALID_REQUEST says what else it would wait for.
  // Besides DecideVoterChange's: REQUEST_TIMED_OUT with what it waited for, NOT_CONTROLLER with
  // outcome REFUSED (held till then) or UNKNOWN (appended).
  void Request(VoterChange change, bool validate_only, RequestContext context,
               Reply<VoterChangeResult> reply);

  // This controller decides no longer: fails what is held.
  void Clear();

 private:
  struct Held {
    VoterChange change;
    bool validate_only = false;
    RequestContext context;
    Reply<VoterChangeResult> reply;
    std::string reason;
  };

  // Asks the quorum how it is, unless nothing is held or a change is under way.
  void Proceed();
  void Decide(const raft::QuorumStatus& status);
  void Submit(Held held, std::variant<raft::VoterSet, common::v1::Error> outcome);
  void Expire();

  Executor* const executor_;
  const Clock* const clock_;
  RequestPipeline* const pipeline_;
  raft::ReplicatedLog* log_ = nullptr;
  std::deque<Held> held_;
  bool asking_ = false;
  // A request was decided, and its answer waits to be committed.
  bool under_way_ = false;
  Alarm alarm_;
};

}  // namespace quorate::controller
