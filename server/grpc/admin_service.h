// Serves quorate.admin.v1.AdminService on every controller. Writes and descriptions of soft state
// go to the active controller through the router; other reads are answered by this controller.
#pragma once

#include "base/budget.h"
#include "controller/operation.h"
#include "quorate/admin/v1/admin_service.pb.h"
#include "server/calls/method_service.h"
#include "server/grpc/answer_pieces.h"
#include "server/grpc/call_edge.h"
#include "server/node/cluster_queries.h"
#include "server/node/request_router.h"

namespace quorate::server {

class AdminService final : public MethodService {
 public:
  // The operations of the service must be registered with the router. All arguments must outlive
  // the service's calls. `query_loop` builds responses from images, which may take long.
  AdminService(const CallEdge* edge, RequestRouter* router, ClusterQueries* queries,
               Executor* query_loop);

 private:
  // Adds an operation that the active controller executes.
  template <typename Request, typename Response>
  void AddRouted(const controller::Operation<Request, Response>& operation, Budget* budget);
  // Adds a method that answers from an image: `describe(image, request, pieces)` runs on the query
  // loop.
  template <typename Request>
  void AddImageRead(void (*describe)(const metadata::MetadataImage&, const Request&,
                                     AnswerPieces*));
  // Adds an operation that the active controller answers or, if the request has allow_stale, this
  // controller from what it knows. Calls `(queries->*describe)(as_leader, deadline, reply)`.
  template <typename Request, typename Response>
  void AddDescription(const controller::Operation<Request, Response>& operation,
                      void (ClusterQueries::*describe)(bool, MonoTime,
                                                       controller::Reply<Response>));

  const CallEdge* const edge_;
  RequestRouter* const router_;
  ClusterQueries* const queries_;
  Executor* const query_loop_;
};

}  // namespace quorate::server
