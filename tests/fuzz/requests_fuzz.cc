// The requests of clients and brokers to the active controller. What it decides is replayed at
// once, and replay must accept it.
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/check.h"
#include "controller/decide/brokers/allocate_producer_ids.h"
#include "controller/decide/brokers/broker_decisions.h"
#include "controller/decide/features/feature_decisions.h"
#include "controller/decide/partitions/partition_decisions.h"
#include "controller/decide/request_ids.h"
#include "controller/operations.h"
#include "controller/testing/decision_fixture.h"
#include "tests/fuzz/image_properties.h"
#include "tests/fuzz/inputs.pb.h"
#include "tests/fuzz/properties.h"
#include "tests/fuzz/proto_input.h"

namespace quorate::fuzz {
namespace {

using controller::Answer;
using controller::Context;
using controller::Decision;
using controller::ItemResults;

// Far below the limits of a controller, so that an input takes milliseconds.
constexpr controller::RequestLimits kLimits = {.max_items = 200, .max_partitions = 300};
constexpr size_t kMaxCauseBytes = 65'535;

class Cluster {
 public:
  explicit Cluster(bool is_old) {
    if (!is_old) cluster_.UpgradeTo(metadata::kLatestMetadataVersion);
    cluster_.StartBrokers(3);
    cluster_.Create("topic", 3, 3);
  }

  void Execute(const Request& request) {
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
        return;
    }
  }

  void CheckState() {
    const metadata::MetadataImage& image = cluster_.image();
    CheckImage(image);
    controller::PartitionTally recount;
    recount.AdvanceTo(image);
    const controller::View view = cluster_.view();
    CHECK(recount.counts() == view.tally.counts());
    for (const auto& [id, broker] : image.brokers()) {
      CHECK_EQ(recount.LoadOf(id).leaders, view.tally.LoadOf(id).leaders);
      CHECK_EQ(recount.LoadOf(id).replicas, view.tally.LoadOf(id).replicas);
      CHECK_EQ(recount.LoadOf(id).in_sync, view.tally.LoadOf(id).in_sync);
      CHECK_EQ(recount.LoadOf(id).led_by_others, view.tally.LoadOf(id).led_by_others);
      CHECK_OK(ParseAdvertised(broker->endpoint.ToString()).status());
      for (const metadata::BrokerListener& listener : broker->details->listeners) {
        CHECK_OK(ParseAdvertised(listener.endpoint.ToString()).status());
      }
    }
  }

 private:
  // Applies a decision and checks its texts. Returns whether it succeeded.
  template <typename T>
  bool Apply(const Decision<T>& decision) {
    CHECK_LE(decision.records.ByteSizeLong(), controller::kMaxBatchBytes);
    // Only an entry has a cause.
    if (decision.records.records_size() > 0) {
      CHECK_LE(decision.cause.size(), kMaxCauseBytes);
      CheckLine(decision.cause);
    }
    cluster_.Apply(decision);
    const auto* error = std::get_if<common::v1::Error>(&decision.answer);
    if (error != nullptr) CheckErrorText(error->message());
    return error == nullptr;
  }

  // Calls `decide(context)` for each part of a change.
  template <typename Decide>
  void ApplyParts(Decide decide) {
    Context context = cluster_.context();
    context.limits = kLimits;
    while (true) {
      const auto decision = decide(context);
      Apply(decision);
      if (!decision.again) return;
      context.settle_from = decision.settled.rest.value_or(controller::PartitionPlace());
    }
  }

  void Execute(const Registration& registration) {
    const controller::RegistrationEvidence evidence = {
        .endpoint_verified = registration.endpoint_verified(),
        .registered_one_is_gone = registration.registered_one_is_gone(),
        .session_ends_in_ms = registration.session_ends_in_ms()};
    ApplyParts([&](const Context& context) {
      return DecideRegisterBroker(cluster_.view(), registration.request(), evidence,
                                  controller::DecisionFixture::kClusterId, context);
    });
  }

  void Execute(const Heartbeat& heartbeat) {
    const auto error = controller::CheckHeartbeat(cluster_.image(), heartbeat.request());
    if (error) return CheckErrorText(error->message());
    ApplyParts([&](const Context& context) {
      return DecideHeartbeat(cluster_.view(), heartbeat.request(), heartbeat.others_know(),
                             context);
    });
  }

  void Execute(const Departure& departure) {
    controller::Departures departures{.why = "the fuzzer says so"};
    std::set<BrokerId> named;
    const auto add = [&](int32_t id, std::vector<BrokerId>* list) {
      const BrokerId broker(id);
      if (cluster_.image().FindBroker(broker) == nullptr) return;
      if (named.insert(broker).second) list->push_back(broker);
    };
    for (const int32_t id : departure.dead()) add(id, &departures.dead);
    for (const int32_t id : departure.stopping()) add(id, &departures.stopping);
    if (named.empty()) return;
    ApplyParts([&](const Context& context) {
      auto decision = DecideDepartures(cluster_.view(), departures, context);
      departures.goes_on |= decision.settled.changed > 0;
      return decision;
    });
  }

