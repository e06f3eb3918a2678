#include "server/program/controller_server.h"

#include <grpcpp/health_check_service_interface.h>

#include <atomic>
#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/event_loop.h"
#include "base/random.h"
#include "controller/quorum_controller.h"
#include "raft/node/raft_node.h"
#include "server/calls/listener.h"
#include "server/feed/subscription_hub.h"
#include "server/grpc/admin_service.h"
#include "server/grpc/broker_service.h"
#include "server/grpc/call_edge.h"
#include "server/grpc/metadata_service.h"
#include "server/grpc/subscribe_frame.h"
#include "server/node/cluster_queries.h"
#include "server/node/leader_tracker.h"
#include "server/node/limits.h"
#include "server/node/log_clock.h"
#include "server/node/log_listeners.h"
#include "server/node/operation_methods.h"
#include "server/node/quorum_changes.h"
#include "server/node/readiness.h"
#include "server/node/request_router.h"
#include "server/node/snapshot_scheduler.h"
#include "server/node/state_auditor.h"
#include "server/peer/grpc_broker_prober.h"
#include "server/peer/peer_channel.h"
#include "server/peer/peer_transport.h"
#include "server/peer/peer_voter_poll.h"
#include "server/program/background_thread.h"
#include "server/program/loop_watchdog.h"
#include "server/program/process_service.h"
#include "storage/background_snapshot_writer.h"
#include "storage/controller_log.h"
#include "storage/data_directory.h"
#include "storage/data_loss.h"
#include "storage/disk_snapshot_files.h"
#include "storage/fatal.h"
#include "storage/file_snapshot_store.h"
#include "storage/snapshot_names.h"
#include "storage/voter_lists.h"

namespace quorate::server {
namespace {

// How long the leader waits before it sends a new high watermark in a separate message. Under load
// the next append usually comes sooner and carries it, which saves a message and a timer for each
// write. Without load the delay does not matter.
constexpr Duration kCommitLinger = std::chrono::milliseconds(3);

// How many requests may wait for one loop. The raft loop gets only completions and peer messages.
constexpr size_t kMaxQueued = 20'000;

// The timeout for reading the image of a snapshot. The image is available as soon as the
// controller's loop runs the task.
constexpr Duration kReadImageTimeout = std::chrono::seconds(1);

// How long each step of stopping may take before the next one begins.
constexpr Duration kDrainTimeout = std::chrono::seconds(1);
constexpr Duration kCloseTimeout = std::chrono::seconds(1);

// Calls `start(done)` and waits for up to `timeout` until it calls `done`. Returns whether it did.
template <typename Start>
bool RunAndWait(Duration timeout, Start start) {
  auto done = std::make_shared<std::promise<void>>();
  std::future<void> finished = done->get_future();
  start([done] { done->set_value(); });
  return finished.wait_for(timeout) == std::future_status::ready;
}

// Returns a handler that passes on only the first error. The disk and the quorum may both report
// that the node cannot continue, on different threads and at the same time.
storage::FatalHandler HearOnce(ControllerServer::FatalCallback on_fatal) {
  struct Shared {
    ControllerServer::FatalCallback on_fatal;
    std::atomic<bool> called = false;
  };
  auto shared = std::make_shared<Shared>();
  shared->on_fatal = std::move(on_fatal);
  return [shared](const absl::Status& status) {
    if (!shared->called.exchange(true)) shared->on_fatal(status);
  };
}

PeerTransportOptions TransportOptions(const ControllerConfig& config,
                                      const raft::ReplicaKey& self) {
  PeerTransportOptions options = {
      .cluster_id = config.cluster_id, .self = self, .observer = config.observer};
  for (const ConfiguredVoter& voter : config.voters) {
    if (voter.node_id != config.node_id) options.peers.emplace(voter.node_id, voter.endpoint);
  }
  return options;
}

raft::RaftOptions MakeRaftOptions(const ControllerConfig& config, const raft::ReplicaKey& self) {
  raft::RaftOptions options;
  options.self = self;
  options.peer_endpoint = config.peer_advertise.ToString();
  for (const ConfiguredVoter& voter : config.voters) {
    options.configured_voters.push_back(voter.node_id);
  }
  options.observer = config.observer;
  options.heartbeat_interval = config.heartbeat_interval;
  options.election_timeout_min = config.election_timeout_min;
  options.election_timeout_max = config.election_timeout_max;
  options.check_quorum_timeout = config.election_timeout_max;
  options.commit_linger = kCommitLinger;
  return options;
}

SnapshotScheduler::Options MakeSnapshotSchedulerOptions(const ControllerConfig& config) {
  return {.self = config.node_id,
          .min_log_bytes = config.snapshot_min_log_bytes,
          .log_bytes_per_snapshot_byte = config.snapshot_log_ratio};
}

storage::BackgroundSnapshotWriter::Options MakeSnapshotWriterOptions(
    const ControllerConfig& config) {
  return {.bytes_per_second = static_cast<size_t>(config.snapshot_max_bytes_per_second)};
}

controller::ControllerOptions MakeControllerOptions(const ControllerConfig& config, uint64_t seed) {
  return {.cluster_id = config.cluster_id,
          .node_id = config.node_id,
          .broker_session_timeout = config.broker_session_timeout,
          .broker_connection_grace = config.broker_connection_grace,
          .broker_mass_loss_hold = config.broker_mass_loss_hold,
          .request_limits = {.max_items = config.max_request_items,
                             .max_partitions = config.max_request_partitions},
          .seed = seed};
}

}  // namespace

// The members are declared in the order in which they are constructed. Stop ends the loops before
// any member is destroyed.
class ControllerServer::Impl final : public ControllerDirectory {
 public:
  Impl(const ControllerConfig& config, std::unique_ptr<storage::DataDirectory> directory,
       std::unique_ptr<storage::ControllerLog> log, uint64_t seed)
      : config_(config),
        data_directory_(std::move(directory)),
        log_(std::move(log)),
        self_{config.node_id, data_directory_->directory_id()},
        transport_(TransportOptions(config, self_), &raft_loop_, &decide_loop_, &clock_),
        prober_(std::in_place, GrpcBrokerProber::Options{}),
        controller_(MakeControllerOptions(config, seed + 1), &controller_loop_, &clock_, &*prober_),
        router_({.self = config.node_id}, &edge_loop_, &clock_, &leader_, transport_.forwarder()),
        hub_({}, &fanout_loop_, &clock_, &leader_, &frame_encoder_),
        edge_(&edge_loop_, &decide_loop_, &clock_, [this] { return LeaderEndpoint(); }),
        readiness_(
            &edge_loop_, &clock_, [this] { return controller_.applied_offset(); },
            [this] { return log_->free_space().IsEnough(); },
            [this](bool ready) { PublishReady(ready); }) {}

