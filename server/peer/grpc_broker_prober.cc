#include "server/peer/grpc_broker_prober.h"

#include <pthread.h>

#include <utility>

#include "client/tls_channel.h"
#include "grpcpp/client_context.h"
#include "quorate/broker/v1/broker_view_service.grpc.pb.h"
#include "server/peer/peer_channel.h"

namespace quorate::server {

using controller::ProbeResult;

struct GrpcBrokerProber::Job {
  HostPort address;
  BrokerId broker;
  Uuid incarnation;
  absl::AnyInvocable<void(ProbeResult) &&> done;
  // A connection was accepted and then broke, perhaps because the process is dying. The address is
  // dialled once more then.
  bool broke = false;
};

// A GetIdentity call in flight. Its address is its tag in the queue.
struct GrpcBrokerProber::IdentityCall {
  ProbeResult Compare() const {
    return response.broker_id() == job->broker.value() &&
                   response.incarnation_id() == job->incarnation.bytes()
               ? ProbeResult::kSameIncarnation
               : ProbeResult::kOtherIncarnation;
  }

  JobPtr job;
  std::unique_ptr<broker::v1::BrokerViewService::Stub> stub;
  grpc::ClientContext context;
  broker::v1::GetIdentityResponse response;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<broker::v1::GetIdentityResponse>> reader;
};

GrpcBrokerProber::GrpcBrokerProber(Options options)
    : options_(options),
      connector_(options.max_concurrent),
      queue_thread_([this] { RunQueue(); }) {}

GrpcBrokerProber::~GrpcBrokerProber() {
  std::deque<JobPtr> dropped;
  {
    MutexLock lock(&mutex_);
    stopped_ = true;
    dropped.swap(waiting_);
    for (IdentityCall* call : calls_) call->context.TryCancel();
    queue_.Shutdown();  // under the lock, so that no call begins afterwards
  }
  work_.NotifyOne();
  queue_thread_.join();
  connector_.Stop();
}

void GrpcBrokerProber::Probe(const metadata::Endpoint& endpoint, BrokerId broker,
                             const Uuid& incarnation,
                             absl::AnyInvocable<void(ProbeResult) &&> done) {
  auto job = std::make_unique<Job>(
      Job{{endpoint.host, endpoint.port}, broker, incarnation, std::move(done)});
  {
    MutexLock lock(&mutex_);
    if (stopped_) return;
    if (running_ == options_.max_concurrent) {
      waiting_.push_back(std::move(job));
      return;
    }
    ++running_;
  }
  Connect(std::move(job));
}

void GrpcBrokerProber::Connect(JobPtr job) {
  HostPort address = job->address;
  connector_.Probe(std::move(address), options_.timeout,
                   [this, job = std::move(job)](const ConnectOutcome& outcome) mutable {
                     OnConnected(std::move(job), outcome);
                   });
}

void GrpcBrokerProber::OnConnected(JobPtr job, const ConnectOutcome& outcome) {
  if (outcome.result == ConnectResult::kRefused) {
    Finish(std::move(job), ProbeResult::kRefused);
  } else if (outcome.result == ConnectResult::kNoAnswer || job->broke) {
    Finish(std::move(job), ProbeResult::kNoAnswer);
  } else {
    Ask(std::move(job), outcome.address);
  }
}

void GrpcBrokerProber::Ask(JobPtr job, const HostPort& address) {
  auto call = std::make_unique<IdentityCall>();
  call->stub = broker::v1::BrokerViewService::NewStub(
      DialPeer(address, job->address.ToString(), client::MakeChannelCredentials(options_.tls),
               PeerTimings{}));
  call->context.set_deadline(std::chrono::system_clock::now() + options_.timeout);
  call->job = std::move(job);
  MutexLock lock(&mutex_);
  if (stopped_) return;
  call->reader = call->stub->AsyncGetIdentity(&call->context, {}, &queue_);
  call->reader->Finish(&call->response, &call->status, call.get());
  calls_.insert(call.release());  // owned by the queue now
  work_.NotifyOne();
}

void GrpcBrokerProber::RunQueue() {
  pthread_setname_np(pthread_self(), "broker-probe");
  void* tag = nullptr;
  bool ok = false;
  for (AwaitCall(); queue_.Next(&tag, &ok); AwaitCall()) {
    std::unique_ptr<IdentityCall> call(static_cast<IdentityCall*>(tag));
    {
      MutexLock lock(&mutex_);
      calls_.erase(call.get());
    }
    OnAnswer(std::move(call));
  }
}

// In gRPC 1.51 a thread that waits on a queue polls all sockets of the process, so the traffic of
// other connections would wake an idle prober all the time.
void GrpcBrokerProber::AwaitCall() {
  MutexLock lock(&mutex_);
  while (calls_.empty() && !stopped_) work_.Wait(&mutex_);
}

void GrpcBrokerProber::OnAnswer(std::unique_ptr<IdentityCall> call) {
  switch (call->status.error_code()) {
    case grpc::StatusCode::OK: {
      const ProbeResult result = call->Compare();
      Finish(std::move(call->job), result);
      break;
    }
    case grpc::StatusCode::UNIMPLEMENTED:  // a gRPC server, but not a broker
      Finish(std::move(call->job), ProbeResult::kOtherIncarnation);
      break;
    case grpc::StatusCode::UNAVAILABLE:
      call->job->broke = true;
      Connect(std::move(call->job));
      break;
    default:
      Finish(std::move(call->job), ProbeResult::kNoAnswer);
  }
}

void GrpcBrokerProber::Finish(JobPtr job, ProbeResult result) {
  {
    MutexLock lock(&mutex_);
    if (stopped_) return;
  }
  std::move(job->done)(result);
  JobPtr next;
  {
    MutexLock lock(&mutex_);
    if (waiting_.empty()) {
      --running_;
    } else {
      next = std::move(waiting_.front());
      waiting_.pop_front();
    }
  }
  if (next != nullptr) Connect(std::move(next));
}

}  // namespace quorate::server
