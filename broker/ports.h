// The two ports through which a broker reaches the controllers: calls and heartbeats
// (ControllerChannel), and the metadata log (MetadataSource). server/ implements them on gRPC,
// tests by hand. Endpoints are HOST:PORT of controllers' client listeners.
//
// Each instance is used on one of the broker's loops only (broker.h), never blocks, and calls back
// on that loop, in a task of its own (never from within the call that caused it); a callback may
// use the port again.
#pragma once

#include <string>
#include <variant>

#include "absl/functional/any_invocable.h"
#include "base/clock.h"
#include "base/executor.h"
#include "quorate/broker/v1/broker_service.pb.h"
#include "quorate/common/v1/error.pb.h"
#include "quorate/metadata/v1/metadata_service.pb.h"

namespace quorate::broker {

// How a call ended: the answer, or an error, which is the controller's own or stands for a
// connection that failed or broke or for time that ran out (client/status_mapping.h).
template <typename T>
using CallResult = std::variant<T, common::v1::Error>;
template <typename T>
using CallDone = absl::AnyInvocable<void(CallResult<T>) &&>;

// What a heartbeat stream brings. An error is its last event; a stream that breaks or ends is one.
using HeartbeatEvent = std::variant<v1::HeartbeatResponse, common::v1::Error>;

class ControllerChannel {
 public:
  virtual ~ControllerChannel() = default;

  // Unary calls. `done` runs once, at the latest shortly after `timeout`.
  virtual void RegisterBroker(const std::string& endpoint, Duration timeout,
                              v1::RegisterBrokerRequest request,
                              CallDone<v1::RegisterBrokerResponse> done) = 0;
  virtual void AlterPartition(const std::string& endpoint, Duration timeout,
                              v1::AlterPartitionRequest request,
                              CallDone<v1::AlterPartitionResponse> done) = 0;
  virtual void ReportRoles(const std::string& endpoint, Duration timeout,
                           v1::ReportRolesRequest request,
                           CallDone<v1::ReportRolesResponse> done) = 0;

  // Opens the heartbeat stream, of which there is one at a time. A connection that is refused
  // fails at once. REQUIRES: none is open.
  virtual void OpenHeartbeat(const std::string& endpoint,
                             absl::AnyInvocable<void(HeartbeatEvent)> on_event) = 0;
  // Queues a heartbeat on the open stream; the caller waits for the answer before the next.
  virtual void SendHeartbeat(v1::HeartbeatRequest request) = 0;
  // Ends the open stream after a last message, which says why. No event comes any more; `closed`
  // runs when the message was sent or, after about a second, was given up.
  virtual void CloseHeartbeat(v1::HeartbeatRequest goodbye, Task closed) = 0;
};

// What a subscription brings. An error is its last event; a stream that breaks or ends is one.
using MetadataEvent = std::variant<metadata::v1::SubscribeResponse, common::v1::Error>;

class MetadataSource {
 public:
  virtual ~MetadataSource() = default;

  // Subscribes, in place of the subscription before, of which no event comes any more. The next
  // event is read when the last one has been handled, so that a slow broker holds the controller's
  // stream back instead of queueing.
  virtual void Subscribe(const std::string& endpoint, metadata::v1::SubscribeRequest request,
                         absl::AnyInvocable<void(MetadataEvent)> on_event) = 0;
  // Ends the subscription; no event comes any more.
  virtual void Unsubscribe() = 0;
};

}  // namespace quorate::broker