  ~Impl() override { Stop(); }

  absl::Status Start(uint64_t seed, const storage::FatalHandler& on_fatal) {
    for (EventLoop* loop : {&audit_loop_, &snapshot_loop_}) loop->Post(RunInBackground);
    RETURN_IF_ERROR(OpenSnapshots());
    raft::RestoredLog restored = log_->TakeRestored();
    restored.snapshot = snapshots_->Newest();
    restored.accepted_voter_lists = LoadVoterLists();
    auto raft = raft::RaftNode::Create(MakeRaftOptions(config_, self_), restored,
                                       {.executor = &raft_loop_,
                                        .clock = &clock_,
                                        .log = log_->log(),
                                        .transport = &transport_,
                                        .snapshots = snapshots_.get()},
                                       seed, on_fatal);
    if (!raft.ok()) return storage::ExplainLoss(*data_directory_, raft.status());
    raft_ = *std::move(raft);
    RememberVoterList(restored);
    controller_.SetLog(raft_.get());
    controller_.SetWorker(&decide_loop_);
    controller_.SetSnapshots(&*snapshot_scheduler_);
    controller_.SetVoterPoll(&voter_poll_);
    snapshot_scheduler_->SetLog(raft_.get());
    auditor_.emplace(StateAuditor::Options{.self = config_.node_id,
                                           .interval = config_.state_check_interval,
                                           .on_fatal = on_fatal},
                     &audit_loop_, &clock_, raft_.get(), &controller_, &router_);
    controller_.SetImageObserver(&*auditor_);
    hub_.SetLog(raft_.get());
    hub_.SetSnapshots(snapshots_.get());
    queries_.emplace(config_.cluster_id, raft_.get(), &controller_, this, &clock_,
                     [this] { return OwnMachine(); });
    changes_.emplace(&router_, &controller_, raft_.get());
    RegisterOperations(&router_, &controller_, &*queries_);
    admin_service_.emplace(&edge_, &router_, &*queries_, &query_loop_);
    broker_service_.emplace(&edge_, &router_, &controller_);
    metadata_service_.emplace(config_.cluster_id, &edge_, &hub_,
                              [this](BrokerId broker) { controller_.HeardOf(broker); });
    listeners_.emplace(std::vector<raft::ReplicatedLogListener*>{
        &leader_, &controller_, &router_, &hub_, &*broker_service_, &readiness_,
        &*snapshot_scheduler_, &log_clock_});

    transport_.service()->SetForwardHandler(
        [this](const raft::v1::ForwardRequest& request, ForwardReply reply) {
          if (request.method() == kListHeardBrokers) {
            AnswerListHeardBrokers(request, &controller_, std::move(reply));
          } else {
            router_.OnForwarded(request, std::move(reply));
          }
        });
    // Must be opened before the client listener: OpenClientListener enables reflection and health
    // checks for every server that is built after it.
    ASSIGN_OR_RETURN(peer_listener_,
                     OpenListener(config_.peer_listen, "peer-listen", kReservedFromPeers,
                                  [this](grpc::ServerBuilder& builder) {
                                    ConfigurePeerServer({}, &builder);
                                    builder.RegisterService(transport_.service());
                                  }));
    raft_->Start(&*listeners_);
    ASSIGN_OR_RETURN(client_listener_,
                     OpenClientListener(config_.client_listen, "client-listen",
                                        {&*admin_service_, &*broker_service_, &*metadata_service_,
                                         &process_service_}));
    bound_client_port_ = client_listener_.port;
    PublishReady(false);
    transport_.Start(raft_.get(), config_.peer_advertise.ToString(), *OwnClientEndpoint());
    readiness_.Start(raft_.get());
    watchdog_.emplace(
        LoopWatchdog::Options{}, ServingLoops(), &clock_,
        [this](bool alive) { PublishAlive(alive); }, on_fatal);
    watchdog_->Start();
    return absl::OkStatus();
  }

