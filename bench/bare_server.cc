#include "bench/bare_server.h"

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "base/check.h"
#include "base/mutex.h"
#include "bench/bare.grpc.pb.h"
#include "bench/config_writes.h"
#include "bench/own_server.h"
#include "bench/synced_file.h"
#include "client/channel.h"

namespace quorate::bench {
namespace {

// Receives the batches of a leader. It syncs on gRPC's thread, because a follower does nothing
// else.
class InboundBatches final : public grpc::ServerBidiReactor<BareBatch, BareAck> {
 public:
  explicit InboundBatches(SyncedFile* file) : file_(file) { StartRead(&batch_); }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    file_->Append(batch_.SerializeAsString());
    {
      MutexLock lock(&mutex_);
      durable_ = batch_.number();
      Acknowledge();
    }
    StartRead(&batch_);
  }

  void OnWriteDone(bool) override {
    MutexLock lock(&mutex_);
    writing_ = false;
    Acknowledge();
  }

  void OnDone() override { delete this; }

  void Acknowledge() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || ack_.number() == durable_) return;
    writing_ = true;
    ack_.set_number(durable_);
    StartWrite(&ack_);
  }

  SyncedFile* const file_;
  BareBatch batch_;
  Mutex mutex_;
  BareAck ack_ ABSL_GUARDED_BY(mutex_);
  uint64_t durable_ ABSL_GUARDED_BY(mutex_) = 0;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
};

class FollowerService final : public BareFollower::CallbackService {
 public:
  explicit FollowerService(SyncedFile* file) : file_(file) {}

  grpc::ServerBidiReactor<BareBatch, BareAck>* Replicate(grpc::CallbackServerContext*) override {
    return new InboundBatches(file_);
  }

 private:
  SyncedFile* const file_;
};

// The leader's end of a follower's stream.
class OutboundBatches final : public grpc::ClientBidiReactor<BareBatch, BareAck> {
 public:
  // Calls `acked`, on a gRPC thread, with the last batch that is durable on the follower.
  OutboundBatches(const std::string& follower, std::function<void(uint64_t)> acked)
      : stub_(BareFollower::NewStub(client::MakeChannel(*ParseHostPort(follower)))),
        acked_(std::move(acked)) {
    stub_->async()->Replicate(&context_, this);
    AddHold();  // writes start outside of reactions, in Send
    StartRead(&ack_);
    StartCall();
  }

  void Send(std::shared_ptr<const BareBatch> batch) {
    MutexLock lock(&mutex_);
    queue_.push_back(std::move(batch));
    if (queue_.size() == 1) StartWrite(queue_.front().get());
  }

 private:
  void OnWriteDone(bool ok) override {
    CHECK(ok) << "a follower is gone";
    MutexLock lock(&mutex_);
    queue_.pop_front();
    if (!queue_.empty()) StartWrite(queue_.front().get());
  }

  void OnReadDone(bool ok) override {
    CHECK(ok) << "a follower is gone";
    acked_(ack_.number());
    StartRead(&ack_);
  }

  const std::unique_ptr<BareFollower::Stub> stub_;
  const std::function<void(uint64_t)> acked_;
  grpc::ClientContext context_;
  BareAck ack_;
  Mutex mutex_;
  // The first batch is being written.
  std::deque<std::shared_ptr<const BareBatch>> queue_ ABSL_GUARDED_BY(mutex_);
};

// Accepts writes through the same call as the controllers.
class LeaderService final : public admin::v1::AdminService::CallbackService {
 public:
  explicit LeaderService(const std::vector<std::string>& followers) {
    CHECK_EQ(followers.size() + 1, durable_.size());
    for (size_t i = 0; i < followers.size(); ++i) {
      followers_.push_back(std::make_unique<OutboundBatches>(
          followers[i], [this, i](uint64_t number) { OnDurable(i + 1, number); }));
    }
  }

  grpc::ServerUnaryReactor* IncrementalAlterConfigs(
      grpc::CallbackServerContext* context,
      const admin::v1::IncrementalAlterConfigsRequest* request,
      admin::v1::IncrementalAlterConfigsResponse* response) override {
    FillAnswer(*request, response);
    grpc::ServerUnaryReactor* call = context->DefaultReactor();
    std::string write = request->SerializeAsString();
    MutexLock lock(&mutex_);
    *next_->add_writes() = std::move(write);
    next_calls_.push_back(call);
    if (next_calls_.size() == 1) some_wait_.NotifyOne();
    return call;
  }

  // The writes that arrive while a batch is synced form the next batch.
  [[noreturn]] void AppendBatches(SyncedFile* file) {
    while (true) {
      const std::shared_ptr<const BareBatch> batch = TakeBatch();
      for (const auto& follower : followers_) follower->Send(batch);
      file->Append(batch->SerializeAsString());
      OnDurable(0, batch->number());
    }
  }

 private:
  using Calls = std::vector<grpc::ServerUnaryReactor*>;

  std::shared_ptr<const BareBatch> TakeBatch() {
    MutexLock lock(&mutex_);
    while (next_calls_.empty()) some_wait_.Wait(&mutex_);
    std::shared_ptr<BareBatch> batch = std::exchange(next_, std::make_shared<BareBatch>());
    batch->set_number(++last_number_);
    uncommitted_.push_back(std::exchange(next_calls_, {}));
    return batch;
  }

  void OnDurable(size_t server, uint64_t number) {
    Calls committed;
    {
      MutexLock lock(&mutex_);
      durable_[server] = number;
      std::array<uint64_t, 3> sorted = durable_;
      std::sort(sorted.begin(), sorted.end());
      for (; committed_ < sorted[1]; ++committed_) {
        committed.insert(committed.end(), uncommitted_.front().begin(), uncommitted_.front().end());
        uncommitted_.pop_front();
      }
    }
    for (grpc::ServerUnaryReactor* call : committed) call->Finish(grpc::Status::OK);
  }

  Mutex mutex_;
  CondVar some_wait_;
  std::shared_ptr<BareBatch> next_ ABSL_GUARDED_BY(mutex_) = std::make_shared<BareBatch>();
  Calls next_calls_ ABSL_GUARDED_BY(mutex_);
  // The calls of the batches after committed_.
  std::deque<Calls> uncommitted_ ABSL_GUARDED_BY(mutex_);
  uint64_t last_number_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t committed_ ABSL_GUARDED_BY(mutex_) = 0;
  // The last durable batch on this server's disk and on each follower's.
  std::array<uint64_t, 3> durable_ ABSL_GUARDED_BY(mutex_) = {};
  std::vector<std::unique_ptr<OutboundBatches>> followers_;
};

}  // namespace

void ServeBare(const BareServer& server) {
  SyncedFile file(server.file);
  if (server.followers.empty()) {
    FollowerService service(&file);
    Listen(server.endpoint, &service)->Wait();
  } else {
    LeaderService service(server.followers);
    const std::unique_ptr<grpc::Server> listening = Listen(server.endpoint, &service);
    service.AppendBatches(&file);
  }
  LOG(FATAL) << "the server stopped unexpectedly";
}

}  // namespace quorate::bench
