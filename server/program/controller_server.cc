#include "server/program/controller_server.h"

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "audit/audit_log.h"
#include "base/check.h"
#include "base/random.h"
#include "controller/quorum_controller.h"
#include "server/feed/subscription_hub.h"
#include "server/grpc/front_end.h"
#include "server/grpc/subscribe_frame.h"
#include "server/http/http_server.h"
#include "server/node/cluster_queries.h"
#include "server/node/leader_tracker.h"
#include "server/node/log_clock.h"
#include "server/node/log_listeners.h"
#include "server/node/operation_methods.h"
#include "server/node/quorum_changes.h"
#include "server/node/readiness.h"
#include "server/node/request_router.h"
#include "server/node/snapshot_scheduler.h"
#include "server/node/state_auditor.h"
#include "server/peer/grpc_broker_prober.h"
#include "server/peer/peer_voter_poll.h"
#include "server/program/controller_metrics.h"
#include "server/program/controller_tls.h"
#include "server/program/loop_watchdog.h"
#include "server/program/monitor_pages.h"
#include "server/program/process_service.h"
#include "server/program/quorum_member.h"
#include "server/program/run_and_wait.h"
#include "server/security/server_credentials.h"
#include "storage/fatal.h"

namespace quorate::server {
namespace {

// The timeout for reading the image of a snapshot. The image is available as soon as the
// controller's loop runs the task.
constexpr Duration kReadImageTimeout = std::chrono::seconds(1);

// How long each step of stopping may take before the next one begins.
constexpr Duration kDrainTimeout = std::chrono::seconds(1);
constexpr Duration kCloseTimeout = std::chrono::seconds(1);

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

SnapshotScheduler::Options MakeSnapshotSchedulerOptions(const ControllerConfig& config) {
  return {.self = config.node_id,
          .min_log_bytes = config.snapshot_min_log_bytes,
          .log_bytes_per_snapshot_byte = config.snapshot_log_ratio};
}

audit::AuditLog::Options MakeAuditOptions(const ControllerConfig& config) {
  return {.controller = config.node_id,
          .files = {.directory = config.data_dir + "/" + audit::kAuditName,
                    .max_file_bytes = config.audit_file_bytes,
                    .max_files = config.audit_files}};
}

controller::ControllerOptions MakeControllerOptions(const ControllerConfig& config, uint64_t seed) {
  return {.cluster_id = config.cluster_id,
          .node_id = config.node_id,
          .broker_session_timeout = config.broker_session_timeout,
          .broker_connection_grace = config.broker_connection_grace,
          .broker_mass_loss_hold = config.broker_mass_loss_hold,
          .leader_balance = {.interval = config.leader_balance_interval,
                             .max_per_second = config.leader_balance_max_per_second},
          .request_limits = {.max_items = config.max_request_items,
                             .max_partitions = config.max_request_partitions},
          .seed = seed,
          .partition_mutations_per_second = config.partition_mutations_per_second};
}

}  // namespace

// The members are declared in the order in which they are constructed. Each gets the parts that it
// uses when it is constructed. Where two parts use each other, the first one gets a function that
// calls the second, and calls it only after Start. Stop ends the loops before any member is
// destroyed.
class ControllerServer::Impl final : public ControllerDirectory {
 public:
  Impl(const ControllerConfig& config, std::unique_ptr<ControllerTls> tls,
       std::unique_ptr<QuorumMember> member, uint64_t seed, const storage::FatalHandler& on_fatal)
      : config_(config),
        tls_(std::move(tls)),
        member_(std::move(member)),
        clock_(&member_->clock()),
        loops_(&member_->loops()),
        log_clock_(clock_),
        audit_log_(MakeAuditOptions(config), &loops_->audit_log, clock_),
        voter_poll_(member_->forwarder(), clock_),
        prober_(std::in_place, GrpcBrokerProber::Options{.tls = tls_->clients()}),
        router_({.self = config.node_id}, &loops_->edge, clock_, &leader_, member_->forwarder()),
        auditor_({.self = config.node_id,
                  .interval = config.state_check_interval,
                  .is_active = [this] { return controller_.is_active(); },
                  .on_fatal = on_fatal},
                 &loops_->audit, clock_, &member_->raft(), &router_),
        // Not on the snapshot loop, which would then wake up for every commit.
        snapshot_scheduler_(
            MakeSnapshotSchedulerOptions(config),
            {.executor = &loops_->fanout,
             .clock = clock_,
             .log = &member_->raft(),
             .store = &member_->snapshots(),
             .writer = &member_->snapshot_writer()},
            [this](RecordOffset end_offset, auto done) {
              ReadCommittedImage(end_offset, std::move(done));
            },
            member_->TakeLoaded()),
        controller_(MakeControllerOptions(config, seed), {.executor = &loops_->controller,
                                                          .clock = clock_,
                                                          .log = &member_->raft(),
                                                          .prober = &*prober_,
                                                          .worker = &loops_->decide,
                                                          .voter_poll = &voter_poll_,
                                                          .snapshots = &snapshot_scheduler_,
                                                          .image_observer = &auditor_}),
        hub_({}, {.executor = &loops_->fanout,
                  .clock = clock_,
                  .log = &member_->raft(),
                  .leader = &leader_,
                  .encoder = &frame_encoder_,
                  .snapshots = &member_->snapshots()}),
        readiness_(
            &loops_->edge, clock_, &member_->raft(),
            [this] { return controller_.applied_offset(); },
            [this] { return member_->free_space().IsEnough(); },
            [this](bool ready) {
              ready_ = ready;
              front_end_.SetServing(kReadyService, ready);
            }),
        queries_(config.cluster_id, &member_->raft(), &controller_, this, clock_,
                 [this] { return OwnMachine(); }),
        changes_(&router_, &controller_, &member_->raft()),
        methods_(&router_, &controller_, &queries_),
        process_service_(&loops_->edge, clock_, &tls_->access(), &audit_log_, MetricsCollector()),
        front_end_(config.cluster_id,
                   {.clock = clock_,
                    .edge_loop = &loops_->edge,
                    .large_loop = &loops_->decide,
                    .query_loop = &loops_->query,
                    .history_loop = &loops_->history,
                    .router = &router_,
                    .controller = &controller_,
                    .queries = &queries_,
                    .hub = &hub_,
                    .audit_log = &audit_log_,
                    .leader = [this] { return LeaderEndpoint(); },
                    .access = &tls_->access(),
                    .calls_per_second = config.principal_calls_per_second,
                    .credentials = MakeServerCredentials(tls_->clients(), Port::kClient,
                                                         &tls_->access(), &audit_log_),
                    .connection_limits = config.connection_limits,
                    .services = {&process_service_}}),
        listeners_({&leader_, &controller_, &router_, &hub_, front_end_.log_watcher(), &readiness_,
                    &snapshot_scheduler_, &log_clock_}),
        watchdog_(
            std::in_place, LoopWatchdog::Options{}, loops_->Serving(), clock_,
            [this](bool alive) {
              alive_ = alive;
              front_end_.SetServing("", alive);
            },
            on_fatal),
        metrics_({.member = member_.get(),
                  .tls = tls_.get(),
                  .controller = &controller_,
                  .auditor = &auditor_,
                  .log_clock = &log_clock_,
                  .audit_log = &audit_log_,
                  .router = &router_,
                  .hub = &hub_,
                  .front_end = &front_end_,
                  .process_service = &process_service_}) {}

