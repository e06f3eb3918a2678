// Handles requests to change feature levels on the active controller. Whether a level may be raised
// depends on the programs of all controllers and brokers, so this class first collects what they
// support (decide/features/feature_decisions.h).
#pragma once

#include "base/executor.h"
#include "controller/answer.h"
#include "controller/broker_sessions.h"
#include "controller/decide/features/feature_decisions.h"
#include "controller/request_pipeline.h"
#include "quorate/admin/v1/admin_service.pb.h"
#include "raft/api/replicated_log.h"

namespace quorate::controller {

// Used on the controller's loop only.
class FeatureUpdates {
 public:
  // All arguments must outlive this object.
  FeatureUpdates(Executor* executor, raft::ReplicatedLog* log, RequestPipeline* pipeline,
                 const BrokerSessions* sessions);

  // See QuorumController::UpdateFeatures.
  void Request(admin::v1::UpdateFeaturesRequest request, RequestContext context,
               Reply<admin::v1::UpdateFeaturesResponse> reply);

 private:
  void Submit(admin::v1::UpdateFeaturesRequest request, RequestContext context,
              raft::QuorumStatus quorum, Reply<admin::v1::UpdateFeaturesResponse> reply);

  Executor* const executor_;
  raft::ReplicatedLog* const log_;
  RequestPipeline* const pipeline_;
  const BrokerSessions* const sessions_;
};

}  // namespace quorate::controller
