// A broker of a simulated cluster: the broker's own session with the active controller, which finds
// it, registers and heartbeats. It never dies; what it hears and says goes through ClientPaths.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/broker_lifecycle.h"
#include "broker/ports.h"
#include "controller/heartbeat_stream.h"
#include "tests/sim/client_paths.h"
#include "tests/sim/executors.h"
#include "tests/sim/machine.h"

namespace quorate::sim {

class BrokerProcess final : private broker::ControllerChannel,
                            private broker::BrokerLifecycle::Listener {
 public:
  // All outlive the broker.
  struct Host {
    Scheduler* scheduler = nullptr;
    ClientPaths* paths = nullptr;
    Rng* rng = nullptr;
    // The machine of a controller.
    std::function<Machine*(NodeId)> machine;
    // Names the next heartbeat stream of all brokers.
    std::function<controller::StreamId()> next_stream;
    // An answer was read on a heartbeat stream, and was not its first one.
    std::function<void(NodeId from, Epoch epoch)> on_answered;
  };

  // `controllers`: where it looks for the active one.
  BrokerProcess(Host host, BrokerId id, const std::vector<NodeId>& controllers);
  ~BrokerProcess() override;

  void Start() { lifecycle_.Start(EndpointOf(options_.broker_id)); }
  // A controller that it hears has the log up to there.
  void OnMetadata(RecordOffset end_offset, Epoch epoch);
  // The heartbeat stream to this controller, if that is where it is, breaks at both ends.
  void BreakStream(NodeId node);

  // The epoch of the controller that answers its heartbeats; nothing: none does.
  std::optional<Epoch> session() const { return session_; }
  const Uuid& incarnation() const { return options_.incarnation_id; }

  static std::string EndpointOf(BrokerId id);
  static constexpr char kClusterId[] = "ZZZZZZZZZZZZZZZZZZZZZw";

 private:
  struct Stream;

  // broker::ControllerChannel
  void RegisterBroker(const std::string& endpoint, Duration timeout,
                      broker::v1::RegisterBrokerRequest request,
                      broker::CallDone<broker::v1::RegisterBrokerResponse> done) override;
  void AlterPartition(const std::string& endpoint, Duration timeout,
                      broker::v1::AlterPartitionRequest request,
                      broker::CallDone<broker::v1::AlterPartitionResponse> done) override;
  void ReportRoles(const std::string& endpoint, Duration timeout,
                   broker::v1::ReportRolesRequest request,
                   broker::CallDone<broker::v1::ReportRolesResponse> done) override;
  void OpenHeartbeat(const std::string& endpoint,
                     absl::AnyInvocable<void(broker::HeartbeatEvent)> on_event) override;
  void SendHeartbeat(broker::v1::HeartbeatRequest request) override;
  void CloseHeartbeat(broker::v1::HeartbeatRequest goodbye, Task closed) override;

  // broker::BrokerLifecycle::Listener
  void OnStateChange(broker::BrokerState) override {}
  void OnSession(const std::optional<broker::ActiveSession>& session) override;
  void OnStopped(absl::Status status) override;

  // The process that accepts a connection to this controller now; null: none does.
  Process* Dial(NodeId node) const;
  bool IsRefused(NodeId node) const;
  // What the stream brings, unless it is another one by now.
  void OnEvent(const std::shared_ptr<Stream>& stream, broker::HeartbeatEvent event);
  void Fail(const std::shared_ptr<Stream>& stream);
  // The controller's end of the stream ends, as soon as that is told there.
  static void EndAtController(const Stream& stream, controller::StreamEnd end);

  const Host host_;
  const broker::BrokerOptions options_;
  Actor actor_;
  NodeClock clock_;
  LoopExecutor executor_;
  std::shared_ptr<Stream> stream_;
  std::optional<Epoch> session_;
  RecordOffset replayed_;
  broker::BrokerLifecycle lifecycle_;
};

}  // namespace quorate::sim
