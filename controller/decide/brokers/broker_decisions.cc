#include "controller/decide/brokers/broker_decisions.h"

#include <algorithm>
#include <span>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "controller/decide/brokers/broker_list.h"
#include "controller/decide/brokers/log_directories.h"
#include "controller/decide/brokers/registration_request.h"
#include "metadata/record_builders.h"

namespace quorate::controller {
namespace {

using broker::v1::HeartbeatRequest;
using broker::v1::HeartbeatResponse;
using broker::v1::RegisterBrokerRequest;
using broker::v1::RegisterBrokerResponse;
using common::v1::Error;
using metadata::BrokerChange;
using metadata::BrokerRegistration;

constexpr int64_t kIdleBrokersRetryAfterMs = 1'000;

// Returns RESOURCE_EXHAUSTED while too many brokers are idle for a new one to register.
std::optional<Error> CheckIdleBrokers(const View& view, BrokerId newcomer) {
  const auto idle = std::count_if(
      view.image.brokers().begin(), view.image.brokers().end(),
      [&](const auto& entry) { return IsIdle(*entry.second, view.tally.LoadOf(entry.first)); });
  if (idle < kMaxIdleBrokers) return std::nullopt;
  Error error = MakeError(
      common::v1::RESOURCE_EXHAUSTED,
      absl::StrFormat("broker %d is new, but %d registered brokers are fenced and hold no replica, "
                      "which is the most allowed; start one of them first, or give the new broker "
                      "the id of a broker that no longer exists",
                      newcomer.value(), idle));
  error.set_retry_after_ms(kIdleBrokersRetryAfterMs);
  return error;
}

// Settles the partitions of `broker` as if it were active or inactive (`active`), whatever its
// registration says.
SettlementCounts SettleFor(const View& view, const BrokerRegistration& broker, bool active,
                           const Context& context, metadata::v1::RecordBatch* batch,
                           BrokerRecords kept = BrokerRecords::kKept,
                           const std::optional<FormerDirectory>& former = {}) {
  ActiveBrokers brokers(view.image);
  if (active) {
    brokers.Add(broker);
  } else {
    brokers.Remove(broker.id);
  }
  return SettlePartitionsOf(view.image, std::span(&broker.id, 1), brokers,
                            {.from = context.settle_from}, batch, kept, former);
}

// Returns whether the new process of a registered broker has what the old one acknowledged. The
// broker says so after a clean stop (Kafka: previousBrokerEpoch).
BrokerRecords RecordsAfterRestart(const BrokerRegistration& registered,
                                  const RegisterBrokerRequest& request) {
  const bool stopped_cleanly = request.has_previous_broker_epoch() &&
                               request.previous_broker_epoch() == registered.broker_epoch;
  return stopped_cleanly ? BrokerRecords::kKept : BrokerRecords::kMayBeLost;
}

// The change that a heartbeat makes to a registration.
enum class Transition { kNone, kUnfence, kFence };

struct TransitionCause {
  Transition transition = Transition::kNone;
  std::string cause;
  ElectionCause election_cause = ElectionCause::kOther;
};

TransitionCause ChooseTransition(const View& view, const BrokerRegistration& broker,
                                 const HeartbeatRequest& request, bool others_know) {
  const bool has_failed = HaveAllFailed(view.image, broker, request);
  const auto fence = [&](const char* why) {
    return TransitionCause{Transition::kFence,
                           absl::StrFormat("fence broker %d: %s", broker.id.value(), why),
                           request.want_fence() || has_failed ? ElectionCause::kFence
                                                              : ElectionCause::kControlledShutdown};
  };
  if (broker.fenced) {
    const bool is_caught_up = request.metadata_end_offset() > broker.broker_epoch;
    if (request.want_shutdown() || request.want_fence() || has_failed || !is_caught_up) return {};
    return {Transition::kUnfence, absl::StrFormat("unfence broker %d", broker.id.value()),
            ElectionCause::kUnfence};
  }
  if (request.want_fence()) return fence("it asked for it");
  if (has_failed) return fence("all its log directories have failed");
  if (!request.want_shutdown()) return {};
  const PartitionTally::Load load = view.tally.LoadOf(broker.id);
  if (load.replicas == 0) return fence("it shuts down and holds no replica");
  if (!broker.in_controlled_shutdown || load.leaders > 0 || !others_know) return {};
  return fence("its controlled shutdown is complete");
}

BrokerChange ToChange(Transition transition, const BrokerRegistration& broker) {
  switch (transition) {
    case Transition::kUnfence:
      // The flag is still set if a controlled shutdown did not end the process.
      if (broker.in_controlled_shutdown) return {.fenced = false, .in_controlled_shutdown = false};
      return {.fenced = false};
    case Transition::kFence:
      return {.fenced = true};
    case Transition::kNone:
      break;
  }
  return {};
}

}  // namespace

Decision<RegisterBrokerResponse> DecideRegisterBroker(const View& view,
                                                      const RegisterBrokerRequest& request,
                                                      const RegistrationEvidence& evidence,
                                                      const std::string& cluster_id,
                                                      const Context& context) {
  if (auto error = CheckRegistration(request, cluster_id)) return {.answer = *std::move(error)};
  absl::StatusOr<BrokerRegistration> registration = ParseRegistration(request);
  if (auto error = CheckSupportsLevels(view.image, *registration)) {
    return {.answer = *std::move(error)};
  }
  if (view.image.metadata_version() < metadata::kBrokerDetailsVersion) registration->details = {};
  if (auto error = CheckOwnDirectories(view.image, *registration)) {
    return {.answer = *std::move(error)};
  }
  const std::string cause = absl::StrFormat("register broker %d", request.broker_id());
  RegisterBrokerResponse response;
  metadata::v1::RecordBatch records;
  SettlementCounts settled;
  if (const BrokerRegistration* registered = view.image.FindBroker(registration->id)) {
    if (registered->incarnation_id == registration->incarnation_id) {
      response.set_broker_epoch(registered->broker_epoch);
      response.set_endpoint_verified(registered->endpoint_verified);
      return {.answer = std::move(response)};
    }
    if (!registered->fenced && !evidence.registered_one_is_gone) {
      Error error = MakeError(
          common::v1::DUPLICATE_BROKER_REGISTRATION,
          absl::StrFormat("another process holds broker id %d: %s, incarnation %s; stop it, choose "
                          "another id, or retry once its session has ended",
                          registered->id.value(), registered->endpoint.ToString(),
                          registered->incarnation_id.ToString()));
      error.set_retry_after_ms(evidence.session_ends_in_ms);
      return {.answer = std::move(error)};
    }
    const auto former = FormerDirectoryOf(view.image, *registered, *registration->details);
    // A new directory has none of the records, however the broker stopped.
    const BrokerRecords kept =
        former ? BrokerRecords::kMayBeLost : RecordsAfterRestart(*registered, request);
    settled = SettleFor(view, *registered, /*active=*/false, context, &records, kept, former);
    if (settled.rest) {
      return {.records = std::move(records),
              .cause = cause,
              .settled = settled,
              .election_cause = ElectionCause::kRegistration,
              .again = true};
    }
  } else if (auto error = CheckIdleBrokers(view, registration->id)) {
    return {.answer = *std::move(error)};
  }
  registration->broker_epoch = NextRecordOffset(view.image, records).value();
  registration->endpoint_verified = evidence.endpoint_verified;
  *records.add_records() = metadata::MakeRegisterBrokerRecord(*registration);
  response.set_broker_epoch(registration->broker_epoch);
  response.set_endpoint_verified(registration->endpoint_verified);
  return {.records = std::move(records),
          .answer = std::move(response),
          .cause = cause,
          .settled = settled,
          .election_cause = ElectionCause::kRegistration};
}

std::optional<Error> CheckBrokerEpoch(const metadata::MetadataImage& image, BrokerId broker,
                                      int64_t broker_epoch) {
  const BrokerRegistration* registration = image.FindBroker(broker);
  if (registration != nullptr && registration->broker_epoch == broker_epoch) return std::nullopt;
  return MakeError(common::v1::STALE_BROKER_EPOCH,
                   absl::StrFormat("broker %d is not registered with epoch %d; register again",
                                   broker.value(), broker_epoch));
}

std::optional<Error> CheckHeartbeat(const metadata::MetadataImage& image,
                                    const HeartbeatRequest& request) {
  const BrokerRegistration* broker = image.FindBroker(BrokerId(request.broker_id()));
  if (broker == nullptr) {
    return MakeError(
        common::v1::BROKER_ID_NOT_REGISTERED,
        absl::StrFormat("broker %d is not registered; register first", request.broker_id()));
  }
  if (broker->broker_epoch != request.broker_epoch() ||
      broker->incarnation_id.bytes() != request.incarnation_id()) {
    return MakeError(
        common::v1::STALE_BROKER_EPOCH,
        absl::StrFormat("broker %d is registered with epoch %d by incarnation %s, not with epoch "
                        "%d; register again",
                        request.broker_id(), broker->broker_epoch,
                        broker->incarnation_id.ToString(), request.broker_epoch()));
  }
  return CheckOfflineDirectories(request);
}

HeartbeatResponse UnchangedAnswer(const BrokerRegistration& registration,
                                  const HeartbeatRequest& request) {
  HeartbeatResponse response;
  response.set_is_caught_up(request.metadata_end_offset() > registration.broker_epoch);
  response.set_is_fenced(registration.fenced);
  response.set_should_shut_down(registration.fenced && request.want_shutdown());
  return response;
}

Decision<HeartbeatResponse> DecideHeartbeat(const View& view, const HeartbeatRequest& request,
                                            bool others_know, const Context& context) {
  BrokerRegistration broker = *view.image.FindBroker(BrokerId(request.broker_id()));
  if (auto offline = DecideOfflineDirectories(view, broker, request, context)) {
    return {.records = std::move(offline->records),
            .answer = UnchangedAnswer(broker, request),
            .cause = std::move(offline->cause),
            .settled = offline->settled,
            .election_cause = ElectionCause::kLogDirectory,
            .again = offline->again};
  }
  const auto [transition, cause, election_cause] =
      ChooseTransition(view, broker, request, others_know);
  if (transition == Transition::kNone) return {.answer = UnchangedAnswer(broker, request)};

  metadata::v1::RecordBatch records;
  const SettlementCounts settled =
      SettleFor(view, broker, transition == Transition::kUnfence, context, &records);
  if (settled.rest) {
    return {.records = std::move(records),
            .answer = UnchangedAnswer(broker, request),
            .cause = cause,
            .settled = settled,
            .election_cause = election_cause,
            .again = true};
  }
  *records.add_records() = metadata::MakeBrokerRegistrationChangeRecord(
      broker.id, broker.broker_epoch, ToChange(transition, broker));
  broker.fenced = transition == Transition::kFence;
  return {.records = std::move(records),
          .answer = UnchangedAnswer(broker, request),
          .cause = cause,
          .settled = settled,
          .election_cause = election_cause};
}

Decision<std::monostate> DecideDepartures(const View& view, const Departures& departures,
                                          const Context& context) {
  std::vector<BrokerId> leaving = departures.dead;
  leaving.insert(leaving.end(), departures.stopping.begin(), departures.stopping.end());
  ActiveBrokers active(view.image);
  for (const BrokerId broker : leaving) active.Remove(broker);

  Decision<std::monostate> decision;
  std::vector<std::string> causes;
  if (!departures.dead.empty()) {
    causes.push_back(
        absl::StrFormat("fence broker %s: %s", ListOf(departures.dead), departures.why));
  }
  if (!departures.stopping.empty()) {
    causes.push_back("controlled shutdown of broker " + ListOf(departures.stopping));
  }
  decision.cause = absl::StrJoin(causes, "; ");
  decision.election_cause =
      departures.dead.empty() ? ElectionCause::kControlledShutdown : ElectionCause::kFence;
  decision.settled = SettlePartitionsOf(view.image, leaving, active, {.from = context.settle_from},
                                        &decision.records);
  decision.again = decision.settled.rest.has_value();
  if (decision.again) return decision;
  const auto change = [&](BrokerId broker, const BrokerChange& to) {
    *decision.records.add_records() = metadata::MakeBrokerRegistrationChangeRecord(
        broker, view.image.FindBroker(broker)->broker_epoch, to);
  };
  for (const BrokerId broker : departures.dead) change(broker, {.fenced = true});
  for (const BrokerId broker : departures.stopping) {
    change(broker, IsFencedAtOnce(view, departures, broker)
                       ? BrokerChange{.fenced = true}
                       : BrokerChange{.in_controlled_shutdown = true});
  }
  return decision;
}

bool IsFencedAtOnce(const View& view, const Departures& departures, BrokerId stopping) {
  return !departures.goes_on && view.tally.LoadOf(stopping).leaders == 0;
}

}  // namespace quorate::controller