  ~Impl() override { Stop(); }

  absl::Status Start() {
    // The peer listener must be opened before the client listener: OpenClientListener enables
    // reflection and health checks for every server that is built after it.
    RETURN_IF_ERROR(
        member_->Start(&listeners_, &audit_log_,
                       [this](const raft::v1::ForwardRequest& request, ForwardReply reply) {
                         if (request.method() == kListHeardBrokers) {
                           AnswerListHeardBrokers(request, &controller_, std::move(reply));
                         } else {
                           router_.OnForwarded(request, std::move(reply));
                         }
                       }));
    RETURN_IF_ERROR(front_end_.Start(config_.client_listen));
    front_end_.SetServing(kReadyService, false);
    if (config_.metrics_listen) {
      ASSIGN_OR_RETURN(
          monitor_, HttpServer::Start(*config_.metrics_listen, kMetricsListenOption,
                                      MonitorPages({.metrics = MetricsCollector(),
                                                    .alive = [this] { return alive_.load(); },
                                                    .ready = [this] { return ready_.load(); }})));
    }
    member_->Connect(*OwnClientEndpoint());
    readiness_.Start();
    watchdog_->Start();
    return absl::OkStatus();
  }

  void Stop() {
    if (std::exchange(stopped_, true)) return;
    // Ends its thread, which publishes through the front end.
    watchdog_.reset();
    if (front_end_.started()) {
      HandOver();
      EndCalls();
      front_end_.Stop(kCloseTimeout);
    }
    monitor_.reset();
    if (!RunAndWait(kCloseTimeout, [this](auto done) { audit_log_.Flush(std::move(done)); })) {
      LOG(WARNING) << "the last records of the audit log may be missing: the disk is too slow";
    }
    member_->Stop();
    // Ends its threads before the controller, which they call back, is destroyed.
    prober_.reset();
  }

  uint16_t client_port() const { return front_end_.port(); }
  uint16_t peer_port() const { return member_->peer_port(); }
  std::optional<uint16_t> metrics_port() const {
    return monitor_ == nullptr ? std::nullopt : std::optional(monitor_->port());
  }

  // ControllerDirectory
  std::optional<std::string> ClientEndpoint(NodeId node) const override {
    if (node == config_.node_id) return OwnClientEndpoint();
    return member_->transport().ClientEndpoint(node);
  }
  std::optional<PeerContact> Contact(NodeId node) const override {
    if (node == config_.node_id) return PeerContact{.address = config_.peer_advertise.ToString()};
    return member_->transport().Contact(node);
  }

