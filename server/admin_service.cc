#include "server/admin_service.h"

#include <memory>
#include <utility>

#include "controller/config_description.h"
#include "metadata/describe.h"
#include "server/routed_call.h"
#include "server/routed_methods.h"
#include "server/sure_reply.h"

namespace quorate::server {
namespace {

using admin::v1::CreateTopicsRequest;
using admin::v1::CreateTopicsResponse;
using admin::v1::DeleteTopicsRequest;
using admin::v1::DeleteTopicsResponse;
using admin::v1::DescribeClusterRequest;
using admin::v1::DescribeClusterResponse;
using admin::v1::DescribeConfigsRequest;
using admin::v1::DescribeConfigsResponse;
using admin::v1::DescribeQuorumRequest;
using admin::v1::DescribeQuorumResponse;
using admin::v1::DescribeTopicsRequest;
using admin::v1::DescribeTopicsResponse;
using admin::v1::IncrementalAlterConfigsRequest;
using admin::v1::IncrementalAlterConfigsResponse;
using admin::v1::ListTopicsRequest;
using admin::v1::ListTopicsResponse;

constexpr int64_t kRetryAfterMs = 100;

ListTopicsResponse ListTopicsOf(const metadata::MetadataImage& image) {
  ListTopicsResponse response;
  for (const metadata::TopicPtr& topic : image.TopicsByName()) {
    auto* listed = response.add_topics();
    listed->set_name(topic->name());
    listed->set_topic_id(topic->id().ToString());
    listed->set_partition_count(topic->partition_count());
  }
  response.set_end_offset(image.end_offset().value());
  return response;
}

DescribeTopicsResponse DescribeTopicsOf(const metadata::MetadataImage& image,
                                        const DescribeTopicsRequest& request) {
  DescribeTopicsResponse response;
  *response.mutable_topics() = metadata::DescribeTopics(image, request.topics());
  response.set_end_offset(image.end_offset().value());
  return response;
}

}  // namespace

AdminService::AdminService(const CallEdge* edge, RequestRouter* router, ClusterQueries* queries,
                           const QuorumChanges* changes, controller::QuorumController* controller,
                           Executor* query_loop)
    : edge_(edge), router_(router), queries_(queries), changes_(changes), query_loop_(query_loop) {
  create_topics_ = router->Register(RoutedMethod<CreateTopicsRequest, CreateTopicsResponse>(
      "quorate.admin.v1.AdminService/CreateTopics", RepeatableById<CreateTopicsRequest>,
      [controller](auto request, auto context, auto reply) {
        controller->CreateTopics(std::move(request), std::move(context), std::move(reply));
      }));
  delete_topics_ = router->Register(RoutedMethod<DeleteTopicsRequest, DeleteTopicsResponse>(
      "quorate.admin.v1.AdminService/DeleteTopics", RepeatableById<DeleteTopicsRequest>,
      [controller](auto request, auto context, auto reply) {
        controller->DeleteTopics(std::move(request), std::move(context), std::move(reply));
      }));
  incremental_alter_configs_ = router->Register(
      RoutedMethod<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(
          "quorate.admin.v1.AdminService/IncrementalAlterConfigs",
          RepeatableById<IncrementalAlterConfigsRequest>,
          [controller](auto request, auto context, auto reply) {
            controller->IncrementalAlterConfigs(std::move(request), std::move(context),
                                                std::move(reply));
          }));
  auto describe_cluster = RoutedMethod<DescribeClusterRequest, DescribeClusterResponse>(
      "quorate.admin.v1.AdminService/DescribeCluster", AlwaysRepeatable<DescribeClusterRequest>,
      [queries](auto /*request*/, const auto& context, auto reply) {
        queries->DescribeCluster(/*as_leader=*/true, context.deadline, std::move(reply));
      });
  describe_cluster.read_only = true;
  describe_cluster_ = router->Register(std::move(describe_cluster));
  auto describe_quorum = RoutedMethod<DescribeQuorumRequest, DescribeQuorumResponse>(
      "quorate.admin.v1.AdminService/DescribeQuorum", AlwaysRepeatable<DescribeQuorumRequest>,
      [queries](auto /*request*/, const auto& context, auto reply) {
        queries->DescribeQuorum(/*as_leader=*/true, context.deadline, std::move(reply));
      });
  describe_quorum.read_only = true;
  describe_quorum_ = router->Register(std::move(describe_quorum));
}

grpc::ServerUnaryReactor* AdminService::CreateTopics(grpc::CallbackServerContext* context,
                                                     const CreateTopicsRequest* request,
                                                     CreateTopicsResponse* response) {
  return StartRoutedCall(*edge_, *router_, create_topics_, context, request, response);
}

grpc::ServerUnaryReactor* AdminService::DeleteTopics(grpc::CallbackServerContext* context,
                                                     const DeleteTopicsRequest* request,
                                                     DeleteTopicsResponse* response) {
  return StartRoutedCall(*edge_, *router_, delete_topics_, context, request, response);
}

grpc::ServerUnaryReactor* AdminService::IncrementalAlterConfigs(
    grpc::CallbackServerContext* context, const IncrementalAlterConfigsRequest* request,
    IncrementalAlterConfigsResponse* response) {
  return StartRoutedCall(*edge_, *router_, incremental_alter_configs_, context, request, response);
}

grpc::ServerUnaryReactor* AdminService::DescribeCluster(grpc::CallbackServerContext* context,
                                                        const DescribeClusterRequest* request,
                                                        DescribeClusterResponse* response) {
  if (!request->allow_stale()) {
    return StartRoutedCall(*edge_, *router_, describe_cluster_, context, request, response);
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  queries_->DescribeCluster(/*as_leader=*/false, edge_->ContextOf(*context).deadline,
                            FinishOnLoop(reactor, response));
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::DescribeQuorum(grpc::CallbackServerContext* context,
                                                       const DescribeQuorumRequest* request,
                                                       DescribeQuorumResponse* response) {
  if (!request->allow_stale()) {
    return StartRoutedCall(*edge_, *router_, describe_quorum_, context, request, response);
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  queries_->DescribeQuorum(/*as_leader=*/false, edge_->ContextOf(*context).deadline,
                           FinishOnLoop(reactor, response));
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::AddVoter(grpc::CallbackServerContext* context,
                                                 const admin::v1::AddVoterRequest* request,
                                                 admin::v1::ChangeVotersResponse* response) {
  return StartRoutedCall(*edge_, *router_, changes_->add_voter(), context, request, response);
}

grpc::ServerUnaryReactor* AdminService::RemoveVoter(grpc::CallbackServerContext* context,
                                                    const admin::v1::RemoveVoterRequest* request,
                                                    admin::v1::ChangeVotersResponse* response) {
  return StartRoutedCall(*edge_, *router_, changes_->remove_voter(), context, request, response);
}

grpc::ServerUnaryReactor* AdminService::TransferLeadership(
    grpc::CallbackServerContext* context, const admin::v1::TransferLeadershipRequest* request,
    admin::v1::TransferLeadershipResponse* response) {
  return StartRoutedCall(*edge_, *router_, changes_->transfer_leadership(), context, request,
                         response);
}

grpc::ServerUnaryReactor* AdminService::ListTopics(grpc::CallbackServerContext* context,
                                                   const ListTopicsRequest* request,
                                                   ListTopicsResponse* response) {
  return Read(context, request->allow_stale(), response, ListTopicsOf);
}

grpc::ServerUnaryReactor* AdminService::DescribeTopics(grpc::CallbackServerContext* context,
                                                       const DescribeTopicsRequest* request,
                                                       DescribeTopicsResponse* response) {
  // The request lives until Finish.
  return Read(context, request->allow_stale(), response,
              [request](const metadata::MetadataImage& image) {
                return DescribeTopicsOf(image, *request);
              });
}

grpc::ServerUnaryReactor* AdminService::DescribeConfigs(grpc::CallbackServerContext* context,
                                                        const DescribeConfigsRequest* request,
                                                        DescribeConfigsResponse* response) {
  return Read(context, request->allow_stale(), response,
              [request](const metadata::MetadataImage& image) {
                return controller::DescribeConfigs(image, *request);
              });
}

template <typename Response>
controller::Reply<Response> AdminService::FinishOnLoop(grpc::ServerUnaryReactor* reactor,
                                                       Response* response) const {
  controller::Reply<Response> reply = [edge = edge_, reactor,
                                       response](controller::Answer<Response> answer) {
    edge->loop()->Post([edge, reactor, response, answer = std::move(answer)]() mutable {
      edge->Finish(reactor, std::move(answer),
                   [response](Response filled) { *response = std::move(filled); });
    });
  };
  return SureReply(std::move(reply));
}

template <typename Response, typename Describe>
grpc::ServerUnaryReactor* AdminService::Read(grpc::CallbackServerContext* context, bool allow_stale,
                                             Response* response, Describe describe) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  queries_->ReadImage(
      allow_stale, edge_->ContextOf(*context).deadline,
      [this, reply = FinishOnLoop(reactor, response),
       describe = std::move(describe)](controller::Answer<metadata::MetadataImage> answer) mutable {
        if (auto* error = std::get_if<common::v1::Error>(&answer)) {
          std::move(reply)(std::move(*error));
          return;
        }
        // Shared, because a task that is refused takes its captures with it.
        auto shared = std::make_shared<controller::Reply<Response>>(std::move(reply));
        if (!query_loop_->TryPost([shared, describe = std::move(describe),
                                   image = std::get<metadata::MetadataImage>(std::move(answer))] {
              std::move (*shared)(describe(image));
            })) {
          common::v1::Error error = controller::MakeError(
              common::v1::RESOURCE_EXHAUSTED, "this controller has too many reads queued");
          error.set_retry_after_ms(kRetryAfterMs);
          std::move (*shared)(std::move(error));
        }
      });
  return reactor;
}

}  // namespace quorate::server
