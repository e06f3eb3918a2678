// Decides and submits requests whose result the log stores under their request id (request_ids.h).
// The first attempt adds its result to the batch, even if the batch then holds nothing else. A
// retry is answered from the stored result.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "controller/decide/decision.h"
#include "controller/decide/item_results.h"
#include "controller/decide/request_ids.h"
#include "controller/decide/request_size.h"
#include "controller/decide/topics/topic_decisions.h"
#include "controller/request_pipeline.h"

namespace quorate::controller {

template <typename Request>
size_t ItemCount(const Request& request) {
  if constexpr (requires { request.topics_size(); }) {
    return static_cast<size_t>(request.topics_size());
  } else {
    return static_cast<size_t>(request.resources_size());
  }
}

// A dry run is a read, so there is no result to store.
template <typename Request>
bool IsDryRun(const Request& request) {
  if constexpr (requires { request.validate_only(); }) return request.validate_only();
  return false;
}

// Decides the request with `decide` (such as DecideCreateTopics), and builds the response with the
// ToResponse of the request's type. `identity` is nullopt if the result is not to be stored.
template <typename Request, typename DecideFn>
auto DecideRemembered(const View& view, const Request& request,
                      const std::optional<RequestIdentity>& identity, const Context& context,
                      DecideFn decide) {
  using Response = decltype(ToResponse(request, ItemResults()));
  Decision<ItemResults> items;
  if (auto known = identity ? FindResult(view.image, *identity) : std::nullopt) {
    items = {.answer = *std::move(known), .is_retry = true};
  } else {
    items = decide(view, request, context);
    if (identity) Remember(*identity, ItemCount(request), &items);
  }

  Decision<Response> decision{.records = std::move(items.records),
                              .cause = std::move(items.cause),
                              .is_retry = items.is_retry,
                              .remembers_only = items.remembers_only};
  if (auto* error = std::get_if<common::v1::Error>(&items.answer)) {
    decision.answer = std::move(*error);
  } else {
    Response response = ToResponse(request, std::get<ItemResults>(items.answer));
    response.set_end_offset(NextRecordOffset(view.image, decision.records).value());
    decision.answer = std::move(response);
  }
  return decision;
}

// Submits a mutating request that may carry a request id. `method` is its full gRPC name.
template <typename Request, typename Response, typename DecideFn>
void SubmitRemembered(RequestPipeline* pipeline, const char* method, Request request,
                      RequestContext&& context, Reply<Response> reply, DecideFn decide) {
  std::optional<RequestIdentity> identity;
  if (request.has_request_id()) {
    auto id = ParseRequestId(request.request_id());
    if (auto* error = std::get_if<common::v1::Error>(&id)) {
      return std::move(reply)(std::move(*error));
    }
    request.clear_request_id();
    if (ItemCount(request) > kMaxRememberedItems) {
      return std::move(reply)(
          MakeError(common::v1::POLICY_VIOLATION,
                    absl::StrFormat("the request has %d items; one with a request id may have at "
                                    "most %d: split it",
                                    ItemCount(request), kMaxRememberedItems)));
    }
    if (!IsDryRun(request)) {
      identity = RequestIdentity{.principal = context.principal,
                                 .id = std::get<RequestId>(id),
                                 .method = method,
                                 .hash = HashRequest(request)};
    }
  }
  RequestPipeline::Request pending{.principal = std::move(context.principal),
                                   .deadline = context.deadline,
                                   .epoch = context.epoch,
                                   .is_large = IsLarge(request, pipeline->newest())};
  if (identity) pending.request_id = identity->id;
  pipeline->Submit<Response>(
      std::move(pending),
      [request = std::move(request), identity = std::move(identity), decide](const View& view,
                                                                             const Context& c) {
        return DecideRemembered(view, request, identity, c, decide);
      },
      std::move(reply));
}

}  // namespace quorate::controller
