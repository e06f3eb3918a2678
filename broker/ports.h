// The two ports through which a broker reaches the controllers: calls and heartbeats
// (ControllerChannel), and the metadata log (MetadataSource). server/ implements them on gRPC;
// tests use fakes. Endpoints are the HOST:PORT of controllers' client listeners.
//
// Each instance is used on only one of the broker's loops (broker.h) and never blocks. It calls
// back on that loop in a separate task, never from within the call that caused it. A callback may
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

// The result of a call: the answer or an error. An error is either the controller's own, or it
// stands for a failed or broken connection or an expired timeout (client/status_mapping.h).
template <typename T>
using CallResult = std::variant<T, common::v1::Error>;
template <typename T>
using CallDone = absl::AnyInvocable<void(CallResult<T>) &&>;

// An event of a heartbeat stream. An error is the last event of its stream. A stream that breaks or
// ends yields an error.
using HeartbeatEvent = std::variant<v1::HeartbeatResponse, common::v1::Error>;

class ControllerChannel {
 public:
  virtual ~ControllerChannel() = default;

  // Unary calls. `done` runs once, shortly after `timeout` at the latest.
  virtual void RegisterBroker(const std::string& endpoint, Duration timeout,
                              v1::RegisterBrokerRequest request,
                              CallDone<v1::RegisterBrokerResponse> done) = 0;
  virtual void AlterPartition(const std::string& endpoint, Duration timeout,
                              v1::AlterPartitionRequest request,
                              CallDone<v1::AlterPartitionResponse> done) = 0;
  virtual void ReportRoles(const std::string& endpoint, Duration timeout,
                           v1::ReportRolesRequest request,
                           CallDone<v1::ReportRolesResponse> done) = 0;

  // Opens the heartbeat stream. There is at most one at a time. A refused connection fails at once.
  // REQUIRES: none is open.
  virtual void OpenHeartbeat(const std::string& endpoint,
                             absl::AnyInvocable<void(HeartbeatEvent)> on_event) = 0;
  // Queues a heartbeat on the open stream. The caller waits for its answer before it sends the next
  // one.
  virtual void SendHeartbeat(v1::HeartbeatRequest request) = 0;
  // Ends the open stream after a last message that says why. No further event is delivered.
  // `closed` runs when the message has been sent or, after about a second, was given up.
  virtual void CloseHeartbeat(v1::HeartbeatRequest goodbye, Task closed) = 0;
};

// An event of a subscription. An error is the last event of its stream. A stream that breaks or
// ends yields an error.
using MetadataEvent = std::variant<metadata::v1::SubscribeResponse, common::v1::Error>;

class MetadataSource {
 public:
  virtual ~MetadataSource() = default;

  // Subscribes, and ends the previous subscription, which delivers no further event. The next event
  // is read only after the last one has been handled, so a slow broker slows the controller's
  // stream down instead of queueing events.
  virtual void Subscribe(const std::string& endpoint, metadata::v1::SubscribeRequest request,
                         absl::AnyInvocable<void(MetadataEvent)> on_event) = 0;
  // Ends the subscription. No further event is delivered.
  virtual void Unsubscribe() = 0;
};

}  // namespace quorate::broker