  void Stop() {
    if (std::exchange(stopped_, true)) return;
    watchdog_.reset();
    if (client_listener_.server != nullptr) {
      HandOver();
      EndCalls();
      Close(client_listener_);
    }
    transport_.Stop();
    if (peer_listener_.server != nullptr) Close(peer_listener_);
    for (EventLoop* loop : {&raft_loop_, &controller_loop_, &decide_loop_, &edge_loop_,
                            &fanout_loop_, &query_loop_, &audit_loop_, &snapshot_loop_}) {
      loop->Stop();
    }
    // Ends the threads of these two before the members that they call back are destroyed.
    prober_.reset();
    log_.reset();
  }

  uint16_t client_port() const { return client_listener_.port; }
  uint16_t peer_port() const { return peer_listener_.port; }

  // ControllerDirectory
  std::optional<std::string> ClientEndpoint(NodeId node) const override {
    if (node == config_.node_id) return OwnClientEndpoint();
    return transport_.ClientEndpoint(node);
  }
  std::optional<PeerContact> Contact(NodeId node) const override {
    if (node == config_.node_id) return PeerContact{.address = config_.peer_advertise.ToString()};
    return transport_.Contact(node);
  }

 private:
  // Loads the voter lists that were accepted earlier. The file only decides which configurations
  // are accepted, so a damaged file does not stop this node.
  std::vector<storage::VoterList> LoadVoterLists() const {
    auto lists = storage::VoterListFile(data_directory_->VoterListsPath()).Load();
    if (lists.ok()) return *std::move(lists);
    LOG(WARNING) << lists.status() << "; the file will be rewritten";
    return {};
  }

  // Stores the voter list of the accepted configuration, so that a later start does not take it for
  // an edit if the log has changed the voters by then. Until there is a log or a founding set, the
  // operator may still correct the list, and only the last one counts.
  void RememberVoterList(const raft::RestoredLog& restored) const {
    storage::VoterList list;
    for (const ConfiguredVoter& voter : config_.voters) list.push_back(voter.node_id);
    const bool is_member = restored.has_log() || restored.founding_voters;
    const auto& known = restored.accepted_voter_lists;
    const std::vector<storage::VoterList> lists =
        storage::WithVoterList(is_member ? known : std::vector<storage::VoterList>(), list);
    if (lists == known) return;
    const absl::Status stored =
        storage::VoterListFile(data_directory_->VoterListsPath()).Store(lists);
    if (!stored.ok()) {
      LOG(WARNING) << "cannot store the voter list, so a later start may refuse it: " << stored;
    }
  }

