#include "controller/decide/brokers/allocate_producer_ids.h"

#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "controller/decide/brokers/broker_decisions.h"
#include "controller/decide/version_problem.h"
#include "metadata/image_state.h"
#include "metadata/record_builders.h"

namespace quorate::controller {

Decision<broker::v1::AllocateProducerIdsResponse> DecideAllocateProducerIds(
    const View& view, const broker::v1::AllocateProducerIdsRequest& request,
    const Context& /*context*/) {
  const BrokerId broker(request.broker_id());
  if (auto error = CheckBrokerEpoch(view.image, broker, request.broker_epoch())) {
    return {.answer = *std::move(error)};
  }
  if (std::string problem =
          VersionProblem(view.image, metadata::kProducerIdsVersion, "there are producer ids");
      !problem.empty()) {
    return {.answer = MakeError(common::v1::UNSUPPORTED_VERSION, std::move(problem))};
  }
  const int64_t first = view.image.Get<metadata::ProducerIdsImage>().next_producer_id();
  if (first > std::numeric_limits<int64_t>::max() - kProducerIdBlock) {
    return {.answer = MakeError(
                common::v1::UNKNOWN_SERVER_ERROR,
                absl::StrFormat("no producer ids are left: the next one would be %d", first))};
  }
  Decision<broker::v1::AllocateProducerIdsResponse> decision{
      .cause = absl::StrFormat("producer ids for broker %d", broker.value())};
  *decision.records.add_records() =
      metadata::MakeProducerIdsRecord(broker, request.broker_epoch(), first + kProducerIdBlock);
  broker::v1::AllocateProducerIdsResponse response;
  response.set_first_producer_id(first);
  response.set_producer_id_count(kProducerIdBlock);
  decision.answer = std::move(response);
  return decision;
}

}  // namespace quorate::controller
