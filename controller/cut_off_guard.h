// What the active controller does when most brokers are lost to it (BrokerSessions, "mass loss"):
// it says so, asks the other voters which brokers they hear, and hands leadership to a voter that
// hears clearly more of them. Where none does it keeps asking for as long as the loss lasts.
//
// Leadership does not go round in circles: it only goes to a voter that hears more than twice as
// many brokers, and a controller that has just taken over keeps its office for a session timeout at
// least.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/ids.h"
#include "controller/broker_sessions.h"
#include "controller/request_pipeline.h"
#include "controller/voter_poll.h"
#include "raft/replicated_log.h"

namespace quorate::controller {

// The voter that should lead instead of one that hears `heard_here` of the `live` brokers
// (ascending): the one that hears most of them, if that is more than twice as many. Pure.
std::optional<NodeId> ChooseBetterPlaced(const std::vector<VoterHearing>& hearings,
                                         const std::vector<BrokerId>& live, size_t heard_here);

// On the controller's loop only.
class CutOffGuard {
 public:
  using MassLoss = BrokerSessions::Due::MassLoss;

  // Everything must outlive the guard.
  CutOffGuard(NodeId self, SessionOptions options, Executor* executor, const Clock* clock,
              RequestPipeline* pipeline);
  void SetLog(raft::ReplicatedLog* log) { log_ = log; }
  // Without one nobody is asked.
  void SetPoll(VoterPoll* poll) { poll_ = poll; }

  // This controller is active from now on, or no longer.
  void TakeOver();
  void Clear();

  // What a Check of the sessions has found. Returns when to look again if nothing happens before.
  MonoTime Observe(const std::optional<MassLoss>& loss);

  const std::optional<MassLoss>& loss() const { return loss_; }

 private:
  void Ask(MonoTime now);
  void OnAnswers(uint64_t round, const std::vector<VoterHearing>& hearings);
  // ChooseBetterPlaced, among those that have not refused if there is one.
  std::optional<NodeId> Choose(const std::vector<VoterHearing>& hearings);
  void HandOver(NodeId to, const std::vector<VoterHearing>& hearings);
  void Warn(const std::vector<VoterHearing>& hearings);

  const NodeId self_;
  const SessionOptions options_;
  Executor* const executor_;
  const Clock* const clock_;
  RequestPipeline* const pipeline_;
  raft::ReplicatedLog* log_ = nullptr;
  VoterPoll* poll_ = nullptr;

  std::optional<MassLoss> loss_;
  MonoTime ask_at_;
  MonoTime warn_at_;
  MonoTime may_hand_over_at_;
  // The question under way; answers to others are ignored.
  uint64_t round_ = 0;
  // Voters to which a transfer has failed since the loss began, or since all were tried: a replica
  // that hears brokers need not be able to lead.
  std::set<NodeId> refused_;
};

}  // namespace quorate::controller