  absl::Status OpenSnapshots() {
    ASSIGN_OR_RETURN(snapshot_disk_, storage::DiskSnapshotFiles::Open(
                                         data_directory_->path() + "/" + storage::kSnapshotsName));
    metadata::MetadataImage newest;
    ASSIGN_OR_RETURN(snapshots_,
                     storage::FileSnapshotStore::Open(&*snapshot_disk_, &snapshot_loop_,
                                                      [&newest](storage::SnapshotReader& reader) {
                                                        auto image = LoadImage(reader);
                                                        if (!image.ok()) return image.status();
                                                        newest = *std::move(image);
                                                        return absl::OkStatus();
                                                      }));
    writer_.emplace(MakeSnapshotWriterOptions(config_), snapshots_.get(), &*snapshot_disk_,
                    &snapshot_loop_, &clock_);
    // Not on the snapshot loop, which would then wake up for every commit.
    snapshot_scheduler_.emplace(MakeSnapshotSchedulerOptions(config_), &fanout_loop_, &clock_,
                                snapshots_.get(), &*writer_,
                                [this](RecordOffset end_offset, auto done) {
                                  ReadCommittedImage(end_offset, std::move(done));
                                });
    if (const auto meta = snapshots_->Newest()) {
      snapshot_scheduler_->SetLoaded(meta->id, std::move(newest));
    }
    return absl::OkStatus();
  }

  void ReadCommittedImage(
      RecordOffset end_offset,
      absl::AnyInvocable<void(std::optional<metadata::MetadataImage>) &&> done) {
    controller_.ReadImage(
        end_offset, clock_.Now() + kReadImageTimeout,
        [done = std::move(done)](auto answer) mutable {
          auto* image = std::get_if<metadata::MetadataImage>(&answer);
          std::move(done)(image == nullptr ? std::nullopt : std::optional(std::move(*image)));
        });
  }

  // Transfers leadership, if this node leads, and waits for pending requests. This node serves
  // requests meanwhile, so that a successful transfer fails none of them. It waits until the
  // successor has answered a read, which takes until the successor's barrier is committed. That is
  // sooner while this node still votes and writes, and is not busy with stopping.
  void HandOver() {
    readiness_.Withdraw();
    RunAndWait(2 * config_.election_timeout_max, [this](auto done) {
      raft_->TransferLeadership(std::nullopt, [this, done](const absl::Status& status) {
        if (!status.ok()) return done();
        LOG(INFO) << "leadership was transferred";
        raft_->ReadIndex(clock_.Now() + config_.election_timeout_max,
                         [done](const absl::StatusOr<RecordOffset>&) { done(); });
      });
    });
    if (!RunAndWait(kDrainTimeout, [this](auto done) { router_.Shutdown(std::move(done)); })) {
      LOG(WARNING) << "some requests are still pending and will fail";
    }
  }

  // Ends every call, so that the listener can close.
  void EndCalls() {
    controller_.Shutdown();
    router_.Abandon();
    hub_.Shutdown();
    broker_service_->Shutdown();
    RunAndWait(kCloseTimeout, [this](auto done) { raft_->Stop(std::move(done)); });
  }

  static void Close(Listener& listener) {
    listener.acceptor->Stop();
    listener.server->Shutdown(std::chrono::system_clock::now() + kCloseTimeout);
    listener.server->Wait();
  }

  MachineState OwnMachine() const {
    const int64_t behind_ms = log_clock_.BehindMs();
    const storage::FreeSpace& space = log_->free_space();
    return {.free_disk_bytes = static_cast<int64_t>(space.free_bytes()),
            .min_free_disk_bytes = static_cast<int64_t>(space.min_free_bytes()),
            .clock_behind_ms = behind_ms > LogClock::kToleratedMs ? behind_ms : 0};
  }

  // Returns nullopt if the bound port is not known yet.
  std::optional<std::string> OwnClientEndpoint() const {
    HostPort endpoint = config_.client_advertise;
    if (endpoint.port == 0) endpoint.port = bound_client_port_;
    if (endpoint.port == 0) return std::nullopt;
    return endpoint.ToString();
  }

  std::optional<common::v1::ControllerEndpoint> LeaderEndpoint() const {
    const LeaderView view = leader_.view();
    if (!view.leader) return std::nullopt;
    const std::optional<std::string> endpoint = ClientEndpoint(*view.leader);
    if (!endpoint) return std::nullopt;
    common::v1::ControllerEndpoint leader;
    leader.set_node_id(view.leader->value());
    leader.set_client_endpoint(*endpoint);
    return leader;
  }

  // Returns the loops on which answers depend. The other loops work in the background and may be
  // slow.
  std::vector<LoopWatchdog::Loop> ServingLoops() const {
    return {{"raft", &raft_loop_.meter()},
            {"controller", &controller_loop_.meter()},
            {"edge", &edge_loop_.meter()},
            {"fanout", &fanout_loop_.meter()},
            {"query", &query_loop_.meter()}};
  }

