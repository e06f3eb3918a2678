// Controllers on a fake quorum, with brokers that the test controls. For tests of the loop and for
// the transcripts of testdata/.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/testing/manual_executor.h"
#include "controller/quorum_controller.h"
#include "controller/testing/fake_prober.h"
#include "controller/testing/fake_quorum.h"

namespace quorate::controller {

// An answer that may not have arrived yet.
template <typename T>
class Pending {
 public:
  Reply<T> reply() {
    return [answer = answer_](Answer<T> given) {
      CHECK(!answer->has_value()) << "answered twice";
      *answer = std::move(given);
    };
  }
  bool done() const { return answer_->has_value(); }
  bool ok() const { return done() && std::holds_alternative<T>(**answer_); }
  // REQUIRES: ok().
  const T& value() const { return std::get<T>(**answer_); }
  // REQUIRES: done() and not ok().
  const common::v1::Error& error() const { return std::get<common::v1::Error>(**answer_); }

 private:
  std::shared_ptr<std::optional<Answer<T>>> answer_ = std::make_shared<std::optional<Answer<T>>>();
};

class ControllerCluster {
 public:
  // Creates controllers 1 to `controllers`, none of which leads. `grace` is
  // ControllerOptions::broker_connection_grace.
  explicit ControllerCluster(int controllers = 1, Duration grace = std::chrono::seconds(1),
                             LeaderBalanceOptions balance = {},
                             int64_t partition_mutations_per_second = 0);
  // Shuts the controllers down first, so that every request is answered.
  ~ControllerCluster();

  ManualClock& clock() { return clock_; }
  FakeQuorum& quorum() { return quorum_; }
  FakeProber& prober() { return prober_; }
  QuorumController& controller(int id) { return *controllers_.at(id); }
  // The controller that leads.
  QuorumController& active() { return controller(quorum_.leader().value().value()); }

  void Elect(int id, size_t kept = 0) {
    quorum_.Elect(NodeId(id), kept);
    Run();
  }
  void Commit(size_t count = SIZE_MAX) {
    quorum_.Commit(count);
    Run();
  }
  void Run() {
    executor_.RunReady();
    while (worker_runs_ && worker_.queued() > 0) {
      worker_.RunReady();
      executor_.RunReady();
    }
  }
  // Runs one task or timer that is ready. Returns false if there is none.
  bool RunOne() { return executor_.RunOne() || (worker_runs_ && worker_.RunOne()); }
  void Advance(Duration d) { executor_.AdvanceBy(d); }
  // Sets whether Run executes the tasks of the controllers' worker. True at first.
  void SetWorkerRuns(bool runs) {
    worker_runs_ = runs;
    Run();
  }
  // From now on, `poll` answers all controllers instead of the controllers that they ask.
  void ReplaceVoterPoll(VoterPoll* poll) { poll_.Replace(poll); }

  // Returns the image that a controller has applied.
  metadata::MetadataImage ImageOf(int id);

  // Starts a process of broker `id`, whose endpoint answers from now on. REQUIRES: none is running.
  void StartBroker(int32_t id, bool answers = true);
  // Ends the process: its endpoint refuses connections, and its stream breaks.
  void KillBroker(int32_t id);
  // Breaks or closes only the stream.
  void EndStream(int32_t id, StreamEnd end);
  // The broker replaces its stream by another one, which its next heartbeat opens. What it sent on
  // the older stream is delayed: HeartbeatLate, and then EndOlderStream.
  void ReplaceStream(int32_t id);
  void EndOlderStream(int32_t id, StreamEnd end);

  // All streams are gone together with their controller, which was not notified.
  void ForgetStreams() {
    for (auto& [id, broker] : brokers_) broker.stream = {};
  }

  // With `clean`, the broker says that its process before stopped cleanly.
  Pending<broker::v1::RegisterBrokerResponse> Register(int32_t id);
  void Register(int32_t id, Reply<broker::v1::RegisterBrokerResponse> reply, bool clean = false);
  // Sends a heartbeat on the broker's stream and opens the stream if there is none. If
  // `metadata_end_offset` is not given, the broker has replayed everything that is committed.
  Pending<broker::v1::HeartbeatResponse> Heartbeat(
      int32_t id, bool want_shutdown = false,
      std::optional<int64_t> metadata_end_offset = std::nullopt);
  void Heartbeat(int32_t id, bool want_shutdown, std::optional<int64_t> metadata_end_offset,
                 Reply<broker::v1::HeartbeatResponse> reply);
  // Sends a heartbeat on the stream that ReplaceStream replaced.
  void HeartbeatLate(int32_t id, Reply<broker::v1::HeartbeatResponse> reply);
  // Sends a heartbeat on a separate stream to controller `node`, active or not, as a broker does
  // that looks for the active one.
  void HeartbeatTo(int node, int32_t id, Reply<broker::v1::HeartbeatResponse> reply);
  // Starts broker `id` and makes it unfenced. REQUIRES: a controller is active, and the quorum
  // commits at once.
  void BringUp(int32_t id);

  Pending<admin::v1::CreateTopicsResponse> Create(const admin::v1::CreateTopicsRequest& request,
                                                  MonoTime deadline = kNever);
  // Creates a topic with one partition.
  Pending<admin::v1::CreateTopicsResponse> Create(const std::string& name,
                                                  MonoTime deadline = kNever);

  // A broker of the test. Its incarnation is derived from its id and its life.
  struct Broker {
    // `id` 0: no stream is open.
    struct Stream {
      StreamId id = 0;
      int64_t ordinal = 0;
    };

    int32_t life = 0;
    int64_t epoch = -1;
    // That of the process before; -1 if it had none.
    int64_t previous_epoch = -1;
    Stream stream;
    Stream older_stream;
    int64_t streams_opened = 0;
    // The directories that it registers with, and those that its heartbeats name as failed.
    std::vector<Uuid> log_directories = {};
    std::vector<Uuid> offline_directories = {};

    Uuid Incarnation(int32_t id) const;
  };
  Broker& broker(int32_t id) { return brokers_[id]; }

  static std::string EndpointOf(int32_t id);
  static constexpr char kClusterId[] = "ZZZZZZZZZZZZZZZZZZZZZw";

 private:
  // One poll for all controllers. It asks those that it is given.
  class Poll final : public VoterPoll {
   public:
    explicit Poll(ControllerCluster* cluster) : cluster_(cluster) {}
    void Replace(VoterPoll* poll) { replacement_ = poll; }
    void Ask(const std::vector<NodeId>& voters, Duration within,
             absl::AnyInvocable<void(std::vector<VoterAnswer>) &&> done) override;

   private:
    ControllerCluster* const cluster_;
    VoterPoll* replacement_ = nullptr;
  };

  broker::v1::HeartbeatRequest HeartbeatOf(int32_t id) const;
  void EndStreamOf(Broker::Stream* stream, StreamEnd end);

  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  // The worker of all controllers.
  ManualExecutor worker_{&clock_};
  bool worker_runs_ = true;
  FakeQuorum quorum_{&clock_};
  FakeProber prober_{&executor_, &clock_};
  std::map<int, std::unique_ptr<QuorumController>> controllers_;
  std::map<int32_t, Broker> brokers_;
  StreamId next_stream_ = 1;
  Poll poll_{this};
};

}  // namespace quorate::controller
