// Implements controller::BrokerProber on real connections. A probe first makes a plain connect(2),
// the only way to prove that no process listens. If a process accepts the connection, the probe
// asks it for its identity (BrokerViewService.GetIdentity).
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <set>
#include <thread>

#include "base/mutex.h"
#include "controller/broker_prober.h"
#include "grpcpp/completion_queue.h"
#include "security/tls_store.h"
#include "server/peer/connect_probe.h"

namespace quorate::server {

// Thread-safe.
class GrpcBrokerProber final : public controller::BrokerProber {
 public:
  struct Options {
    // Further probes wait in a queue. A new active controller may probe every broker.
    size_t max_concurrent = 16;
    // The limit for the connection, and again for the answer.
    Duration timeout = std::chrono::seconds(1);
    // Secures the connections, as in client::MakeChannel. Null: plain text. Must outlive the
    // prober.
    const security::TlsStore* tls = nullptr;
  };

  explicit GrpcBrokerProber(Options options);
  // Abandons all pending probes, without calling their `done`. No `done` runs after it returns.
  ~GrpcBrokerProber() override;

  // controller::BrokerProber. `done` runs on one of the prober's threads and must not block.
  void Probe(const metadata::Endpoint& endpoint, BrokerId broker, const Uuid& incarnation,
             absl::AnyInvocable<void(controller::ProbeResult) &&> done) override;

 private:
  struct Job;
  struct IdentityCall;
  using JobPtr = std::unique_ptr<Job>;

  void Connect(JobPtr job);
  void OnConnected(JobPtr job, const ConnectOutcome& outcome);
  void Ask(JobPtr job, const HostPort& address);
  void OnAnswer(std::unique_ptr<IdentityCall> call);
  void Finish(JobPtr job, controller::ProbeResult result);
  // The body of the thread that takes answers off the queue. With gRPC's callback API a channel
  // could be destroyed on one of gRPC's threads, which gRPC 1.51 does not survive if it is the last
  // channel of the process (broker_calls.h).
  void RunQueue();
  // Waits until a call is in flight, or the prober is stopped.
  void AwaitCall();

  const Options options_;
  Mutex mutex_;
  std::deque<JobPtr> waiting_ ABSL_GUARDED_BY(mutex_);
  size_t running_ ABSL_GUARDED_BY(mutex_) = 0;
  std::set<IdentityCall*> calls_ ABSL_GUARDED_BY(mutex_);
  // Signalled when a call begins, and when the prober stops.
  CondVar work_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  ConnectProber connector_;
  grpc::CompletionQueue queue_;
  std::thread queue_thread_;
};

}  // namespace quorate::server
