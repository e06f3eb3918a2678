// What stands above the log in a simulated process: the controller's own pipeline, from the answer
// that waits to the image and its snapshots, with changes of key-value pairs (checks/key_values.h)
// in place of topics, and its watch over the brokers. It is where clients' requests and reads are
// answered.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "controller/broker_requests.h"
#include "controller/broker_watch.h"
#include "controller/image_observer.h"
#include "controller/request_pipeline.h"
#include "controller/voter_decisions.h"
#include "raft/raft_node.h"
#include "tests/sim/controller_ports.h"
#include "tests/sim/snapshots.h"
#include "tests/sim/surroundings.h"

namespace quorate::sim {

class User final : public raft::ReplicatedLogListener, private controller::ImageObserver {
 public:
  // `self` is the replica that it stands on, `actor` its process, whose users are told nothing once
  // it has ended. All outlive the user.
  User(const Surroundings& surroundings, Snapshots* snapshots, const raft::ReplicaKey& self,
       Executor* executor, const Clock* clock, const Actor* actor);

  // Before anything else. It outlives the user's last call.
  void SetLog(raft::ReplicatedLog* log);

  // One try of a client's request.
  struct Attempt {
    ClientHistory::Op op = 0;
    Change change;
    std::optional<RequestId> id;
    // That its sender believes in; an attempt without an id is not executed in another one.
    Epoch epoch;
    Duration timeout{0};
  };
  struct Answered {
    Verdict verdict = Verdict::kDone;
    RecordOffset end_offset;
  };
  // Not called if the process ends before.
  using Reply = std::function<void(const controller::Answer<Answered>&)>;
  void Submit(const Attempt& attempt, Reply reply);

  // Changes the voters, as the controller decides, if it leads and that may be done now; else
  // nothing happens. `done` runs if they are as asked already, committed.
  void ChangeVoters(const controller::VoterChange& change, std::function<void()> done);
  // Answers through the ledger, or not at all.
  void Read(ClientHistory::Op op, MonoTime deadline);

  // What brokers ask, and which of them were heard of, as controller::QuorumController has it.
  void Register(const broker::v1::RegisterBrokerRequest& request, Duration timeout,
                controller::Reply<broker::v1::RegisterBrokerResponse> reply);
  void Heartbeat(controller::StreamId stream, const broker::v1::HeartbeatRequest& request,
                 controller::Reply<broker::v1::HeartbeatResponse> reply);
  void StreamEnded(controller::StreamId stream, controller::StreamEnd end);
  std::vector<BrokerId> HeardWithin(Duration within) {
    return broker_requests_.HeardWithin(within);
  }

  // Leads, and its barrier is committed.
  bool leads() const { return pipeline_.is_active(); }
  // The leader and the epoch that it knows.
  const controller::RequestPipeline::Leadership& leadership() const {
    return pipeline_.leadership();
  }
  // What is committed.
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
  // controller::ImageObserver
  void OnApplied(const raft::Entry& entry, const metadata::MetadataImage& image) override;

  bool MayChangeVoters() const { return pipeline_.MayAppend() && pipeline_.VotersAreCommitted(); }
  void DecideVoters(const controller::VoterChange& change, const raft::QuorumStatus& status,
                    const std::function<void()>& done);
  // `entry` is the last one in the state.
  void Track(const raft::Entry& entry);
  void SaveSnapshot();

  const Surroundings surroundings_;
  Ledger& ledger_;
  Snapshots& snapshots_;
  const raft::ReplicaKey self_;
  const Clock& clock_;
  const Actor& actor_;
  raft::ReplicatedLog* log_ = nullptr;
  controller::RequestPipeline pipeline_;
  ControllerPorts ports_;
  controller::BrokerWatch watch_;
  controller::BrokerRequests broker_requests_;

  // Where the committed state ends in the log; nothing: it is empty.
  std::optional<raft::SnapshotMeta> end_;
  bool saving_ = false;
};

}  // namespace quorate::sim
