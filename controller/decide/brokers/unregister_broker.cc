#include "controller/decide/brokers/unregister_broker.h"

#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "controller/decide/brokers/broker_decisions.h"
#include "controller/decide/brokers/broker_list.h"
#include "controller/decide/brokers/log_directories.h"
#include "controller/decide/version_problem.h"
#include "metadata/record_builders.h"

namespace quorate::controller {
namespace {

using admin::v1::UnregisterBrokerRequest;
using admin::v1::UnregisterBrokerResponse;
using metadata::BrokerRegistration;

ItemError CheckRequest(const metadata::MetadataImage& image,
                       const UnregisterBrokerRequest& request) {
  if (std::string problem =
          VersionProblem(image, metadata::kBrokerDetailsVersion, "brokers can be unregistered");
      !problem.empty()) {
    return MakeItemError(common::v1::UNSUPPORTED_VERSION, std::move(problem));
  }
  const BrokerRegistration* broker = image.FindBroker(BrokerId(request.broker_id()));
  if (broker == nullptr) {
    return MakeItemError(common::v1::BROKER_ID_NOT_REGISTERED,
                         absl::StrFormat("broker %d is not registered", request.broker_id()));
  }
  if (!broker->fenced && !request.force()) {
    return MakeItemError(common::v1::INVALID_REQUEST,
                         absl::StrFormat("broker %d at %s is not fenced, so it is probably alive; "
                                         "stop it first, or force the request",
                                         request.broker_id(), broker->endpoint.ToString()));
  }
  return std::nullopt;
}

}  // namespace

Decision<ItemResults> DecideUnregisterBroker(const View& view,
                                             const UnregisterBrokerRequest& request,
                                             const Context& context) {
  if (auto error = CheckRequest(view.image, request)) {
    return {.answer = ItemResults{*std::move(error)}};
  }
  const BrokerRegistration& broker = *view.image.FindBroker(BrokerId(request.broker_id()));
  // For an item that succeeded, the log stores only its message, so the message holds the count.
  ItemResults done = {{.message = absl::StrCat(view.tally.LoadOf(broker.id).replicas)}};
  if (request.validate_only()) return {.answer = std::move(done)};

  Decision<ItemResults> decision{
      .answer = std::move(done),
      .cause = absl::StrFormat("unregister broker %d%s", broker.id.value(),
                               broker.fenced ? "" : ": forced"),
      .election_cause = ElectionCause::kUnregistration};
  // A fenced broker may still lead if a controller was lost while it fenced or unfenced the broker.
  ActiveBrokers active(view.image);
  active.Remove(broker.id);
  // Its replicas do not stay eligible leaders, unlike in Kafka: an operator unregisters a broker
  // that is gone, and a broker that returns under its id may have an empty disk.
  decision.settled = SettlePartitionsOf(
      view.image, std::span(&broker.id, 1), active, {.from = context.settle_from},
      &decision.records, BrokerRecords::kMayBeLost, FormerDirectoryOf(view.image, broker, {}));
  decision.again = decision.settled.rest.has_value();
  if (decision.again) return decision;
  *decision.records.add_records() =
      metadata::MakeUnregisterBrokerRecord(broker.id, broker.broker_epoch);
  return decision;
}

UnregisterBrokerResponse ToResponse(const UnregisterBrokerRequest& /*request*/,
                                    const ItemResults& items) {
  UnregisterBrokerResponse response;
  const ItemResult& item = items.at(0);
  int32_t replicas = 0;
  if (item.code != common::v1::ERROR_CODE_UNSPECIFIED) {
    *response.mutable_error() = ToError(item);
  } else if (absl::SimpleAtoi(item.message, &replicas)) {
    response.set_replica_count(replicas);
  }
  return response;
}

Decision<std::monostate> DecideDropIdleBrokers(const View& view, std::span<const BrokerId> idle,
                                               const Context& /*context*/) {
  Decision<std::monostate> decision{
      .cause = absl::StrFormat("drop broker %s: fenced, without a replica and silent for long",
                               ListOf(idle))};
  for (const BrokerId broker : idle) {
    *decision.records.add_records() =
        metadata::MakeUnregisterBrokerRecord(broker, view.image.FindBroker(broker)->broker_epoch);
  }
  return decision;
}

}  // namespace quorate::controller