 private:
  void ReadCommittedImage(
      RecordOffset end_offset,
      absl::AnyInvocable<void(std::optional<metadata::MetadataImage>) &&> done) {
    controller_.ReadImage(
        end_offset, clock_->Now() + kReadImageTimeout,
        [done = std::move(done)](auto answer) mutable {
          auto* image = std::get_if<metadata::MetadataImage>(&answer);
          std::move(done)(image == nullptr ? std::nullopt : std::optional(std::move(*image)));
        });
  }

  CollectMetrics MetricsCollector() {
    return [this](auto done) { metrics_.Collect(std::move(done)); };
  }

  // Transfers leadership, if this node leads, and waits for pending requests. This node serves
  // requests meanwhile, so that a successful transfer fails none of them. It waits until the
  // successor has answered a read, which takes until the successor's barrier is committed. That is
  // sooner while this node still votes and writes, and is not busy with stopping.
  void HandOver() {
    readiness_.Withdraw();
    RunAndWait(2 * config_.election_timeout_max, [this](auto done) {
      member_->raft().TransferLeadership(std::nullopt, [this, done](const absl::Status& status) {
        if (!status.ok()) return done();
        LOG(INFO) << "leadership was transferred";
        member_->raft().ReadIndex(clock_->Now() + config_.election_timeout_max,
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
    front_end_.Drain();
    member_->Leave(kCloseTimeout);
  }

  MachineState OwnMachine() const {
    const int64_t behind_ms = log_clock_.BehindMs();
    const storage::FreeSpace& space = member_->free_space();
    return {.free_disk_bytes = static_cast<int64_t>(space.free_bytes()),
            .min_free_disk_bytes = static_cast<int64_t>(space.min_free_bytes()),
            .clock_behind_ms = behind_ms > LogClock::kToleratedMs ? behind_ms : 0};
  }

  // Returns nullopt if the bound port is not known yet.
  std::optional<std::string> OwnClientEndpoint() const {
    HostPort endpoint = config_.client_advertise;
    if (endpoint.port == 0) endpoint.port = front_end_.port();
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

  const ControllerConfig config_;
  const std::unique_ptr<ControllerTls> tls_;
  const std::unique_ptr<QuorumMember> member_;
  const Clock* const clock_;
  ControllerLoops* const loops_;

  LeaderTracker leader_;
  LogClock log_clock_;
  audit::AuditLog audit_log_;
  PeerVoterPoll voter_poll_;
  std::optional<GrpcBrokerProber> prober_;
  RequestRouter router_;
  StateAuditor auditor_;
  SnapshotScheduler snapshot_scheduler_;
  controller::QuorumController controller_;
  const SubscribeFrameEncoder frame_encoder_;
  SubscriptionHub hub_;
  Readiness readiness_;
  ClusterQueries queries_;
  QuorumChanges changes_;
  OperationMethods methods_;
  ProcessService process_service_;
  GrpcFrontEnd front_end_;
  LogFanout listeners_;
  std::optional<LoopWatchdog> watchdog_;
  ControllerMetrics metrics_;
  // Null if there is no metrics listener.
  std::unique_ptr<HttpServer> monitor_;
  std::atomic<bool> alive_ = true;
  std::atomic<bool> ready_ = false;
  bool stopped_ = false;
};

absl::StatusOr<std::unique_ptr<ControllerServer>> ControllerServer::Start(
    const ControllerConfig& config, FatalCallback on_fatal) {
  // Check everything that can be refused before opening the data directory, which changes it.
  RETURN_IF_ERROR(CheckCanListen(config.peer_listen, "peer-listen"));
  RETURN_IF_ERROR(CheckCanListen(config.client_listen, "client-listen"));
  if (config.metrics_listen) {
    RETURN_IF_ERROR(CheckCanListen(*config.metrics_listen, kMetricsListenOption));
  }
  ASSIGN_OR_RETURN(std::unique_ptr<ControllerTls> tls, ControllerTls::Open(config));
  const uint64_t seed = config.seed != 0 ? static_cast<uint64_t>(config.seed) : Rng::SystemSeed();
  const storage::FatalHandler fatal = HearOnce(std::move(on_fatal));
  ASSIGN_OR_RETURN(std::unique_ptr<QuorumMember> member,
                   QuorumMember::Open(config, tls.get(), seed, fatal));
  auto impl = std::make_unique<Impl>(config, std::move(tls), std::move(member), seed + 1, fatal);
  RETURN_IF_ERROR(impl->Start());
  return std::unique_ptr<ControllerServer>(new ControllerServer(std::move(impl)));
}

ControllerServer::ControllerServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ControllerServer::~ControllerServer() = default;
void ControllerServer::Stop() { impl_->Stop(); }
uint16_t ControllerServer::client_port() const { return impl_->client_port(); }
uint16_t ControllerServer::peer_port() const { return impl_->peer_port(); }
std::optional<uint16_t> ControllerServer::metrics_port() const { return impl_->metrics_port(); }

}  // namespace quorate::server
