// Acts when the active controller has lost most brokers (BrokerSessions, "mass loss"). It logs a
// warning, asks the other voters which brokers they receive messages from, and hands leadership to
// a voter that hears clearly more of them. If no voter does, it keeps asking for as long as the
// loss lasts. That may be longer than the hold: if all brokers were fenced because this controller
// is cut off, none comes back before another controller leads.
//
// Two rules keep leadership from moving in circles. It goes only to a voter that hears more than
// twice as many brokers, and a controller that has just taken over stays leader for one session
// timeout at least.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/ids.h"
#include "controller/broker_sessions.h"
#include "controller/controller_ports.h"
#include "controller/request_pipeline.h"
#include "controller/voter_poll.h"
#include "raft/api/replicated_log.h"

namespace quorate::controller {

// Returns the voter that should lead instead of one that hears `heard_here` of the `live` brokers
// (ascending): the voter that hears most of them, if that is more than twice as many. Returns
// nullopt if there is none. Pure.
std::optional<NodeId> ChooseBetterPlaced(const std::vector<VoterAnswer>& answers,
                                         const std::vector<BrokerId>& live, size_t heard_here);

// Used on the controller's loop only.
class CutOffGuard {
 public:
  using MassLoss = BrokerSessions::Due::MassLoss;

  // `pipeline` must outlive the guard.
  CutOffGuard(NodeId self, SessionOptions options, const ControllerPorts& ports,
              RequestPipeline* pipeline);

  // This controller has become active (TakeOver) or is no longer active (Clear).
  void TakeOver();
  void Clear();

  // Takes the result of a Check of the sessions. Returns when to check again if nothing happens
  // before.
  MonoTime Observe(const std::optional<MassLoss>& loss);

  const std::optional<MassLoss>& loss() const { return loss_; }

 private:
  void Ask(MonoTime now);
  void OnAnswers(uint64_t round, const std::vector<VoterAnswer>& answers);
  // ChooseBetterPlaced among the voters that have not refused leadership, or among all voters if
  // none of those is better placed. In the second case it forgets the refusals.
  std::optional<NodeId> Choose(const std::vector<VoterAnswer>& answers);
  void HandOver(NodeId to, const std::vector<VoterAnswer>& answers);
  void Warn(const std::vector<VoterAnswer>& answers);

  const NodeId self_;
  const SessionOptions options_;
  Executor* const executor_;
  const Clock* const clock_;
  raft::ReplicatedLog* const log_;
  VoterPoll* const poll_;
  RequestPipeline* const pipeline_;

  std::optional<MassLoss> loss_;
  MonoTime ask_at_;
  MonoTime warn_at_;
  MonoTime may_hand_over_at_;
  // The number of the current round of questions. Answers of other rounds are ignored.
  uint64_t round_ = 0;
  // Voters to which a transfer of leadership has failed since the loss began, or since all were
  // tried. A voter that hears the brokers may still be unable to lead.
  std::set<NodeId> refused_;
};

}  // namespace quorate::controller
