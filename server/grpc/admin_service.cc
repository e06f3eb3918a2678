#include "server/grpc/admin_service.h"

#include <memory>
#include <utility>
#include <variant>

#include "controller/decide/configs/config_description.h"
#include "controller/decide/partitions/reassignment_pages.h"
#include "controller/decide/topics/topic_list.h"
#include "controller/decide/topics/topic_pages.h"
#include "controller/operations.h"
#include "metadata/describe.h"
#include "server/grpc/routed_call.h"
#include "server/node/ensure_answered.h"

namespace quorate::server {
namespace {

using admin::v1::DescribeConfigsRequest;
using admin::v1::DescribeConfigsResponse;
using admin::v1::DescribeTopicsRequest;
using admin::v1::DescribeTopicsResponse;
using admin::v1::ListPartitionReassignmentsRequest;
using admin::v1::ListPartitionReassignmentsResponse;
using admin::v1::ListTopicsRequest;
using admin::v1::ListTopicsResponse;

// The approximate memory per partition while the description of a topic is built.
constexpr size_t kPartitionBytes = 192;
constexpr int kTopicsPerPiece = 256;

void ListTopics(const metadata::MetadataImage& image, const ListTopicsRequest& request,
                AnswerPieces* pieces) {
  auto page = controller::ListTopicPage(image, request);
  if (auto* error = std::get_if<common::v1::Error>(&page)) return pieces->Fail(std::move(*error));
  const auto& list = std::get<controller::TopicList>(page);
  ListTopicsResponse piece;
  for (const metadata::TopicPtr& topic : list.topics) {
    auto* listed = piece.add_topics();
    listed->set_name(topic->name());
    listed->set_topic_id(topic->id().ToString());
    listed->set_partition_count(topic->partition_count());
    if (piece.topics_size() < kTopicsPerPiece) continue;
    pieces->Add(piece);
    if (pieces->error()) return;
    piece.Clear();
  }
  piece.set_end_offset(image.end_offset().value());
  piece.set_has_more(list.has_more);
  pieces->Add(piece);
}

void DescribeTopics(const metadata::MetadataImage& image, const DescribeTopicsRequest& request,
                    AnswerPieces* pieces) {
  if (request.has_filter()) {
    auto page = controller::DescribeTopicPage(image, request);
    if (auto* error = std::get_if<common::v1::Error>(&page)) return pieces->Fail(std::move(*error));
    return pieces->Add(std::get<DescribeTopicsResponse>(page));
  }
  const auto describe = [&](const std::string& name, const metadata::TopicPtr& topic) {
    const size_t partitions = topic == nullptr ? 0 : topic->partition_count();
    if (!pieces->HasRoomFor(partitions * kPartitionBytes)) return;
    DescribeTopicsResponse piece;
    *piece.add_topics() = metadata::DescribeTopic(image, name);
    pieces->Add(piece);
  };
  for (const std::string& name : request.topics()) {
    describe(name, image.FindTopicByName(name));
    if (pieces->error()) return;
  }
  if (request.topics().empty()) {
    for (const metadata::TopicPtr& topic : image.TopicsByName()) {
      describe(topic->name(), topic);
      if (pieces->error()) return;
    }
  }
  DescribeTopicsResponse last;
  last.set_end_offset(image.end_offset().value());
  pieces->Add(last);
}

void ListPartitionReassignments(const metadata::MetadataImage& image,
                                const ListPartitionReassignmentsRequest& request,
                                AnswerPieces* pieces) {
  auto page = controller::ListReassignmentPage(image, request);
  if (auto* error = std::get_if<common::v1::Error>(&page)) return pieces->Fail(std::move(*error));
  pieces->Add(std::get<ListPartitionReassignmentsResponse>(page));
}

void DescribeConfigs(const metadata::MetadataImage& image, const DescribeConfigsRequest& request,
                     AnswerPieces* pieces) {
  DescribeConfigsRequest one;
  one.set_include_synonyms(request.include_synonyms());
  one.set_include_documentation(request.include_documentation());
  for (const DescribeConfigsRequest::Query& query : request.resources()) {
    one.clear_resources();
    *one.add_resources() = query;
    DescribeConfigsResponse piece = controller::DescribeConfigs(image, one);
    piece.clear_end_offset();
    pieces->Add(piece);
    if (pieces->error()) return;
  }
  DescribeConfigsResponse last;
  last.set_end_offset(image.end_offset().value());
  pieces->Add(last);
}

// Returns a reply that ends the call on the edge's loop.
template <typename T>
controller::Reply<T> ReplyOnLoop(const CallEdge* edge, UnaryCall* call) {
  controller::Reply<T> reply = [edge, call](controller::Answer<T> answer) {
    edge->loop()->Post([edge, call, answer = std::move(answer)]() mutable {
      edge->Finish(call, std::move(answer));
    });
  };
  return EnsureAnswered(std::move(reply));
}

}  // namespace

AdminService::AdminService(const CallEdge* edge, RequestRouter* router, ClusterQueries* queries,
                           Executor* query_loop)
    : edge_(edge), router_(router), queries_(queries), query_loop_(query_loop) {
  controller::ForEachOperation([this]<typename Request, typename Response>(
                                   const controller::Operation<Request, Response>& operation) {
    if constexpr (controller::HasRequestId<Request>) {
      this->AddRouted(operation, &edge_->budgets().client_writes);
    }
  });
  Budget* const quorum_changes = &edge->budgets().quorum_changes;
  AddRouted(controller::kAddVoter, quorum_changes);
  AddRouted(controller::kRemoveVoter, quorum_changes);
  AddRouted(controller::kTransferLeadership, quorum_changes);
  AddDescription(controller::kDescribeCluster, &ClusterQueries::DescribeCluster);
  AddDescription(controller::kDescribeQuorum, &ClusterQueries::DescribeQuorum);
  AddImageRead(ListTopics);
  AddImageRead(DescribeTopics);
  AddImageRead(ListPartitionReassignments);
  AddImageRead(DescribeConfigs);
}

template <typename Request, typename Response>
void AdminService::AddRouted(const controller::Operation<Request, Response>& operation,
                             Budget* budget) {
  AddUnary(RoutedUnaryMethod(edge_, router_, operation, budget));
}

template <typename Request, typename Response>
void AdminService::AddDescription(const controller::Operation<Request, Response>& operation,
                                  void (ClusterQueries::*describe)(bool, MonoTime,
                                                                   controller::Reply<Response>)) {
  const RequestRouter::Method* routed = router_->Find(operation.log_name);
  AddUnary(edge_->Method(
      routed->request_type, &edge_->budgets().client_reads,
      [this, routed, describe](UnaryCall* call, UnaryMethod::MessagePtr request) {
        if (static_cast<const Request&>(*request).allow_stale()) {
          (queries_->*describe)(/*as_leader=*/false, edge_->DeadlineOf(call->context()),
                                ReplyOnLoop<Response>(edge_, call));
        } else {
          StartRoutedCall(edge_, router_, routed, call, std::move(request));
        }
      }));
}

template <typename Request>
void AdminService::AddImageRead(void (*describe)(const metadata::MetadataImage&, const Request&,
                                                 AnswerPieces*)) {
  const auto serve = [this, describe](UnaryCall* call, UnaryMethod::MessagePtr request) {
    const bool allow_stale = static_cast<const Request&>(*request).allow_stale();
    queries_->ReadImage(
        allow_stale, edge_->DeadlineOf(call->context()),
        [this, describe, call, reply = ReplyOnLoop<grpc::ByteBuffer>(edge_, call),
         request = std::move(request)](controller::Answer<metadata::MetadataImage> answer) mutable {
          if (auto* error = std::get_if<common::v1::Error>(&answer)) {
            return std::move(reply)(std::move(*error));
          }
          // Not TryPost: the call's budget limits how many tasks wait here.
          query_loop_->Post(
              [describe, call, reply = std::move(reply), request = std::move(request),
               image = std::get<metadata::MetadataImage>(std::move(answer))]() mutable {
                AnswerPieces pieces(call);
                if (!call->context().IsCancelled()) {
                  describe(image, static_cast<const Request&>(*request), &pieces);
                }
                if (pieces.error()) return std::move(reply)(*pieces.error());
                std::move(reply)(pieces.Take());
              });
        });
  };
  UnaryMethod method =
      edge_->Method(&Request::default_instance(), &edge_->budgets().client_reads, serve);
  method.large_budget = &edge_->budgets().large_reads;
  AddUnary(std::move(method));
}

}  // namespace quorate::server
