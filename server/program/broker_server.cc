#include "server/program/broker_server.h"

#include <grpcpp/health_check_service_interface.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/random.h"
#include "server/node/readiness.h"
#include "server/program/loop_watchdog.h"
#include "server/program/monitor_pages.h"
#include "server/security/server_credentials.h"

namespace quorate::server {
namespace {

constexpr size_t kMaxQueuedRequests = 1000;
// How long calls in flight may take to end when the broker has stopped.
constexpr auto kServerShutdownTimeout = std::chrono::milliseconds(500);

broker::BrokerOptions MakeOptions(const BrokerConfig& config, uint64_t seed,
                                  const Uuid& incarnation_id) {
  broker::BrokerOptions options;
  options.cluster_id = config.cluster_id;
  options.broker_id = config.broker_id;
  options.incarnation_id = incarnation_id;
  options.rack = config.rack;
  for (const HostPort& controller : config.bootstrap) {
    options.bootstrap.push_back(controller.ToString());
  }
  options.heartbeat_interval = config.heartbeat_interval;
  options.eager_heartbeat_interval =
      std::min(options.eager_heartbeat_interval, config.heartbeat_interval);
  options.no_controller_after =
      std::max(options.no_controller_after, 3 * config.heartbeat_interval);
  options.registration_timeout = config.registration_timeout;
  options.controlled_shutdown_timeout = config.controlled_shutdown_timeout;
  options.seed = seed;
  return options;
}

broker::v1::GetIdentityResponse MakeIdentity(const BrokerConfig& config,
                                             const Uuid& incarnation_id) {
  broker::v1::GetIdentityResponse identity;
  identity.set_cluster_id(config.cluster_id);
  identity.set_broker_id(config.broker_id.value());
  identity.set_incarnation_id(std::string(incarnation_id.bytes()));
  return identity;
}

}  // namespace

absl::StatusOr<std::shared_ptr<BrokerServer>> BrokerServer::Start(const BrokerConfig& config) {
  const uint64_t seed = config.seed != 0 ? static_cast<uint64_t>(config.seed) : Rng::SystemSeed();
  // Not from `seed`: two brokers with the same seed, and two starts of one broker, must not have
  // the same incarnation id.
  Rng incarnation_rng(Rng::SystemSeed());
  ASSIGN_OR_RETURN(std::unique_ptr<security::IdentityMap> identities,
                   security::IdentityMap::Open(config.cluster_id, config.roles_file));
  // Only a warning, because the controllers decide: they may have another roles file.
  ASSIGN_OR_RETURN(std::unique_ptr<security::TlsStore> tls,
                   security::TlsStore::Open(config.tls, security::CertificateUse::kServerAndClient,
                                            {.identities = identities.get(),
                                             .owner = security::Identity::Broker(config.broker_id),
                                             .is_strict = false}));
  std::shared_ptr<BrokerServer> server(new BrokerServer(
      config, std::move(identities), std::move(tls), seed, Uuid::Random(incarnation_rng)));
  RETURN_IF_ERROR(server->Open(config, seed));
  HostPort advertise = config.advertise;
  if (advertise.port == 0) advertise.port = server->port();
  server->broker_.Start(advertise.ToString());
  return server;
}

BrokerServer::BrokerServer(const BrokerConfig& config,
                           std::unique_ptr<security::IdentityMap> identities,
                           std::unique_ptr<security::TlsStore> tls, uint64_t seed,
                           const Uuid& incarnation_id)
    : loop_("broker", kMaxQueuedRequests),
      session_loop_("broker-session", kMaxQueuedRequests),
      identities_(std::move(identities)),
      tls_(std::move(tls)),
      tls_watcher_({tls_.get()}, identities_.get()),
      calls_(tls_.get()),
      channel_(&loop_, &clock_, &calls_),
      session_channel_(&session_loop_, &clock_, &calls_),
      source_(&loop_, &calls_),
      broker_(MakeOptions(config, seed, incarnation_id), {&loop_, &channel_},
              {&session_loop_, &session_channel_}, &clock_, &source_, this),
      view_service_(MakeIdentity(config, incarnation_id), &loop_, &session_loop_, &broker_) {}

// Stops the loops first. As the oldest members they are destroyed last, and must not run tasks of
// members that are destroyed already.
BrokerServer::~BrokerServer() {
  session_loop_.Stop();
  loop_.Stop();
}

absl::Status BrokerServer::Open(const BrokerConfig& config, uint64_t seed) {
  RETURN_IF_ERROR(CheckCanListen(config.listen, "--listen"));
  if (config.metrics_listen) {
    RETURN_IF_ERROR(CheckCanListen(*config.metrics_listen, kMetricsListenOption));
  }
  if (!config.data_dir.empty()) {
    Rng rng(seed);
    ASSIGN_OR_RETURN(data_directory_,
                     storage::DataDirectory::Open(config.data_dir,
                                                  {.role = storage::Role::kBroker,
                                                   .cluster_id = config.cluster_id,
                                                   .node_id = config.broker_id.value()},
                                                  rng));
  }
  ASSIGN_OR_RETURN(listener_,
                   OpenClientListener(config.listen, "--listen",
                                      MakeServerCredentials(tls_.get(), Port::kBroker, &access_,
                                                            /*audit_log=*/nullptr),
                                      {&view_service_, &process_service_}, config.connection_limits,
                                      connections_));
  listener_.server->GetHealthCheckService()->SetServingStatus(kReadyService, false);
  if (config.metrics_listen) {
    ASSIGN_OR_RETURN(
        monitor_,
        HttpServer::Start(
            *config.metrics_listen, kMetricsListenOption,
            MonitorPages({.metrics = [this](auto done) { metrics_.Collect(std::move(done)); },
                          .alive = [] { return true; },
                          .ready = [this] { return ready_.load(); }})));
  }
  return absl::OkStatus();
}

void BrokerServer::BeginStop() { broker_.BeginShutdown(); }

absl::Status BrokerServer::WaitUntilStopped() {
  absl::Status status;
  {
    MutexLock lock(&mutex_);
    while (!stopped_) stopped_changed_.Wait(&mutex_);
    status = *stopped_;
  }
  monitor_.reset();
  Close(listener_, kServerShutdownTimeout);
  calls_.CancelAndWait();
  session_loop_.Stop();
  loop_.Stop();
  LOG(INFO) << DescribeLongestTasks(
      {{"broker", &loop_.meter()}, {"broker-session", &session_loop_.meter()}});
  return status;
}

void BrokerServer::OnReady(bool ready) {
  ready_ = ready;
  listener_.server->GetHealthCheckService()->SetServingStatus(kReadyService, ready);
}

void BrokerServer::OnStopped(absl::Status status) {
  MutexLock lock(&mutex_);
  stopped_ = std::move(status);
  stopped_changed_.NotifyAll();
}

}  // namespace quorate::server
