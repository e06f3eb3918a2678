// Handles the requests of brokers. It connects the decisions of broker_decisions.h and
// partition_decisions.h with the soft state, dials and sessions that they depend on.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "controller/answer.h"
#include "controller/broker_prober.h"
#include "controller/broker_watch.h"
#include "controller/heard_brokers.h"
#include "controller/registration_probe.h"
#include "controller/request_pipeline.h"
#include "quorate/broker/v1/broker_service.pb.h"

namespace quorate::controller {

// Used on the controller's loop only.
class BrokerRequests {
 public:
  // All arguments must outlive this object.
  BrokerRequests(std::string cluster_id, Executor* executor, const Clock* clock,
                 BrokerProber* prober, RequestPipeline* pipeline, BrokerWatch* watch);

  // Records that a message of the broker has arrived, for this controller or to be forwarded.
  void RecordContact(BrokerId broker);
  // Returns the registered brokers that sent this node a message in the last `within`, ascending.
  std::vector<BrokerId> HeardWithin(Duration within);

  // See QuorumController.
  void Register(broker::v1::RegisterBrokerRequest request, RequestContext context,
                Reply<broker::v1::RegisterBrokerResponse> reply);
  void Heartbeat(StreamId stream, broker::v1::HeartbeatRequest request,
                 Reply<broker::v1::HeartbeatResponse> reply);
  void AlterPartition(broker::v1::AlterPartitionRequest request, RequestContext context,
                      Reply<broker::v1::AlterPartitionResponse> reply);
  void AllocateProducerIds(broker::v1::AllocateProducerIdsRequest request, RequestContext context,
                           Reply<broker::v1::AllocateProducerIdsResponse> reply);
  void AssignReplicasToDirs(broker::v1::AssignReplicasToDirsRequest request, RequestContext context,
                            Reply<broker::v1::AssignReplicasToDirsResponse> reply);
  void ReportRoles(broker::v1::ReportRolesRequest request, RequestContext context,
                   Reply<broker::v1::ReportRolesResponse> reply);

 private:
  void SubmitRegistration(broker::v1::RegisterBrokerRequest request, RequestContext context,
                          const RegistrationProbes& probes,
                          Reply<broker::v1::RegisterBrokerResponse> reply);
  // Counts that the broker's heartbeat has fenced or unfenced it.
  void CountTransition(bool fenced, const broker::v1::HeartbeatRequest& request);
  Decision<broker::v1::HeartbeatResponse> DecideHeartbeatNow(
      const View& view, StreamId stream, const broker::v1::HeartbeatRequest& request,
      const Context& context, bool goes_on);

  const std::string cluster_id_;
  Executor* const executor_;
  const Clock* const clock_;
  BrokerProber* const prober_;
  RequestPipeline* const pipeline_;
  BrokerWatch* const watch_;
  HeardBrokers heard_;
  // The number of registrations that wait for their dials.
  int probing_ = 0;
};

}  // namespace quorate::controller
