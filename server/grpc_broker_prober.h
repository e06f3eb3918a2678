// controller::BrokerProber on real connections: first a plain connect(2), which alone can tell that
// nothing listens, then a question to whoever does.
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
#include "server/connect_probe.h"

namespace quorate::server {

class GrpcBrokerProber final : public controller::BrokerProber {
 public:
  struct Options {
    // Further probes wait for their turn; after a take-over every broker may be probed.
    size_t max_concurrent = 16;
    // For the connection, and again for the answer.
    Duration timeout = std::chrono::seconds(1);
  };

  explicit GrpcBrokerProber(Options options);
  // Probes under way are given up, and `done` runs for none of them any more.
  ~GrpcBrokerProber() override;

  // controller::BrokerProber. `done` runs on a thread of the prober's; it only hands the value on.
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
  // The thread that takes answers off the queue. (With gRPC's callbacks a channel could be
  // destroyed on gRPC's own thread, which 1.51 does not survive if it is the process's last.)
  void RunQueue();
  // Returns when an answer is under way, or none will ever be asked for again.
  void AwaitCall();

  const Options options_;
  Mutex mutex_;
  std::deque<JobPtr> waiting_ ABSL_GUARDED_BY(mutex_);
  size_t running_ ABSL_GUARDED_BY(mutex_) = 0;
  std::set<IdentityCall*> calls_ ABSL_GUARDED_BY(mutex_);
  // Signalled when there is something to await on the queue.
  CondVar work_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  ConnectProber connector_;
  grpc::CompletionQueue queue_;
  std::thread queue_thread_;
};

}  // namespace quorate::server
