// The code above the log in a simulated process. It runs the controller's own pipeline, from
// pending answers to the image and its snapshots. Clients change key-value pairs
// (checks/key_values.h), administrators change topics. It also runs the controller's watch over the
// brokers and the balance of leaders.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "controller/broker_requests.h"
#include "controller/broker_watch.h"
#include "controller/decide/voters/voter_decisions.h"
#include "controller/image_observer.h"
#include "controller/leader_balance.h"
#include "controller/remembered_requests.h"
#include "controller/request_pipeline.h"
#include "raft/node/raft_node.h"
#include "tests/sim/controller_ports.h"
#include "tests/sim/snapshots.h"
#include "tests/sim/surroundings.h"

namespace quorate::sim {

class User final : public raft::ReplicatedLogListener, private controller::ImageObserver {
 public:
  // `self` is its replica and `actor` its process. Once the process has ended, no calls are
  // answered. Everything outlives the user.
  User(const Surroundings& surroundings, Snapshots* snapshots, const raft::ReplicaKey& self,
       Executor* executor, const Clock* clock, const Actor* actor, raft::ReplicatedLog* log);

  // One attempt of a client's request.
  struct Attempt {
    ClientHistory::Op op = 0;
    Change change;
    std::optional<RequestId> id;
    // The epoch in which its sender believes the receiver to lead. An attempt without an id is not
    // executed in another epoch.
    Epoch epoch;
    Duration timeout{0};
  };
  struct Answered {
    Verdict verdict = Verdict::kDone;
    RecordOffset end_offset;
  };
  // Not called if the process ends first.
  using Reply = std::function<void(const controller::Answer<Answered>&)>;
  void Submit(const Attempt& attempt, Reply reply);

  // Changes the voters by the controller's rule if it leads and the change is allowed now.
  // Otherwise does nothing. `done` runs if the committed voters already are as requested.
  void ChangeVoters(const controller::VoterChange& change, std::function<void()> done);
  // Reads, and records the answer in the ledger if there is one.
  void Read(ClientHistory::Op op, MonoTime deadline);

  // The calls of brokers, and the brokers heard from recently, as in controller::QuorumController.
  void Register(const broker::v1::RegisterBrokerRequest& request, Duration timeout,
                controller::Reply<broker::v1::RegisterBrokerResponse> reply);
  void Heartbeat(controller::StreamId stream, const broker::v1::HeartbeatRequest& request,
                 controller::Reply<broker::v1::HeartbeatResponse> reply);
  void StreamEnded(controller::StreamId stream, controller::StreamEnd end);
  // Nobody reads the answer.
  void AlterPartition(const broker::v1::AlterPartitionRequest& request,
                      const std::string& principal);
  // Executes the request of an administrator. Nobody reads the answer.
  template <typename Request, typename Response>
  void Administer(const controller::Operation<Request, Response>& operation, Request request,
                  const std::string& principal) {
    controller::SubmitRemembered(
        &pipeline_, operation, std::move(request),
        {.principal = principal, .deadline = clock_.Now() + kPatience},
        controller::Reply<Response>([](const controller::Answer<Response>&) {}),
        operation.decision.decide, [this](bool appended) {
          if (appended) watch_.ForgetUnregistered();
        });
  }
  // Whether every partition is led by its first replica.
  bool PreferredReplicasLead() const;
  std::vector<BrokerId> HeardWithin(Duration within) {
    return broker_requests_.HeardWithin(within);
  }

  // Whether it leads and its barrier is committed.
  bool leads() const { return pipeline_.is_active(); }
  // The leader and epoch that it knows.
  const controller::RequestPipeline::Leadership& leadership() const {
    return pipeline_.leadership();
  }
  // The committed image.
  const metadata::MetadataImage& image() const { return pipeline_.committed(); }
  RecordOffset end_offset() const { return image().end_offset(); }

  // raft::ReplicatedLogListener
  void OnSnapshot(const raft::SnapshotMeta& snapshot) override;
  void OnCommitted(const std::vector<raft::EntryPtr>& entries) override;
  void OnLeaderChange(Epoch epoch, std::optional<NodeId> leader) override;
  void OnClaim(Epoch epoch, RecordOffset end_offset, bool has_voters,
               const raft::VoterSet& voters) override;
  void OnRenounce(Epoch epoch) override;
  void OnPause(Epoch epoch) override;
  void OnResume(Epoch epoch) override;

 private:
  // How long a request of a broker or an administrator may wait.
  static constexpr Duration kPatience = std::chrono::seconds(1);

  // controller::ImageObserver
  void OnApplied(const raft::Entry& entry, const metadata::MetadataImage& image) override;

  bool MayChangeVoters() const { return pipeline_.MayAppend() && pipeline_.VotersAreCommitted(); }
  void DecideVoters(const controller::VoterChange& change, const raft::QuorumStatus& status,
                    const std::function<void()>& done);
  // Records that `entry` is the last one in the state.
  void Track(const raft::Entry& entry);
  void SaveSnapshot();

  const Surroundings surroundings_;
  Ledger& ledger_;
  Snapshots& snapshots_;
  const raft::ReplicaKey self_;
  const Clock& clock_;
  const Actor& actor_;
  raft::ReplicatedLog* const log_;
  ControllerPorts ports_;
  controller::RequestPipeline pipeline_;
  controller::BrokerWatch watch_;
  controller::LeaderBalance balance_;
  controller::BrokerRequests broker_requests_;

  // The position in the log at which the committed state ends, or nullopt if the state is empty.
  std::optional<raft::SnapshotMeta> end_;
  bool saving_ = false;
};

}  // namespace quorate::sim
