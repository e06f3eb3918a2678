// quorate-broker without its command line: constructs the parts of a broker, connects them, and
// starts and stops them in order.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/event_loop.h"
#include "base/mutex.h"
#include "broker/broker.h"
#include "security/identity_map.h"
#include "security/tls_store.h"
#include "server/broker/broker_calls.h"
#include "server/broker/broker_controller_channel.h"
#include "server/broker/broker_metadata_source.h"
#include "server/broker/broker_view_service.h"
#include "server/calls/listener.h"
#include "server/http/http_server.h"
#include "server/program/broker_config.h"
#include "server/program/broker_metrics.h"
#include "server/program/process_service.h"
#include "server/security/access_control.h"
#include "server/security/tls_watcher.h"
#include "storage/data_directory.h"

namespace quorate::server {

class BrokerServer final : private broker::Broker::Listener {
 public:
  // Opens the data directory and the listener, then starts registration. The listener must be open
  // first, because the active controller dials the broker before it decides the registration.
  // Errors are FAILED_PRECONDITION or DATA_LOSS, with a message of one line that names the problem
  // and the remedy; nothing was changed.
  static absl::StatusOr<std::shared_ptr<BrokerServer>> Start(const BrokerConfig& config);
  // REQUIRES: WaitUntilStopped has returned, or Start failed.
  ~BrokerServer() override;

  // Return the bound ports. metrics_port returns nullopt if there is no metrics listener.
  uint16_t port() const { return listener_.port; }
  std::optional<uint16_t> metrics_port() const {
    return monitor_ == nullptr ? std::nullopt : std::optional(monitor_->port());
  }

  // Begins a controlled shutdown, whose duration --controlled-shutdown-timeout-ms limits.
  // Thread-safe and idempotent.
  void BeginStop();
  // Waits until the broker has stopped, by BeginStop or by itself, and closes everything. Returns
  // an error if the broker stopped because it could not go on. Call once.
  absl::Status WaitUntilStopped();

 private:
  BrokerServer(const BrokerConfig& config, std::unique_ptr<security::IdentityMap> identities,
               std::unique_ptr<security::TlsStore> tls, uint64_t seed, const Uuid& incarnation_id);

  absl::Status Open(const BrokerConfig& config, uint64_t seed);

  // broker::Broker::Listener.
  void OnReady(bool ready) override;
  void OnStopped(absl::Status status) override;

  const SystemClock clock_;
  EventLoop loop_;
  // Runs only registration and heartbeats, so that other work does not delay them.
  EventLoop session_loop_;
  const std::unique_ptr<security::IdentityMap> identities_;
  // Null: plain text.
  const std::unique_ptr<security::TlsStore> tls_;
  AccessControl access_{identities_.get(), &clock_};
  TlsWatcher tls_watcher_;
  BrokerCalls calls_;
  BrokerControllerChannel channel_;
  BrokerControllerChannel session_channel_;
  BrokerMetadataSource source_;
  broker::Broker broker_;
  BrokerViewServiceImpl view_service_;
  ProcessService process_service_{&loop_, &clock_, &access_, /*audit_log=*/nullptr,
                                  [this](auto done) { metrics_.Collect(std::move(done)); }};
  const std::shared_ptr<ConnectionInstruments> connections_ =
      std::make_shared<ConnectionInstruments>();
  BrokerMetrics metrics_{{.loop = &loop_,
                          .session_loop = &session_loop_,
                          .clock = &clock_,
                          .tls = tls_.get(),
                          .connections = connections_.get(),
                          .refused = &access_.refused(),
                          .broker = &broker_,
                          .process_service = &process_service_}};
  std::unique_ptr<storage::DataDirectory> data_directory_;
  server::Listener listener_;
  std::atomic<bool> ready_ = false;
  // Null if there is no metrics listener.
  std::unique_ptr<HttpServer> monitor_;

  Mutex mutex_;
  CondVar stopped_changed_;
  std::optional<absl::Status> stopped_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quorate::server
