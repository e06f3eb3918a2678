// controller::VoterPoll over the peers' Forward call, and the answer to such a question.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "controller/quorum_controller.h"
#include "controller/voter_poll.h"
#include "quorate/raft/v1/raft_service.pb.h"
#include "server/forwarder.h"
#include "server/peer_service.h"

namespace quorate::server {

// Of a ForwardRequest that asks a controller itself; it is never sent on.
inline constexpr std::string_view kListHeardBrokers = "quorate.raft.v1/ListHeardBrokers";

class PeerVoterPoll final : public controller::VoterPoll {
 public:
  // Both must outlive the poll and its questions.
  PeerVoterPoll(Forwarder* forwarder, const Clock* clock) : forwarder_(forwarder), clock_(clock) {}

  void Ask(const std::vector<NodeId>& voters, Duration within,
           absl::AnyInvocable<void(std::vector<controller::VoterHearing>) &&> done) override;

 private:
  Forwarder* const forwarder_;
  const Clock* const clock_;
};

// Answers another controller's question from what this one hears. Any thread.
void AnswerListHeardBrokers(const raft::v1::ForwardRequest& request,
                            controller::QuorumController* controller, ForwardReply reply);

}  // namespace quorate::server
