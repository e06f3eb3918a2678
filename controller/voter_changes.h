// Handles requests to change the voters (KIP-853) on the active controller. Each request is held
// until it may be decided, and one change is made at a time. Requests that name a directory id are
// idempotent, so a client that loses the controller can repeat the request at the next one.
//
// It also keeps the addresses in the voter set up to date: a voter that was started with other
// addresses announces them to its peers, and an entry with the same members records them.
#pragma once

#include <deque>
#include <string>

#include "base/clock.h"
#include "base/executor.h"
#include "controller/alarm.h"
#include "controller/answer.h"
#include "controller/decide/voters/voter_decisions.h"
#include "controller/request_pipeline.h"
#include "raft/api/replicated_log.h"

namespace quorate::controller {

struct VoterChangeResult {
  // False if the voters were already as requested.
  bool changed = false;
  // The voters now in force. With validate_only: the voters that the change would result in.
  raft::VoterSet voters;
};

// Used on the controller's loop only.
class VoterChanges {
 public:
  // All arguments must outlive this object.
  VoterChanges(Executor* executor, const Clock* clock, raft::ReplicatedLog* log,
               RequestPipeline* pipeline);

  // Replies when the change is committed by the voters that it results in. With `validate_only`,
  // the request waits only for another change in flight. INVALID_REQUEST then says what else it
  // would wait for.
  //
  // Errors besides DecideVoterChange's: REQUEST_TIMED_OUT with what it waited for; NOT_CONTROLLER
  // with outcome REFUSED (still held) or UNKNOWN (appended).
  void Request(VoterChange change, bool validate_only, RequestContext context,
               Reply<VoterChangeResult> reply);

  // This controller has become the active one. From now on it watches the addresses of the voters.
  void TakeOver();
  // This controller no longer decides. Fails all held requests.
  void Clear();

 private:
  struct Held {
    VoterChange change;
    bool validate_only = false;
    RequestContext context;
    Reply<VoterChangeResult> reply;
    std::string reason;
  };

  // Asks for the quorum's status if a request is held.
  void Proceed();
  // Asks for the quorum's status to compare the addresses of the voters.
  void CheckAddresses();
  // Decides as soon as the quorum's status is known, unless a change is in flight.
  void AskForStatus();
  void Decide(const raft::QuorumStatus& status);
  void UpdateAddresses(const raft::QuorumStatus& status);
  void Submit(Held held, std::variant<raft::VoterSet, common::v1::Error> outcome);
  void Expire();

  Executor* const executor_;
  const Clock* const clock_;
  raft::ReplicatedLog* const log_;
  RequestPipeline* const pipeline_;
  std::deque<Held> held_;
  bool asking_ = false;
  // A request was decided, and its answer is not committed yet.
  bool change_in_flight_ = false;
  // The next status is compared with the addresses in the voter set.
  bool addresses_due_ = false;
  Alarm alarm_;
  Alarm address_alarm_;
};

}  // namespace quorate::controller
