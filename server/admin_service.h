// AdminService as every controller serves it: writes and descriptions of soft state go to the
// active controller through the router, reads are answered here.
#pragma once

#include "controller/quorum_controller.h"
#include "quorate/admin/v1/admin_service.grpc.pb.h"
#include "server/call_edge.h"
#include "server/cluster_queries.h"
#include "server/quorum_changes.h"
#include "server/request_router.h"

namespace quorate::server {

class AdminService final : public admin::v1::AdminService::CallbackService {
 public:
  // All outlive the service's calls. `query_loop` is where responses are made of images, which may
  // take long.
  AdminService(const CallEdge* edge, RequestRouter* router, ClusterQueries* queries,
               const QuorumChanges* changes, controller::QuorumController* controller,
               Executor* query_loop);

  grpc::ServerUnaryReactor* CreateTopics(grpc::CallbackServerContext* context,
                                         const admin::v1::CreateTopicsRequest* request,
                                         admin::v1::CreateTopicsResponse* response) override;
  grpc::ServerUnaryReactor* DeleteTopics(grpc::CallbackServerContext* context,
                                         const admin::v1::DeleteTopicsRequest* request,
                                         admin::v1::DeleteTopicsResponse* response) override;
  grpc::ServerUnaryReactor* ListTopics(grpc::CallbackServerContext* context,
                                       const admin::v1::ListTopicsRequest* request,
                                       admin::v1::ListTopicsResponse* response) override;
  grpc::ServerUnaryReactor* DescribeTopics(grpc::CallbackServerContext* context,
                                           const admin::v1::DescribeTopicsRequest* request,
                                           admin::v1::DescribeTopicsResponse* response) override;
  grpc::ServerUnaryReactor* IncrementalAlterConfigs(
      grpc::CallbackServerContext* context,
      const admin::v1::IncrementalAlterConfigsRequest* request,
      admin::v1::IncrementalAlterConfigsResponse* response) override;
  grpc::ServerUnaryReactor* DescribeConfigs(grpc::CallbackServerContext* context,
                                            const admin::v1::DescribeConfigsRequest* request,
                                            admin::v1::DescribeConfigsResponse* response) override;
  grpc::ServerUnaryReactor* DescribeCluster(grpc::CallbackServerContext* context,
                                            const admin::v1::DescribeClusterRequest* request,
                                            admin::v1::DescribeClusterResponse* response) override;
  grpc::ServerUnaryReactor* DescribeQuorum(grpc::CallbackServerContext* context,
                                           const admin::v1::DescribeQuorumRequest* request,
                                           admin::v1::DescribeQuorumResponse* response) override;
  grpc::ServerUnaryReactor* AddVoter(grpc::CallbackServerContext* context,
                                     const admin::v1::AddVoterRequest* request,
                                     admin::v1::ChangeVotersResponse* response) override;
  grpc::ServerUnaryReactor* RemoveVoter(grpc::CallbackServerContext* context,
                                        const admin::v1::RemoveVoterRequest* request,
                                        admin::v1::ChangeVotersResponse* response) override;
  grpc::ServerUnaryReactor* TransferLeadership(
      grpc::CallbackServerContext* context, const admin::v1::TransferLeadershipRequest* request,
      admin::v1::TransferLeadershipResponse* response) override;

 private:
  // Ends the call with the answer, on the edge's loop.
  template <typename Response>
  controller::Reply<Response> FinishOnLoop(grpc::ServerUnaryReactor* reactor,
                                           Response* response) const;
  // Answers from an image: `describe(image)` runs on the query loop.
  template <typename Response, typename Describe>
  grpc::ServerUnaryReactor* Read(grpc::CallbackServerContext* context, bool allow_stale,
                                 Response* response, Describe describe);

  const CallEdge* const edge_;
  RequestRouter* const router_;
  ClusterQueries* const queries_;
  const QuorumChanges* const changes_;
  Executor* const query_loop_;
  const RequestRouter::Method* create_topics_;
  const RequestRouter::Method* delete_topics_;
  const RequestRouter::Method* incremental_alter_configs_;
  const RequestRouter::Method* describe_cluster_;
  const RequestRouter::Method* describe_quorum_;
};

}  // namespace quorate::server
