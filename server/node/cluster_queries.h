// Answers the describe calls that need more than a metadata image: DescribeQuorum, from the
// consensus layer, and DescribeCluster, from the controller and the peer transport together.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "controller/answer.h"
#include "controller/quorum_controller.h"
#include "quorate/admin/v1/admin_service.pb.h"
#include "raft/api/replicated_log.h"
#include "server/node/peer_contact.h"

namespace quorate::server {

// What this node knows of the addresses of the controllers, itself included. Thread-safe.
class ControllerDirectory {
 public:
  virtual ~ControllerDirectory() = default;

  // Returns HOST:PORT of the node's client listener, or nullopt if it is not known.
  virtual std::optional<std::string> ClientEndpoint(NodeId node) const = 0;
  // Returns the state of the contact with the node, or nullopt if it was not dialled yet. For this
  // node it holds its own address.
  virtual std::optional<PeerContact> Contact(NodeId node) const = 0;
};

// What a controller reports about the machine that it runs on (DescribeQuorumResponse).
struct MachineState {
  int64_t free_disk_bytes = 0;
  int64_t min_free_disk_bytes = 0;
  int64_t clock_behind_ms = 0;
};

// Thread-safe.
class ClusterQueries {
 public:
  // All arguments must outlive the object and its queries. `machine` may be called on any thread.
  ClusterQueries(std::string cluster_id, raft::ReplicatedLog* log,
                 controller::QuorumController* controller, const ControllerDirectory* directory,
                 const Clock* clock, std::function<MachineState()> machine);

  // Replies with an image that is recent enough for a linearizable read that starts now or, if
  // `allow_stale`, with the image that this node has applied. Fails with CONTROLLER_NOT_AVAILABLE
  // if the read was not confirmed by the deadline or the leader changed, and with REQUEST_TIMED_OUT
  // if the confirmed image was not applied by the deadline. The reply runs on the controller's
  // loop, or on the raft loop if the read was not confirmed.
  void ReadImage(bool allow_stale, MonoTime deadline,
                 controller::Reply<metadata::MetadataImage> reply);

  // Describes what this node knows or, if `as_leader`, what the active controller knows,
  // linearizably: then fails with NOT_CONTROLLER if this node is not the active controller. The
  // reply runs on the caller's thread, the raft loop or the controller's loop.
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