  void PublishAlive(bool alive) {
    client_listener_.server->GetHealthCheckService()->SetServingStatus("", alive);
  }

  void PublishReady(bool ready) {
    client_listener_.server->GetHealthCheckService()->SetServingStatus(kReadyService, ready);
  }

  const ControllerConfig config_;
  const SystemClock clock_;
  std::unique_ptr<storage::DataDirectory> data_directory_;
  std::unique_ptr<storage::ControllerLog> log_;
  const raft::ReplicaKey self_;

  EventLoop raft_loop_{"raft", kMaxQueued};
  EventLoop controller_loop_{"controller", kMaxQueued};
  // Parses, decides and replays large requests and entries.
  EventLoop decide_loop_{"decide", kMaxQueued};
  // For calls of clients, subscriptions, and responses that take long to build.
  EventLoop edge_loop_{"edge", kMaxQueued};
  EventLoop fanout_loop_{"fanout", kMaxQueued};
  EventLoop query_loop_{"query", kMaxQueued};
  EventLoop audit_loop_{"audit", kMaxQueued};
  // Reads and writes snapshots.
  EventLoop snapshot_loop_{"snapshot", kMaxQueued};

  std::optional<storage::DiskSnapshotFiles> snapshot_disk_;
  std::unique_ptr<storage::FileSnapshotStore> snapshots_;
  std::optional<storage::BackgroundSnapshotWriter> writer_;
  std::optional<SnapshotScheduler> snapshot_scheduler_;

  PeerTransport transport_;
  PeerVoterPoll voter_poll_{transport_.forwarder(), &clock_};
  std::optional<GrpcBrokerProber> prober_;
  controller::QuorumController controller_;
  LeaderTracker leader_;
  LogClock log_clock_{&clock_};
  RequestRouter router_;
  const SubscribeFrameEncoder frame_encoder_;
  SubscriptionHub hub_;
  CallEdge edge_;
  Readiness readiness_;
  std::unique_ptr<raft::RaftNode> raft_;
  std::optional<ClusterQueries> queries_;
  std::optional<QuorumChanges> changes_;
  std::optional<AdminService> admin_service_;
  std::optional<BrokerService> broker_service_;
  std::optional<StateAuditor> auditor_;
  std::optional<MetadataService> metadata_service_;
  ProcessService process_service_{&edge_loop_, &clock_};
  std::optional<LogFanout> listeners_;
  // 0 until the client listener is open. Atomic, because calls arrive as soon as it is open.
  std::atomic<uint16_t> bound_client_port_ = 0;
  Listener peer_listener_;
  Listener client_listener_;
  std::optional<LoopWatchdog> watchdog_;
  bool stopped_ = false;
};

absl::StatusOr<std::unique_ptr<ControllerServer>> ControllerServer::Start(
    const ControllerConfig& config, FatalCallback on_fatal) {
  // Check everything that can be refused before opening the data directory, which changes it.
  RETURN_IF_ERROR(CheckCanListen(config.peer_listen, "peer-listen"));
  RETURN_IF_ERROR(CheckCanListen(config.client_listen, "client-listen"));
  const uint64_t seed = config.seed != 0 ? config.seed : Rng::SystemSeed();
  Rng rng(seed);
  ASSIGN_OR_RETURN(std::unique_ptr<storage::DataDirectory> directory,
                   storage::DataDirectory::Open(config.data_dir,
                                                {.role = storage::Role::kController,
                                                 .cluster_id = config.cluster_id,
                                                 .node_id = config.node_id.value()},
                                                rng));
  const storage::FatalHandler fatal = HearOnce(std::move(on_fatal));
  ASSIGN_OR_RETURN(
      std::unique_ptr<storage::ControllerLog> log,
      storage::ControllerLog::Open(
          directory.get(), {.min_free_bytes = static_cast<uint64_t>(config.min_free_disk_bytes),
                            .on_fatal = fatal}));
  auto impl = std::make_unique<Impl>(config, std::move(directory), std::move(log), seed);
  RETURN_IF_ERROR(impl->Start(seed, fatal));
  return std::unique_ptr<ControllerServer>(new ControllerServer(std::move(impl)));
}

ControllerServer::ControllerServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ControllerServer::~ControllerServer() = default;
void ControllerServer::Stop() { impl_->Stop(); }
uint16_t ControllerServer::client_port() const { return impl_->client_port(); }
uint16_t ControllerServer::peer_port() const { return impl_->peer_port(); }

}  // namespace quorate::server
