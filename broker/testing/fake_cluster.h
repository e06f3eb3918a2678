// Three controllers as one broker sees them, on a committed log that the test writes. For scenarios
// of a whole broker. The controllers register, unfence and release brokers and change ISRs by
// simple rules. The real decisions are tested in controller/.
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
  // Controllers 1, 2 and 3 at "c1", "c2" and "c3". All are alive and none is active.
  explicit FakeCluster(Executor* executor) : FakeCluster(executor, executor) {}
  // Answers heartbeats and registrations on `session_executor` and everything else on `executor`.
  FakeCluster(Executor* executor, Executor* session_executor)
      : executor_(executor), session_executor_(session_executor) {}

  // The controller becomes the active one of a new epoch, which begins with a barrier.
  void Elect(int controller);
  // The active controller is deposed without a successor.
  void Depose();
  // The controller dies: its streams break, and its endpoint refuses connections.
  void Kill(int controller);
  void Revive(int controller) { dead_.erase(controller); }
  // The controller stops answering, but no connection breaks.
  void Pause(int controller) { paused_.insert(controller); }

  // The controller loses contact with the others. It receives no further entries and knows no
  // leader.
  void Isolate(int controller) { isolated_.insert(controller); }
  // Sends the progress message that controllers send to their subscribers every second.
  void SendProgress();

  // Appends a batch, which is committed at once.
  void Append(const std::vector<metadata::v1::Record>& records);
  // Sends the subscriber a batch that need not fit the log and does not become a part of it.
  void SendUnchecked(const std::string& payload);
  // Appends the registration of another broker, fenced, and returns its epoch.
  int64_t AddBroker(int id);
  void SetFenced(int id, bool fenced);
  // Removes a registration, as a forced request of an operator does.
  void Unregister(int id);
  // Replaces the log by another one, as after a restore: subscribers are reset, and registrations
  // are gone.
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
  // Returns the error of a call at `endpoint`, or nullopt if the controller serves it.
  std::optional<common::v1::Error> Refusal(const std::string& endpoint) const;
  static int Number(const std::string& endpoint) { return endpoint.back() - '0'; }

  v1::HeartbeatResponse DecideHeartbeat(const v1::HeartbeatRequest& request);
  // Appends the change in one batch.
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
