#include "controller/broker_requests.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "controller/decide/brokers/allocate_producer_ids.h"
#include "controller/decide/brokers/broker_decisions.h"
#include "controller/decide/brokers/registration_request.h"
#include "controller/decide/partitions/assign_replicas.h"
#include "controller/decide/partitions/partition_decisions.h"

namespace quorate::controller {

using broker::v1::AllocateProducerIdsRequest;
using broker::v1::AllocateProducerIdsResponse;
using broker::v1::AlterPartitionRequest;
using broker::v1::AlterPartitionResponse;
using broker::v1::AssignReplicasToDirsRequest;
using broker::v1::AssignReplicasToDirsResponse;
using broker::v1::HeartbeatRequest;
using broker::v1::HeartbeatResponse;
using broker::v1::RegisterBrokerRequest;
using broker::v1::RegisterBrokerResponse;
using broker::v1::ReportRolesRequest;
using broker::v1::ReportRolesResponse;

namespace {

// The most registrations that may wait for their dials. A dial takes at most two seconds.
constexpr int kMaxProbing = 128;
constexpr int64_t kProbingRetryAfterMs = 200;

common::v1::Error OlderStreamError(const HeartbeatRequest& request) {
  return MakeError(
      common::v1::INVALID_REQUEST,
      absl::StrFormat("heartbeat stream %d of broker %d has ended: the broker has opened a "
                      "newer one",
                      request.stream_ordinal(), request.broker_id()));
}

}  // namespace

BrokerRequests::BrokerRequests(std::string cluster_id, Executor* executor, const Clock* clock,
                               BrokerProber* prober, RequestPipeline* pipeline, BrokerWatch* watch)
    : cluster_id_(std::move(cluster_id)),
      executor_(executor),
      clock_(clock),
      prober_(prober),
      pipeline_(pipeline),
      watch_(watch) {}

void BrokerRequests::RecordContact(BrokerId broker) {
  heard_.Record(broker, pipeline_->committed(), clock_->Now());
}

std::vector<BrokerId> BrokerRequests::HeardWithin(Duration within) {
  return heard_.Within(within, pipeline_->committed(), clock_->Now());
}

void BrokerRequests::Register(RegisterBrokerRequest request, RequestContext context,
                              Reply<RegisterBrokerResponse> reply) {
  using Role = RequestPipeline::Role;
  const Role role = pipeline_->role();
  if (role == Role::kStandby || role == Role::kStopped) {
    return std::move(reply)(pipeline_->NotController());
  }
  if (auto error = CheckRegistration(request, cluster_id_)) {
    return std::move(reply)(*std::move(error));
  }
  if (probing_ >= kMaxProbing) {
    common::v1::Error error = MakeError(common::v1::RESOURCE_EXHAUSTED,
                                        "too many brokers are registering at the same time; retry");
    error.set_retry_after_ms(kProbingRetryAfterMs);
    return std::move(reply)(std::move(error));
  }
  ++probing_;
  ProbeForRegistration(request, pipeline_->newest(), watch_->sessions(), prober_, executor_,
                       [this, request, context = std::move(context),
                        reply = std::move(reply)](const RegistrationProbes& probes) mutable {
                         --probing_;
                         SubmitRegistration(std::move(request), std::move(context), probes,
                                            std::move(reply));
                       });
}

void BrokerRequests::SubmitRegistration(RegisterBrokerRequest request, RequestContext context,
                                        const RegistrationProbes& probes,
                                        Reply<RegisterBrokerResponse> reply) {
  const BrokerId id(request.broker_id());
  RequestPipeline::Decide<RegisterBrokerResponse> decide =
      [this, id, request = std::move(request), probes](const View& view, const Context& c) {
        RegistrationEvidence evidence{.endpoint_verified =
                                          probes.advertised == ProbeResult::kSameIncarnation};
        if (const auto* registered = view.image.FindBroker(id)) {
          const bool dialled = probes.registered_incarnation == registered->incarnation_id;
          evidence.registered_one_is_gone = watch_->sessions().IsGone(
              *registered, dialled ? probes.registered : std::nullopt, c.now);
          evidence.session_ends_in_ms = ToMs(watch_->sessions().TimeLeft(id, c.now));
        }
        return DecideRegisterBroker(view, request, evidence, cluster_id_, c);
      };
  const auto after = [this, id](bool appended) {
    if (appended) watch_->instruments().registrations.Add();
    watch_->Decided(id, appended);
  };
  pipeline_->Submit<RegisterBrokerResponse>({.principal = std::move(context.principal),
                                             .deadline = context.deadline,
                                             .epoch = context.epoch,
                                             .after = after},
                                            std::move(decide), std::move(reply));
}

void BrokerRequests::Heartbeat(StreamId stream, HeartbeatRequest request,
                               Reply<HeartbeatResponse> reply) {
  const BrokerId id(request.broker_id());
  RecordContact(id);
  pipeline_->Submit<HeartbeatResponse>(
      {.principal = "Broker:" + ToString(id),
       .stream = stream,
       .waits_for_log = false,
       // The next heartbeat corrects this answer, and the broker's roles follow only the log. A
       // confirmation round for each broker and second would double the traffic between the
       // controllers.
       .is_hint = true,
       .after = [this, id](bool appended) { watch_->Decided(id, appended); }},
      [this, stream, request = std::move(request), goes_on = false](
          const View& view, const Context& context) mutable {
        auto decision = DecideHeartbeatNow(view, stream, request, context, goes_on);
        goes_on = decision.again;
        if (auto* response = std::get_if<HeartbeatResponse>(&decision.answer)) {
          const auto& before = *view.image.FindBroker(BrokerId(request.broker_id()));
          if (response->is_fenced() != before.fenced) {
            CountTransition(response->is_fenced(), request);
          }
          response->set_controller_epoch(pipeline_->claimed_epoch().value());
        }
        return decision;
      },
      std::move(reply));
}

void BrokerRequests::CountTransition(bool fenced, const HeartbeatRequest& request) {
  if (!fenced) {
    watch_->instruments().unfences.Add();
  } else {
    const bool stops = request.want_shutdown() && !request.want_fence();
    watch_->instruments().CountFence(stops ? FenceCause::kControlledShutdown
                                           : FenceCause::kRequested);
  }
}

Decision<HeartbeatResponse> BrokerRequests::DecideHeartbeatNow(const View& view, StreamId stream,
                                                               const HeartbeatRequest& request,
                                                               const Context& context,
                                                               bool goes_on) {
  if (auto error = CheckHeartbeat(view.image, request)) return {.answer = *std::move(error)};
  const metadata::BrokerRegistration& broker =
      *view.image.FindBroker(BrokerId(request.broker_id()));
  // Record the heartbeat only once. Its stream may have ended before the later parts of the
  // decision.
  if (!goes_on) {
    if (watch_->sessions().IsOnReplacedStream(request))
      return {.answer = OlderStreamError(request)};
    watch_->RecordHeartbeat(stream, request);
  }
  // A heartbeat never waits and is never refused because the log has no room. The next one asks
  // again.
  const bool may_change =
      pipeline_->MayAppend() && request.goodbye() == HeartbeatRequest::GOODBYE_UNSPECIFIED;
  if (!may_change) return {.answer = UnchangedAnswer(broker, request)};
  watch_->SetWantsToStop(broker.id, request.want_shutdown());
  bool others_know = false;
  if (broker.in_controlled_shutdown) {
    // After a takeover, the offset at which the shutdown began is unknown. The present end offset
    // is a safe substitute.
    watch_->sessions().ShutdownBegan(broker.id, view.image.end_offset());
    others_know = watch_->sessions().OthersKnowOfShutdown(view.image, broker.id);
  }
  return DecideHeartbeat(view, request, others_know, context);
}

void BrokerRequests::AlterPartition(AlterPartitionRequest request, RequestContext context,
                                    Reply<AlterPartitionResponse> reply) {
  const bool is_large = IsLarge(request, pipeline_->newest());
  pipeline_->Submit<AlterPartitionResponse>(
      {.principal = std::move(context.principal),
       .deadline = context.deadline,
       .epoch = context.epoch,
       .is_large = is_large},
      [request = std::move(request)](const View& view, const Context& c) {
        return DecideAlterPartition(view, request, c);
      },
      std::move(reply));
}

void BrokerRequests::AllocateProducerIds(AllocateProducerIdsRequest request, RequestContext context,
                                         Reply<AllocateProducerIdsResponse> reply) {
  pipeline_->Submit<AllocateProducerIdsResponse>(
      {.principal = std::move(context.principal),
       .deadline = context.deadline,
       .epoch = context.epoch},
      [request = std::move(request)](const View& view, const Context& c) {
        return DecideAllocateProducerIds(view, request, c);
      },
      std::move(reply));
}

void BrokerRequests::AssignReplicasToDirs(AssignReplicasToDirsRequest request,
                                          RequestContext context,
                                          Reply<AssignReplicasToDirsResponse> reply) {
  const bool is_large = IsLarge(request, pipeline_->newest());
  pipeline_->Submit<AssignReplicasToDirsResponse>(
      {.principal = std::move(context.principal),
       .deadline = context.deadline,
       .epoch = context.epoch,
       .is_large = is_large},
      [request = std::move(request)](const View& view, const Context& c) {
        return DecideAssignReplicasToDirs(view, request, c);
      },
      std::move(reply));
}

void BrokerRequests::ReportRoles(ReportRolesRequest request, RequestContext context,
                                 Reply<ReportRolesResponse> reply) {
  if (auto error = CheckReport(request)) return std::move(reply)(*std::move(error));
  pipeline_->Submit<ReportRolesResponse>(
      {.principal = std::move(context.principal),
       .deadline = context.deadline,
       .epoch = context.epoch,
       .waits_for_log = false,
       // For display only.
       .is_hint = true},
      [this, request = std::move(request)](const View& view, const Context&) {
        Decision<ReportRolesResponse> decision;
        const BrokerId id(request.broker_id());
        if (auto error = CheckBrokerEpoch(view.image, id, request.broker_epoch())) {
          decision.answer = *std::move(error);
        } else {
          watch_->sessions().ReportRoles(view.image, request);
        }
        return decision;
      },
      std::move(reply));
}

}  // namespace quorate::controller
