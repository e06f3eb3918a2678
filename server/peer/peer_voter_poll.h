// Implements controller::VoterPoll by RaftService's Forward call, and answers such a poll.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "controller/quorum_controller.h"
#include "controller/voter_poll.h"
#include "quorate/raft/v1/raft_service.pb.h"
#include "server/node/forwarder.h"
#include "server/peer/peer_service.h"

namespace quorate::server {

// The method of a ForwardRequest that is meant for the receiving controller itself, active or not;
// it is never forwarded again.
inline constexpr std::string_view kListHeardBrokers = "quorate.raft.v1/ListHeardBrokers";

class PeerVoterPoll final : public controller::VoterPoll {
 public:
  // Both must outlive the poll and its pending requests.
  PeerVoterPoll(Forwarder* forwarder, const Clock* clock) : forwarder_(forwarder), clock_(clock) {}

  void Ask(const std::vector<NodeId>& voters, Duration within,
           absl::AnyInvocable<void(std::vector<controller::VoterAnswer>) &&> done) override;

 private:
  Forwarder* const forwarder_;
  const Clock* const clock_;
};

// Answers another controller's poll with the brokers that this controller has heard from. Any
// thread.
void AnswerListHeardBrokers(const raft::v1::ForwardRequest& request,
                            controller::QuorumController* controller, ForwardReply reply);

}  // namespace quorate::server
