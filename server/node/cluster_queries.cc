#include "server/node/cluster_queries.h"

#include <utility>

#include "absl/strings/str_format.h"

namespace quorate::server {
namespace {

using admin::v1::DescribeClusterResponse;
using admin::v1::DescribeQuorumResponse;
using common::v1::Error;

Error Unconfirmed(const absl::Status& status) {
  return controller::MakeError(
      common::v1::CONTROLLER_NOT_AVAILABLE,
      absl::StrFormat(
          "no active controller confirmed the read (%s); set allow_stale to read what this "
          "controller has",
          std::string(status.message())));
}

Error NotController() {
  return controller::MakeError(common::v1::NOT_CONTROLLER, "this controller is not the active one");
}

int64_t AgeMs(MonoTime now, const std::optional<MonoTime>& then) {
  return then ? ToMs(now - *then) : -1;
}

void AddReplica(const raft::ReplicaStatus& status, RecordOffset leader_end, MonoTime now,
                const ControllerDirectory& directory, DescribeQuorumResponse& response) {
  auto* replica = status.is_voter ? response.add_voters() : response.add_observers();
  replica->set_node_id(status.key.node_id.value());
  replica->set_directory_id(status.key.directory_id.is_zero() ? ""
                                                              : status.key.directory_id.ToString());
  replica->set_log_end_offset(status.log_end_offset ? status.log_end_offset->value() : -1);
  const bool lag_is_known = response.from_leader() && status.log_end_offset.has_value();
  replica->set_lag(lag_is_known ? leader_end - *status.log_end_offset : -1);
  replica->set_last_contact_age_ms(AgeMs(now, status.last_contact));
  replica->set_last_caught_up_age_ms(AgeMs(now, status.last_caught_up));
  if (const auto contact = directory.Contact(status.key.node_id)) {
    replica->set_peer_address(contact->address);
    replica->set_contact_problem(contact->problem);
    replica->set_expected_peer_address(contact->expected_address);
  }
}

DescribeQuorumResponse MakeQuorumResponse(const std::string& cluster_id, MonoTime now,
                                          const raft::QuorumStatus& status,
                                          const ControllerDirectory& directory,
                                          const MachineState& machine) {
  DescribeQuorumResponse response;
  response.set_cluster_id(cluster_id);
  response.set_leader_id(status.leader ? status.leader->value() : -1);
  response.set_epoch(status.epoch.value());
  response.set_high_watermark(status.high_watermark.value());
  response.set_answered_by(status.self.value());
  response.set_from_leader(status.leader == status.self);
  response.set_leader_since_ms(status.leader_since_ms);
  response.set_free_disk_bytes(machine.free_disk_bytes);
  response.set_min_free_disk_bytes(machine.min_free_disk_bytes);
  response.set_clock_behind_ms(machine.clock_behind_ms);
  for (const raft::ReplicaStatus& replica : status.replicas) {
    AddReplica(replica, status.log_end_offset, now, directory, response);
  }
  return response;
}

void AddControllers(const raft::QuorumStatus& status, const ControllerDirectory& directory,
                    DescribeClusterResponse& response) {
  for (const raft::ReplicaStatus& replica : status.replicas) {
    auto* controller = response.add_controllers();
    controller->set_node_id(replica.key.node_id.value());
    controller->set_client_endpoint(directory.ClientEndpoint(replica.key.node_id).value_or(""));
    controller->set_peer_endpoint(replica.peer_endpoint);
    controller->set_in_session(replica.in_session || replica.key.node_id == status.self);
    controller->set_observer(!replica.is_voter);
    controller->set_max_metadata_version(replica.max_metadata_version);
  }
}

}  // namespace

ClusterQueries::ClusterQueries(std::string cluster_id, raft::ReplicatedLog* log,
                               controller::QuorumController* controller,
                               const ControllerDirectory* directory, const Clock* clock,
                               std::function<MachineState()> machine)
    : cluster_id_(std::move(cluster_id)),
      log_(log),
      controller_(controller),
      directory_(directory),
      clock_(clock),
      machine_(std::move(machine)) {}

void ClusterQueries::ReadImage(bool allow_stale, MonoTime deadline,
                               controller::Reply<metadata::MetadataImage> reply) {
  if (allow_stale) {
    controller_->ReadImage(RecordOffset(0), deadline, std::move(reply));
    return;
  }
  log_->ReadIndex(deadline, [this, deadline, reply = std::move(reply)](
                                absl::StatusOr<RecordOffset> offset) mutable {
    if (offset.ok()) {
      controller_->ReadImage(*offset, deadline, std::move(reply));
    } else {
      std::move(reply)(Unconfirmed(offset.status()));
    }
  });
}

void ClusterQueries::DescribeCluster(bool as_leader, MonoTime deadline,
                                     controller::Reply<DescribeClusterResponse> reply) {
  if (as_leader && !controller_->is_active()) {
    std::move(reply)(NotController());
    return;
  }
  // ReadImage is used only to wait: DescribeCluster describes the image that the controller has by
  // then.
  ReadImage(
      !as_leader, deadline,
      [this, as_leader,
       reply = std::move(reply)](controller::Answer<metadata::MetadataImage> image) mutable {
        if (auto* error = std::get_if<Error>(&image)) {
          std::move(reply)(std::move(*error));
          return;
        }
        controller_->DescribeCluster(
            [this, as_leader,
             reply = std::move(reply)](controller::Answer<DescribeClusterResponse> answer) mutable {
              auto* response = std::get_if<DescribeClusterResponse>(&answer);
              if (response == nullptr) {
                std::move(reply)(std::move(answer));
              } else if (as_leader && !response->from_active_controller()) {
                std::move(reply)(NotController());
              } else {
                log_->Describe([this, response = std::move(*response), reply = std::move(reply)](
                                   const raft::QuorumStatus& status) mutable {
                  AddControllers(status, *directory_, response);
                  std::move(reply)(std::move(response));
                });
              }
            });
      });
}

void ClusterQueries::DescribeQuorum(bool as_leader, MonoTime deadline,
                                    controller::Reply<DescribeQuorumResponse> reply) {
  auto describe = [this, as_leader](controller::Reply<DescribeQuorumResponse> to) {
    log_->Describe([this, as_leader, to = std::move(to)](const raft::QuorumStatus& status) mutable {
      if (as_leader && status.leader != status.self) {
        std::move(to)(NotController());
      } else {
        std::move(to)(
            MakeQuorumResponse(cluster_id_, clock_->Now(), status, *directory_, machine_()));
      }
    });
  };
  if (!as_leader) {
    describe(std::move(reply));
    return;
  }
  // Confirm leadership first: a leader that was deposed while it was paused must not describe an
  // outdated quorum.
  log_->ReadIndex(deadline, [describe, reply = std::move(reply)](
                                const absl::StatusOr<RecordOffset>& offset) mutable {
    if (offset.ok()) {
      describe(std::move(reply));
    } else {
      std::move(reply)(Unconfirmed(offset.status()));
    }
  });
}

}  // namespace quorate::server
