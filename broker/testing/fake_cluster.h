// Three controllers as one broker sees them, on a committed log that a test writes: for whole
// scenarios of a broker. It registers, unfences and releases brokers and changes ISRs by simple
// rules; what controllers really decide is tested in controller/.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "broker/ports.h"
#include "metadata/metadata_image.h"
#include "metadata/record_builders.h"

namespace quorate::broker {

class FakeCluster final : public ControllerChannel, public MetadataSource {
 public:
  // Controllers 1, 2 and 3 at "c1", "c2" and "c3", all alive, none active.
  explicit FakeCluster(Executor* executor) : FakeCluster(executor, executor) {}
  // Heartbeats and registrations are answered on `session_executor`, all else on `executor`.
  FakeCluster(Executor* executor, Executor* session_executor)
      : executor_(executor), session_executor_(session_executor) {}

  // The controller becomes the active one of a new epoch, which begins with a barrier.
  void Elect(int controller);
  // The active controller is deposed without a successor.
  void Depose();
  // The controller dies: its streams break, and its endpoint refuses connections.
  void Kill(int controller);
  void Revive(int controller) { dead_.erase(controller); }
  // The controller stops in the middle of everything, and nothing breaks.
  void Pause(int controller) { paused_.insert(controller); }

  // The controller loses touch with the others: it learns of nothing any more and knows no leader.
  void Isolate(int controller) { isolated_.insert(controller); }
  // What controllers tell their subscribers each second.
  void SendProgress();

  // Appends a batch, which is committed at once.
  void Append(const std::vector<metadata::v1::Record>& records);
  // Sends subscribers a batch that need not fit the log, of which it does not become a part.
  void SendUnchecked(const std::string& payload);
  // Appends the registration of another broker, fenced, and returns its epoch.
  int64_t AddBroker(int id);
  void SetFenced(int id, bool fenced);
  // The log is replaced by another, as after a restore: subscribers are reset, registrations gone.
  void ReplaceLog();

  const metadata::MetadataImage& image() const { return image_; }
  // All calls of a kind, in order.
  std::vector<v1::RegisterBrokerRequest> registrations;
  std::vector<v1::AlterPartitionRequest> alterations;
  std::vector<v1::ReportRolesRequest> reports;
  std::vector<v1::HeartbeatRequest> heartbeats;
  std::vector<v1::HeartbeatRequest> goodbyes;

  void RegisterBroker(const std::string& endpoint, Duration timeout,
                      v1::RegisterBrokerRequest request,
                      CallDone<v1::RegisterBrokerResponse> done) override;
  void AlterPartition(const std::string& endpoint, Duration timeout,
                      v1::AlterPartitionRequest request,
                      CallDone<v1::AlterPartitionResponse> done) override;
  void ReportRoles(const std::string& endpoint, Duration timeout, v1::ReportRolesRequest request,
                   CallDone<v1::ReportRolesResponse> done) override;
  void OpenHeartbeat(const std::string& endpoint,
                     absl::AnyInvocable<void(HeartbeatEvent)> on_event) override;
  void SendHeartbeat(v1::HeartbeatRequest request) override;
  void CloseHeartbeat(v1::HeartbeatRequest goodbye, Task closed) override;
  void Subscribe(const std::string& endpoint, metadata::v1::SubscribeRequest request,
                 absl::AnyInvocable<void(MetadataEvent)> on_event) override;
  void Unsubscribe() override { subscription_.reset(); }

 private:
  template <typename Event>
  struct Stream {
    int controller = 0;
    absl::AnyInvocable<void(Event)> on_event;
  };
  using HeartbeatStream = Stream<HeartbeatEvent>;
  using MetadataStream = Stream<MetadataEvent>;

  template <typename Event>
  void Deliver(std::shared_ptr<Stream<Event>>& slot, Event event);
  // An error that a call at `endpoint` meets; nothing: it is served.
  std::optional<common::v1::Error> Refusal(const std::string& endpoint) const;
  static int Number(const std::string& endpoint) { return endpoint.back() - '0'; }

  v1::HeartbeatResponse DecideHeartbeat(const v1::HeartbeatRequest& request);
  // In one batch.
  void ChangeBroker(BrokerId id, const metadata::BrokerChange& change, bool leaves_isrs);
  // Moves the broker's leaderships to other members of the ISRs, and takes it out of them.
  std::vector<metadata::v1::Record> LeaveIsrs(BrokerId broker) const;
  void SendBatch(const metadata::v1::Batch& batch);

  Executor* const executor_;
  Executor* const session_executor_;
  std::set<int> dead_;
  std::set<int> paused_;
  std::set<int> isolated_;
  int active_ = 0;  // 0: none
  int32_t epoch_ = 0;
  metadata::MetadataImage image_;
  std::vector<metadata::v1::Batch> log_;
  std::shared_ptr<HeartbeatStream> heartbeat_;
  std::shared_ptr<MetadataStream> subscription_;
};

}  // namespace quorate::broker
