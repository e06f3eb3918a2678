#include "server/node/quorum_changes.h"

#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "base/failpoint.h"
#include "controller/operations.h"
#include "server/node/leadership_transfer.h"
#include "server/node/routed_methods.h"

namespace quorate::server {
namespace {

using admin::v1::AddVoterRequest;
using admin::v1::ChangeVotersResponse;
using admin::v1::RemoveVoterRequest;
using admin::v1::TransferLeadershipRequest;
using admin::v1::TransferLeadershipResponse;
using common::v1::Error;
using controller::MakeError;

Error BadDirectoryId(const std::string& text) {
  return MakeError(
      common::v1::INVALID_REQUEST,
      absl::StrFormat("directory_id: '%s' is not a directory id, which has 22 characters: "
                      "DescribeQuorum shows the directory ids of all replicas",
                      absl::CHexEscape(text)));
}

Error NotController() {
  return MakeError(common::v1::NOT_CONTROLLER, "this controller is not the active one");
}

ChangeVotersResponse ToProto(const controller::VoterChangeResult& result) {
  ChangeVotersResponse response;
  response.set_changed(result.changed);
  for (const raft::Voter& voter : result.voters.voters()) {
    auto* listed = response.add_voters();
    listed->set_node_id(voter.key.node_id.value());
    listed->set_directory_id(voter.key.directory_id.ToString());
    listed->set_peer_endpoint(voter.peer_endpoint);
  }
  return response;
}

controller::Reply<controller::VoterChangeResult> AsProto(
    controller::Reply<ChangeVotersResponse> reply) {
  return
      [reply = std::move(reply)](controller::Answer<controller::VoterChangeResult> answer) mutable {
        if (auto* error = std::get_if<Error>(&answer)) {
          std::move(reply)(std::move(*error));
        } else {
          std::move(reply)(ToProto(std::get<controller::VoterChangeResult>(answer)));
        }
      };
}

void Ask(controller::QuorumController* controller, const controller::VoterChange& change,
         bool validate_only, controller::RequestContext context,
         controller::Reply<ChangeVotersResponse> reply) {
  // Tests use this failpoint to end the active controller between two changes.
  if (const absl::Status lost = Failpoint("server.change_voters"); !lost.ok()) {
    return std::move(reply)(
        MakeError(common::v1::CONTROLLER_NOT_AVAILABLE, std::string(lost.message())));
  }
  controller->ChangeVoters(change, validate_only, std::move(context), AsProto(std::move(reply)));
}

TransferLeadershipResponse Transferred(bool changed, NodeId leader) {
  TransferLeadershipResponse response;
  response.set_changed(changed);
  response.set_leader_id(leader.value());
  return response;
}

}  // namespace

QuorumChanges::QuorumChanges(RequestRouter* router, controller::QuorumController* controller,
                             raft::ReplicatedLog* log)
    : controller_(controller), log_(log) {
  router->Register(RoutedMethod(controller::kAddVoter, [controller](const AddVoterRequest& request,
                                                                    auto context, auto reply) {
    const std::optional<Uuid> directory_id = Uuid::Parse(request.directory_id());
    if (!directory_id) return std::move(reply)(BadDirectoryId(request.directory_id()));
    Ask(controller, controller::AddVoter{{NodeId(request.node_id()), *directory_id}},
        request.validate_only(), std::move(context), std::move(reply));
  }));
  router->Register(RoutedMethod(
      controller::kRemoveVoter,
      [controller](const RemoveVoterRequest& request, auto context, auto reply) {
        std::optional<Uuid> directory_id;
        if (!request.directory_id().empty()) {
          directory_id = Uuid::Parse(request.directory_id());
          if (!directory_id) return std::move(reply)(BadDirectoryId(request.directory_id()));
        }
        Ask(controller, controller::RemoveVoter{NodeId(request.node_id()), directory_id},
            request.validate_only(), std::move(context), std::move(reply));
      }));
  router->Register(RoutedMethod(
      controller::kTransferLeadership,
      [this](const TransferLeadershipRequest& request, const auto& context, auto reply) {
        std::optional<NodeId> target;
        if (request.has_target_node_id()) target = NodeId(request.target_node_id());
        Transfer(target, request.validate_only(), context, std::move(reply));
      }));
}

void QuorumChanges::Transfer(std::optional<NodeId> target, bool validate_only,
                             const controller::RequestContext& context, TransferReply reply) {
  if (!controller_->is_active()) return std::move(reply)(NotController());
  // A leader that was cut off or paused must not answer that it still leads.
  log_->ReadIndex(context.deadline,
                  [this, target, validate_only, epoch = context.epoch, reply = std::move(reply)](
                      const absl::StatusOr<RecordOffset>& confirmed) mutable {
                    if (confirmed.ok()) {
                      TransferConfirmed(target, validate_only, epoch, std::move(reply));
                    } else {
                      std::move(reply)(NotController());
                    }
                  });
}

void QuorumChanges::TransferConfirmed(std::optional<NodeId> target, bool validate_only, Epoch epoch,
                                      TransferReply reply) {
  log_->Describe([this, target, validate_only, epoch,
                  reply = std::move(reply)](const raft::QuorumStatus& status) mutable {
    const bool is_other_epoch = epoch != Epoch() && epoch != status.epoch;
    if (status.leader != status.self || is_other_epoch) return std::move(reply)(NotController());
    auto choice = ChooseSuccessor(status, target);
    if (auto* error = std::get_if<Error>(&choice)) return std::move(reply)(std::move(*error));
    const NodeId successor = std::get<NodeId>(choice);
    const bool changes = successor != status.self;
    if (validate_only || !changes) return std::move(reply)(Transferred(changes, successor));
    HandOver(successor, std::move(reply));
  });
}

void QuorumChanges::HandOver(NodeId successor, TransferReply reply) {
  log_->TransferLeadership(
      successor, [this, successor, reply = std::move(reply)](const absl::Status& status) mutable {
        const std::string why(status.message());
        if (status.ok()) {
          ReplyWithLeader(std::move(reply));
        } else if (!absl::IsFailedPrecondition(status)) {
          // The successor may still take over.
          std::move(reply)(MakeError(common::v1::REQUEST_TIMED_OUT,
                                     absl::StrFormat("controller %d did not become the active one: "
                                                     "%s",
                                                     successor.value(), why),
                                     common::v1::UNKNOWN));
        } else {
          std::move(reply)(controller_->is_active() ? MakeError(common::v1::INVALID_REQUEST, why)
                                                    : NotController());
        }
      });
}

// Another node leads now; it may not be the successor that was chosen.
void QuorumChanges::ReplyWithLeader(TransferReply reply) {
  log_->Describe([reply = std::move(reply)](const raft::QuorumStatus& status) mutable {
    if (!status.leader) return std::move(reply)(NotController());
    std::move(reply)(Transferred(true, *status.leader));
  });
}

}  // namespace quorate::server
