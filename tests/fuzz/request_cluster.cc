#include "tests/fuzz/request_cluster.h"

#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/host_port.h"
#include "controller/decide/brokers/allocate_producer_ids.h"
#include "controller/decide/brokers/broker_decisions.h"
#include "controller/decide/features/feature_decisions.h"
#include "controller/decide/partitions/assign_replicas.h"
#include "controller/decide/partitions/partition_decisions.h"
#include "controller/operations.h"
#include "tests/fuzz/cluster_properties.h"
#include "tests/fuzz/image_properties.h"
#include "tests/fuzz/properties.h"

namespace quorate::fuzz {
namespace {

using common::v1::Error;
using controller::Answer;
using controller::Context;
using controller::Decision;
using controller::ItemResults;

// Far below the limits of a controller, so that an input takes milliseconds.
constexpr controller::RequestLimits kLimits = {.max_items = 200, .max_partitions = 300};
constexpr size_t kMaxCauseBytes = 65'535;

// Returns the error as text, after checking its message.
std::string TextOf(const Error& error) {
  CheckErrorText(error.message());
  return absl::StrCat(common::v1::ErrorCode_Name(error.code()), ": ", error.message());
}

// Returns the error of the whole request, or "".
template <typename T>
std::string ErrorIn(const Answer<T>& answer) {
  const auto* error = std::get_if<Error>(&answer);
  return error == nullptr ? "" : TextOf(*error);
}

void AddLine(const std::string& line, std::string* text) {
  absl::StrAppend(text, text->empty() ? "" : "; ", line);
}

// Checks the answer, and returns its errors.
template <typename Functions, typename Proto>
std::string ErrorsIn(const Functions& functions, const Proto& request,
                     const Answer<ItemResults>& answer) {
  if (std::string error = ErrorIn(answer); !error.empty()) return error;
  const auto& items = std::get<ItemResults>(answer);
  // Elections also have an item for each partition that the answer reports.
  constexpr bool kReportsPartitions = std::is_same_v<Proto, admin::v1::ElectLeadersRequest>;
  const size_t most =
      functions.item_count(request) + (kReportsPartitions ? controller::kMaxElectionResults : 0);
  CHECK_GE(items.size(), functions.item_count(request));
  CHECK_LE(items.size(), most);
  std::string errors;
  for (const auto& item : items) {
    if (item.code != 0) AddLine(TextOf(controller::ToError(item)), &errors);
  }
  functions.to_response(request, items);
  return errors;
}

// Returns nullopt and sets `error` if the request id is refused.
template <typename Proto>
std::optional<controller::RequestIdentity> IdentityOf(std::string_view method, Proto request,
                                                      std::string* error) {
  const auto id = controller::ParseRequestId(request.request_id());
  if (const auto* refusal = std::get_if<Error>(&id)) {
    *error = TextOf(*refusal);
    return std::nullopt;
  }
  request.clear_request_id();
  return controller::RequestIdentity{.principal = "tester",
                                     .id = std::get<RequestId>(id),
                                     .method = std::string(method),
                                     .hash = controller::HashRequest(request)};
}

}  // namespace

template <typename T>
void RequestCluster::Apply(const Decision<T>& decision) {
  CHECK_LE(decision.records.ByteSizeLong(), controller::kMaxBatchBytes);
  // Only an entry has a cause.
  if (decision.records.records().empty()) return;
  CHECK_LE(decision.cause.size(), kMaxCauseBytes);
  CheckLine(decision.cause);
  const metadata::MetadataImage before = image();
  cluster_.Apply(decision);
  CheckBatch(before, image());
  if (on_batch_) on_batch_(before, decision.records, image());
}

template <typename DecideFn>
auto RequestCluster::ApplyParts(DecideFn decide) {
  Context context = cluster_.context();
  context.limits = kLimits;
  while (true) {
    auto decision = decide(context);
    Apply(decision);
    if (!decision.again) return decision;
    context.settle_from = decision.settled.rest.value_or(controller::PartitionPlace());
  }
}

RequestCluster::RequestCluster(bool is_old, OnBatch on_batch) : on_batch_(std::move(on_batch)) {
  if (!is_old) cluster_.UpgradeTo(metadata::kLatestMetadataVersion);
  cluster_.StartBrokers(3);
  cluster_.Create("topic", 3, 3);
}

std::string RequestCluster::Execute(const Request& request) {
  switch (request.kind_case()) {
    case Request::kRegisterBroker:
      return Execute(request.register_broker());
    case Request::kHeartbeat:
      return Execute(request.heartbeat());
    case Request::kDeparture:
      return Execute(request.departure());
    case Request::kAlterPartition:
      return Execute(request.alter_partition());
    case Request::kAllocateProducerIds:
      return Execute(request.allocate_producer_ids());
    case Request::kAssignReplicas:
      return Execute(request.assign_replicas());
    case Request::kCreateTopics:
      return Execute(controller::kCreateTopics, request.create_topics());
    case Request::kCreatePartitions:
      return Execute(controller::kCreatePartitions, request.create_partitions());
    case Request::kDeleteTopics:
      return Execute(controller::kDeleteTopics, request.delete_topics());
    case Request::kAlterConfigs:
      return Execute(controller::kIncrementalAlterConfigs, request.alter_configs());
    case Request::kUpdateFeatures:
      return Execute(controller::kUpdateFeatures, request.update_features());
    case Request::kUnregisterBroker:
      return Execute(controller::kUnregisterBroker, request.unregister_broker());
    case Request::kElectLeaders:
      return Execute(controller::kElectLeaders, request.elect_leaders());
    case Request::kAlterReassignments:
      return Execute(controller::kAlterPartitionReassignments, request.alter_reassignments());
    case Request::KIND_NOT_SET:
      break;
  }
  return "";
}

void RequestCluster::CheckState() {
  const metadata::MetadataImage& image = cluster_.image();
  CheckImage(image);
  CheckPartitions(image);
  controller::PartitionTally recount;
  recount.AdvanceTo(image);
  const controller::View view = cluster_.view();
  CHECK(recount.counts() == view.tally.counts()) << "the counts of partitions are wrong";
  for (const auto& [id, broker] : image.brokers()) {
    CHECK_EQ(recount.LoadOf(id).leaders, view.tally.LoadOf(id).leaders) << ToString(id);
    CHECK_EQ(recount.LoadOf(id).replicas, view.tally.LoadOf(id).replicas) << ToString(id);
    CHECK_EQ(recount.LoadOf(id).in_sync, view.tally.LoadOf(id).in_sync) << ToString(id);
    CHECK_EQ(recount.LoadOf(id).led_by_others, view.tally.LoadOf(id).led_by_others) << ToString(id);
    CHECK_OK(ParseAdvertised(broker->endpoint.ToString()).status());
    for (const metadata::BrokerListener& listener : broker->details->listeners) {
      CHECK_OK(ParseAdvertised(listener.endpoint.ToString()).status());
    }
  }
}

std::string RequestCluster::Execute(const Registration& registration) {
  const controller::RegistrationEvidence evidence = {
      .endpoint_verified = registration.endpoint_verified(),
      .registered_one_is_gone = registration.registered_one_is_gone(),
      .session_ends_in_ms = registration.session_ends_in_ms()};
  return ErrorIn(ApplyParts([&](const Context& context) {
                   return DecideRegisterBroker(cluster_.view(), registration.request(), evidence,
                                               controller::DecisionFixture::kClusterId, context);
                 }).answer);
}

std::string RequestCluster::Execute(const Heartbeat& heartbeat) {
  const auto error = controller::CheckHeartbeat(image(), heartbeat.request());
  if (error) return TextOf(*error);
  return ErrorIn(ApplyParts([&](const Context& context) {
                   return DecideHeartbeat(cluster_.view(), heartbeat.request(),
                                          heartbeat.others_know(), context);
                 }).answer);
}

std::string RequestCluster::Execute(const Departure& departure) {
  controller::Departures departures{.why = "the test says so"};
  std::set<BrokerId> named;
  const auto add = [&](int32_t id, std::vector<BrokerId>* list) {
    const BrokerId broker(id);
    if (image().FindBroker(broker) == nullptr) return;
    if (named.insert(broker).second) list->push_back(broker);
  };
  for (const int32_t id : departure.dead()) add(id, &departures.dead);
  for (const int32_t id : departure.stopping()) add(id, &departures.stopping);
  if (named.empty()) return "";
  ApplyParts([&](const Context& context) {
    auto decision = DecideDepartures(cluster_.view(), departures, context);
    departures.goes_on |= decision.settled.changed > 0;
    return decision;
  });
  return "";
}

std::string RequestCluster::Execute(const broker::v1::AlterPartitionRequest& request) {
  if (const auto error = controller::CheckSize(request, kLimits)) return TextOf(*error);
  controller::IsLarge(request, image());
  const auto decision = DecideAlterPartition(cluster_.view(), request, cluster_.context());
  Apply(decision);
  std::string errors = ErrorIn(decision.answer);
  if (!errors.empty()) return errors;
  const auto& response = std::get<broker::v1::AlterPartitionResponse>(decision.answer);
  for (const auto& topic : response.topics()) {
    for (const auto& partition : topic.partitions()) {
      if (partition.has_error()) AddLine(TextOf(partition.error()), &errors);
    }
  }
  return errors;
}

std::string RequestCluster::Execute(const broker::v1::AllocateProducerIdsRequest& request) {
  const auto decision = DecideAllocateProducerIds(cluster_.view(), request, cluster_.context());
  Apply(decision);
  return ErrorIn(decision.answer);
}

std::string RequestCluster::Execute(const broker::v1::AssignReplicasToDirsRequest& request) {
  if (const auto error = controller::CheckSize(request, kLimits)) return TextOf(*error);
  controller::IsLarge(request, image());
  const auto decision = DecideAssignReplicasToDirs(cluster_.view(), request, cluster_.context());
  Apply(decision);
  std::string errors = ErrorIn(decision.answer);
  if (!errors.empty()) return errors;
  const auto& response = std::get<broker::v1::AssignReplicasToDirsResponse>(decision.answer);
  for (const auto& directory : response.directories()) {
    for (const auto& topic : directory.topics()) {
      for (const auto& partition : topic.partitions()) {
        if (partition.has_error()) AddLine(TextOf(partition.error()), &errors);
      }
    }
  }
  return errors;
}

template <typename Proto, typename Response>
std::string RequestCluster::Execute(const controller::Operation<Proto, Response>& operation,
                                    const Proto& request) {
  const auto& functions = operation.decision;
  if (const auto error = functions.check_size(request, kLimits)) return TextOf(*error);
  functions.is_large(request, image());
  std::optional<controller::RequestIdentity> identity;
  if (request.has_request_id()) {
    std::string error;
    identity = IdentityOf(operation.log_name, request, &error);
    if (!identity) return error;
    if (const auto answer = controller::FindResult(image(), *identity)) {
      return ErrorsIn(functions, request, *answer);
    }
  }
  const auto decision = ApplyParts([&](const Context& context) {
    Decision<ItemResults> part = Decide(functions, request, context);
    if (identity && !part.again) {
      controller::Remember(*identity, functions.item_count(request), &part);
    }
    return part;
  });
  std::string errors = ErrorsIn(functions, request, decision.answer);
  // A retry gets the answer that the log has.
  if (identity) {
    const auto answer = controller::FindResult(image(), *identity);
    CHECK(answer.has_value());
    ErrorsIn(functions, request, *answer);
  }
  return errors;
}

template <typename Functions, typename Proto>
Decision<ItemResults> RequestCluster::Decide(const Functions& functions, const Proto& request,
                                             const Context& context) {
  return functions.decide(cluster_.view(), request, context);
}

template <typename Functions>
Decision<ItemResults> RequestCluster::Decide(const Functions& /*functions*/,
                                             const admin::v1::UpdateFeaturesRequest& request,
                                             const Context& context) {
  return DecideUpdateFeatures(cluster_.view(), request, controller::SupportEvidence(), context);
}

}  // namespace quorate::fuzz
