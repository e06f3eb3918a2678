#include "controller/feature_updates.h"

#include <utility>

#include "controller/operations.h"
#include "controller/remembered_requests.h"

namespace quorate::controller {

using admin::v1::UpdateFeaturesRequest;
using admin::v1::UpdateFeaturesResponse;

FeatureUpdates::FeatureUpdates(Executor* executor, raft::ReplicatedLog* log,
                               RequestPipeline* pipeline, const BrokerSessions* sessions)
    : executor_(executor), log_(log), pipeline_(pipeline), sessions_(sessions) {}

void FeatureUpdates::Request(UpdateFeaturesRequest request, RequestContext context,
                             Reply<UpdateFeaturesResponse> reply) {
  log_->Describe([this, request = std::move(request), context = std::move(context),
                  reply = std::move(reply)](raft::QuorumStatus quorum) mutable {
    executor_->Post([this, request = std::move(request), context = std::move(context),
                     quorum = std::move(quorum), reply = std::move(reply)]() mutable {
      Submit(std::move(request), std::move(context), std::move(quorum), std::move(reply));
    });
  });
}

void FeatureUpdates::Submit(UpdateFeaturesRequest request, RequestContext context,
                            raft::QuorumStatus quorum, Reply<UpdateFeaturesResponse> reply) {
  // Only the leader knows the observers, so the request is decided in the epoch of the status or
  // not at all.
  if (context.epoch != Epoch() && context.epoch != quorum.epoch) {
    return std::move(reply)(pipeline_->NotController());
  }
  context.epoch = quorum.epoch;
  SupportEvidence evidence{.quorum = std::move(quorum)};
  for (const auto& [id, broker] : pipeline_->newest().brokers()) {
    // An unfenced broker has a session even while it has no stream.
    if (broker->fenced && !sessions_->IsConnected(id)) continue;
    evidence.brokers[id] = sessions_->MaxMetadataVersion(id);
  }
  SubmitRemembered(pipeline_, kUpdateFeatures, std::move(request), std::move(context),
                   std::move(reply),
                   [evidence = std::move(evidence)](
                       const View& view, const UpdateFeaturesRequest& of, const Context& with) {
                     return DecideUpdateFeatures(view, of, evidence, with);
                   });
}

}  // namespace quorate::controller
