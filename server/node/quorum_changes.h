// Serves AddVoter, RemoveVoter and TransferLeadership, which the router brings to the active
// controller: converts the requests from and to protobuf and passes them to the controller or to
// the log.
#pragma once

#include <optional>

#include "controller/quorum_controller.h"
#include "quorate/admin/v1/admin_service.pb.h"
#include "raft/api/replicated_log.h"
#include "server/node/request_router.h"

namespace quorate::server {

class QuorumChanges {
 public:
  // Registers the operations with the router. All arguments must outlive this object, and this
  // object must outlive the router's calls.
  QuorumChanges(RequestRouter* router, controller::QuorumController* controller,
                raft::ReplicatedLog* log);

 private:
  using TransferReply = controller::Reply<admin::v1::TransferLeadershipResponse>;

  void Transfer(std::optional<NodeId> target, bool validate_only,
                const controller::RequestContext& context, TransferReply reply);
  // A majority has confirmed, since the request arrived, that this node leads. For `epoch` see
  // RequestContext.
  void TransferConfirmed(std::optional<NodeId> target, bool validate_only, Epoch epoch,
                         TransferReply reply);
  // `successor` must be another voter than this node.
  void HandOver(NodeId successor, TransferReply reply);
  void ReplyWithLeader(TransferReply reply);

  controller::QuorumController* const controller_;
  raft::ReplicatedLog* const log_;
};

}  // namespace quorate::server
