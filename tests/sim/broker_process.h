// One run of a broker of a simulated cluster. It runs the real session code, which finds the active
// controller, registers and sends heartbeats. It asks for the ISRs of the partitions that it leads.
// Its messages travel over ClientPaths.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/broker_lifecycle.h"
#include "broker/ports.h"
#include "controller/heartbeat_stream.h"
#include "metadata/metadata_image.h"
#include "tests/sim/client_paths.h"
#include "tests/sim/executors.h"
#include "tests/sim/machine.h"

namespace quorate::sim {

class BrokerProcess final : private broker::ControllerChannel,
                            private broker::BrokerLifecycle::Listener {
 public:
  // Everything in it outlives the broker.
  struct Host {
    Scheduler* scheduler = nullptr;
    ClientPaths* paths = nullptr;
    Rng* rng = nullptr;
    // Returns the machine of a controller.
    std::function<Machine*(NodeId)> machine;
    // Returns a new id for a heartbeat stream, unique among all brokers.
    std::function<controller::StreamId()> next_stream;
    // Called when the broker reads an answer on a heartbeat stream, except for the first answer.
    std::function<void(NodeId from, Epoch epoch)> on_answered;
    // Called when a controller answers that the controlled shutdown is complete.
    std::function<void()> on_released;
    // Called when a controlled shutdown has ended the process.
    std::function<void()> on_stopped;
  };

  // The broker looks for the active controller among `controllers`.
  BrokerProcess(Host host, BrokerId id, const std::vector<NodeId>& controllers);
  ~BrokerProcess() override;

  void Start() { lifecycle_.Start(EndpointOf(options_.broker_id)); }
  // Ends the process like kill -9. The object must exist until the world ends.
  void Kill();
  // Begins a controlled shutdown.
  void Shutdown() { lifecycle_.BeginShutdown(); }
  bool alive() const { return actor_.alive(); }
  bool stopping() const {
    return lifecycle_.state() == broker::v1::DescribeBrokerResponse::CONTROLLED_SHUTDOWN;
  }

  // Called when a reachable controller has the log up to this state.
  void OnMetadata(const metadata::MetadataImage& image);
  // The state that it has replayed.
  const metadata::MetadataImage& image() const { return image_; }
  // Sends a request about partitions to the controller of its session, if there is one. It arrives
  // after `delay`, unless it is lost.
  void SendIsrs(const broker::v1::AlterPartitionRequest& request, const std::string& principal,
                Duration delay);
  // Breaks the heartbeat stream at both ends if it leads to this controller.
  void BreakStream(NodeId node);

  // The epoch of the controller that answers its heartbeats, or nullopt if none does.
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

  // Returns the process that accepts a connection to this controller now, or null if none does.
  Process* Dial(NodeId node) const;
  bool IsRefused(NodeId node) const;
  // Handles an event of a stream. Ignores it if another stream has replaced that stream.
  void OnEvent(const std::shared_ptr<Stream>& stream, broker::HeartbeatEvent event);
  void Fail(const std::shared_ptr<Stream>& stream);
  // Ends the controller's end of the stream at once if the path carries the last message, and
  // otherwise when the controller gives up the connection.
  void EndStream(const std::shared_ptr<Stream>& stream, controller::StreamEnd end);
  static void EndAtController(const Stream& stream, controller::StreamEnd end);

  const Host host_;
  const broker::BrokerOptions options_;
  Actor actor_;
  NodeClock clock_;
  LoopExecutor executor_;
  std::shared_ptr<Stream> stream_;
  std::optional<Epoch> session_;
  std::optional<NodeId> controller_;
  metadata::MetadataImage image_;
  broker::BrokerLifecycle lifecycle_;
};

}  // namespace quorate::sim
