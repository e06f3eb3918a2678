// The describe calls that need more than the image: the quorum, from the consensus layer, and the
// cluster, from the controller and the peer transport together.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "controller/answer.h"
#include "controller/quorum_controller.h"
#include "quorate/admin/v1/admin_service.pb.h"
#include "raft/replicated_log.h"
#include "server/peer_contact.h"

namespace quorate::server {

// What the peer transport knows of the controllers. Thread-safe.
class ControllerDirectory {
 public:
  virtual ~ControllerDirectory() = default;

  // HOST:PORT of the client listener, this node's own included; nothing: not known.
  virtual std::optional<std::string> ClientEndpoint(NodeId node) const = 0;
  // Of this node itself: its own address. Nothing: the node was not tried yet.
  virtual std::optional<PeerContact> Contact(NodeId node) const = 0;
};

// What a controller tells of the machine that it runs on (DescribeQuorumResponse).
struct MachineState {
  int64_t free_disk_bytes = 0;
  int64_t min_free_disk_bytes = 0;
  int64_t clock_behind_ms = 0;
};

class ClusterQueries {
 public:
  // All outlive the queries and what they ask. `machine` is called on any thread.
  ClusterQueries(std::string cluster_id, raft::ReplicatedLog* log,
                 controller::QuorumController* controller, const ControllerDirectory* directory,
                 const Clock* clock, std::function<MachineState()> machine);

  // The image at which a read that starts now is linearizable, or at once what is applied.
  // CONTROLLER_NOT_AVAILABLE: it was not confirmed by the deadline, or the leader changed. The
  // reply comes on the controller's loop.
  void ReadImage(bool allow_stale, MonoTime deadline,
                 controller::Reply<metadata::MetadataImage> reply);

  // From what this node knows, or, if `as_leader`, linearizably from the active controller: then
  // NOT_CONTROLLER where that is another node. The reply comes on the raft or the controller's
  // loop.
  void DescribeCluster(bool as_leader, MonoTime deadline,
                       controller::Reply<admin::v1::DescribeClusterResponse> reply);
  void DescribeQuorum(bool as_leader, MonoTime deadline,
                      controller::Reply<admin::v1::DescribeQuorumResponse> reply);

 private:
  const std::string cluster_id_;
  raft::ReplicatedLog* const log_;
  controller::QuorumController* const controller_;
  const ControllerDirectory* const directory_;
  const Clock* const clock_;
  const std::function<MachineState()> machine_;
};

}  // namespace quorate::server
