// Serves quorate.metadata.v1.MetadataService: subscriptions to the committed log. The hub encodes
// each response once, and all streams write the same bytes. A stream of events is a subscription
// whose frames are translated.
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>

#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "base/budget.h"
#include "base/executor.h"
#include "base/ids.h"
#include "quorate/common/v1/error.pb.h"
#include "server/calls/method_service.h"
#include "server/feed/subscription_hub.h"
#include "server/grpc/call_edge.h"
#include "server/grpc/event_translator.h"

namespace quorate::server {

class MetadataService final : public MethodService {
 public:
  // Called, on any thread, when a broker subscribes: a subscriber whose name is "broker-ID".
  using BrokerListener = std::function<void(BrokerId)>;

  // What a request asks for.
  struct Opening {
    SubscriptionStart start;
    // Null if the client gets the frames as they are.
    std::shared_ptr<EventTranslator> translator;
  };
  // Parses a request. Returns what it asks for, or the error that refuses it.
  using Parser = std::function<std::variant<Opening, common::v1::Error>(
      grpc::ByteBuffer* request, const grpc::CallbackServerContext& context)>;

  // All arguments must outlive the service's calls. Events are told on `history_loop`.
  MetadataService(std::string cluster_id, const CallEdge* edge, SubscriptionHub* hub,
                  Executor* history_loop, const BrokerListener& on_broker);

 private:
  // Adds the method that takes requests of the type of `request`. `what` names its streams in
  // errors.
  void AddSubscription(const google::protobuf::Message& request, Budget* budget, const char* what,
                       Parser parse);

  const CallEdge* const edge_;
  SubscriptionHub* const hub_;
};

}  // namespace quorate::server