  void Execute(const broker::v1::AlterPartitionRequest& request) {
    if (const auto error = controller::CheckSize(request, kLimits))
      return CheckErrorText(error->message());
    controller::IsLarge(request, cluster_.image());
    const auto decision = DecideAlterPartition(cluster_.view(), request, cluster_.context());
    if (!Apply(decision)) return;
    const auto& response = std::get<broker::v1::AlterPartitionResponse>(decision.answer);
    for (const auto& topic : response.topics()) {
      for (const auto& partition : topic.partitions()) {
        if (partition.has_error()) CheckErrorText(partition.error().message());
      }
    }
  }

  void Execute(const broker::v1::AllocateProducerIdsRequest& request) {
    Apply(DecideAllocateProducerIds(cluster_.view(), request, cluster_.context()));
  }

  // An operation whose result the log remembers.
  template <typename Proto, typename Response>
  void Execute(const controller::Operation<Proto, Response>& operation, const Proto& request) {
    const auto& functions = operation.decision;
    if (const auto error = functions.check_size(request, kLimits)) {
      return CheckErrorText(error->message());
    }
    functions.is_large(request, cluster_.image());
    std::optional<controller::RequestIdentity> identity;
    if (request.has_request_id()) {
      identity = IdentityOf(operation.log_name, request);
      if (!identity) return;
      if (const auto answer = controller::FindResult(cluster_.image(), *identity)) {
        return CheckAnswer(functions, request, *answer);
      }
    }
    ApplyParts([&](const Context& context) {
      Decision<ItemResults> decision = Decide(functions, request, context);
      if (identity && !decision.again) {
        controller::Remember(*identity, functions.item_count(request), &decision);
      }
      if (!decision.again) CheckAnswer(functions, request, decision.answer);
      return decision;
    });
    // A retry gets the answer that the log has.
    if (identity) {
      const auto answer = controller::FindResult(cluster_.image(), *identity);
      CHECK(answer.has_value());
      CheckAnswer(functions, request, *answer);
    }
  }

  // Returns nullopt if the request id is refused.
  template <typename Proto>
  std::optional<controller::RequestIdentity> IdentityOf(std::string_view method, Proto request) {
    const auto id = controller::ParseRequestId(request.request_id());
    if (const auto* error = std::get_if<common::v1::Error>(&id)) {
      CheckErrorText(error->message());
      return std::nullopt;
    }
    request.clear_request_id();
    return controller::RequestIdentity{.principal = "tester",
                                       .id = std::get<RequestId>(id),
                                       .method = std::string(method),
                                       .hash = controller::HashRequest(request)};
  }

  template <typename Functions, typename Proto>
  Decision<ItemResults> Decide(const Functions& functions, const Proto& request,
                               const Context& context) {
    return functions.decide(cluster_.view(), request, context);
  }
  template <typename Functions>
  Decision<ItemResults> Decide(const Functions& /*functions*/,
                               const admin::v1::UpdateFeaturesRequest& request,
                               const Context& context) {
    return DecideUpdateFeatures(cluster_.view(), request, controller::SupportEvidence(), context);
  }

  template <typename Functions, typename Proto>
  static void CheckAnswer(const Functions& functions, const Proto& request,
                          const Answer<ItemResults>& answer) {
    if (const auto* error = std::get_if<common::v1::Error>(&answer)) {
      return CheckErrorText(error->message());
    }
    const auto& items = std::get<ItemResults>(answer);
    // Elections also have an item for each partition that the answer reports.
    constexpr bool kReportsPartitions = std::is_same_v<Proto, admin::v1::ElectLeadersRequest>;
    const size_t most =
        functions.item_count(request) + (kReportsPartitions ? controller::kMaxElectionResults : 0);
    CHECK_GE(items.size(), functions.item_count(request));
    CHECK_LE(items.size(), most);
    for (const auto& item : items) {
      if (item.code != 0) CheckErrorText(item.message);
    }
    functions.to_response(request, items);
  }

  controller::DecisionFixture cluster_;
};

}  // namespace

const google::protobuf::Message& EmptyInput() { return Requests::default_instance(); }

}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  quorate::fuzz::Requests requests;
  if (!requests.ParseFromArray(data, static_cast<int>(size))) return 0;
  quorate::fuzz::Cluster cluster(requests.is_old());
  for (const auto& request : requests.requests()) cluster.Execute(request);
  cluster.CheckState();
  return 0;
}
