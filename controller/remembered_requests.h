// Decides and submits requests whose result the log stores under their request id (request_ids.h).
// The first attempt adds its result to the batch, even if the batch then holds nothing else. A
// retry is answered from the stored result.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "controller/decide/decision.h"
#include "controller/decide/item_results.h"
#include "controller/decide/request_ids.h"
#include "controller/operation.h"
#include "controller/request_pipeline.h"

namespace quorate::controller {

// A dry run is a read, so there is no result to store.
template <typename Request>
bool IsDryRun(const Request& request) {
  if constexpr (requires { request.validate_only(); }) return request.validate_only();
  return false;
}

// Decides the items of a request. May be called on the controller's worker.
template <typename Request>
using DecideItems =
    std::function<Decision<ItemResults>(const View&, const Request&, const Context&)>;

// Returns the answer to a request whose principal has used up its quota: `error` for each item. It
// is not stored, because nothing has happened: the same request may succeed later.
template <typename Request, typename Response>
Decision<Response> Throttle(const Operation<Request, Response>& operation,
                            const metadata::MetadataImage& image, const Request& request,
                            const common::v1::Error& error) {
  Response response = operation.decision.to_response(
      request, ItemResults(operation.decision.item_count(request), ItemResult()));
  if constexpr (requires { response.mutable_results(); }) {
    for (auto& result : *response.mutable_results()) *result.mutable_error() = error;
  }
  response.set_end_offset(image.end_offset().value());
  return {.answer = std::move(response), .is_throttled = true};
}

// Decides the request, or repeats the stored answer. `identity` is nullopt if the log does not
// store the result.
template <typename Request, typename Response>
Decision<Response> DecideRemembered(const Operation<Request, Response>& operation,
                                    const std::type_identity_t<DecideItems<Request>>& decide,
                                    const View& view, const Request& request,
                                    const std::optional<RequestIdentity>& identity,
                                    const Context& context) {
  Decision<ItemResults> items;
  if (auto known = identity ? FindResult(view.image, *identity) : std::nullopt) {
    items = {.answer = *std::move(known), .is_retry = true};
  } else if (operation.mutates_partitions && context.throttled && !IsDryRun(request)) {
    return Throttle(operation, view.image, request, *context.throttled);
  } else {
    items = decide(view, request, context);
    // The last part of a large change stores the answer. If the controller is lost before, a retry
    // continues from where the change stands.
    if (identity && !items.again) {
      Remember(*identity, operation.decision.item_count(request), &items);
    }
  }

  Decision<Response> decision{.records = std::move(items.records),
                              .cause = std::move(items.cause),
                              .settled = items.settled,
                              .election_cause = items.election_cause,
                              .again = items.again,
                              .is_retry = items.is_retry,
                              .partition_mutations = items.partition_mutations,
                              .remembers_only = items.remembers_only};
  if (auto* error = std::get_if<common::v1::Error>(&items.answer)) {
    decision.answer = std::move(*error);
  } else {
    Response response =
        operation.decision.to_response(request, std::get<ItemResults>(items.answer));
    response.set_end_offset(NextRecordOffset(view.image, decision.records).value());
    decision.answer = std::move(response);
  }
  return decision;
}

// Submits a request that may carry a request id. `operation` is a row of operations.h or has static
// storage, too. `decide` is its decision, or that of a caller who knows more than the view.
// `after`: see RequestPipeline::Request.
template <typename Request, typename Response>
void SubmitRemembered(RequestPipeline* pipeline, const Operation<Request, Response>& operation,
                      Request request, RequestContext&& context, Reply<Response> reply,
                      std::type_identity_t<DecideItems<Request>> decide,
                      std::function<void(bool appended)> after = nullptr) {
  CHECK(decide != nullptr) << operation.label;
  std::optional<RequestIdentity> identity;
  if (request.has_request_id()) {
    auto id = ParseRequestId(request.request_id());
    if (auto* error = std::get_if<common::v1::Error>(&id)) {
      return std::move(reply)(std::move(*error));
    }
    request.clear_request_id();
    const size_t items = operation.decision.item_count(request);
    if (items > kMaxRememberedItems) {
      return std::move(reply)(
          MakeError(common::v1::POLICY_VIOLATION,
                    absl::StrFormat("the request has %d items; one with a request id may have at "
                                    "most %d: split it",
                                    items, kMaxRememberedItems)));
    }
    if (!IsDryRun(request)) {
      identity = RequestIdentity{.principal = context.principal,
                                 .id = std::get<RequestId>(id),
                                 .method = std::string(operation.log_name),
                                 .hash = HashRequest(request)};
    }
  }
  RequestPipeline::Request pending{
      .principal = std::move(context.principal),
      .deadline = context.deadline,
      .epoch = context.epoch,
      .is_large = operation.decision.is_large(request, pipeline->newest())};
  pending.after = std::move(after);
  if (identity) pending.request_id = identity->id;
  pipeline->Submit<Response>(
      std::move(pending),
      [&operation, decide = std::move(decide), request = std::move(request),
       identity = std::move(identity)](const View& view, const Context& c) {
        return DecideRemembered(operation, decide, view, request, identity, c);
      },
      std::move(reply));
}

}  // namespace quorate::controller
