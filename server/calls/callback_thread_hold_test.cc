// Calls with callbacks while one of gRPC's threads is held.
#include "server/calls/callback_thread_hold.h"

#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "server/calls/listener.h"

namespace quorate::server {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

constexpr std::chrono::seconds kPatience{60};
constexpr int kCalls = 200;

class CallbackThreadHoldTest : public testing::Test {
 protected:
  CallbackThreadHoldTest() {
    auto listener = OpenClientListener({"127.0.0.1", 0}, "client-listen",
                                       grpc::InsecureServerCredentials(), {});
    CHECK_OK(listener.status());
    listener_ = *std::move(listener);
    stub_ = Health::NewStub(grpc::CreateChannel("127.0.0.1:" + std::to_string(listener_.port),
                                                grpc::InsecureChannelCredentials()));
  }
  ~CallbackThreadHoldTest() override { listener_.server->Shutdown(); }

  // The threads on which the callbacks of many calls ran.
  std::set<std::thread::id> CallMany() {
    struct Call {
      grpc::ClientContext context;
      HealthCheckRequest request;
      HealthCheckResponse response;
    };
    std::vector<Call> calls(kCalls);
    Mutex mutex;
    CondVar changed;
    int succeeded = 0;
    int ended = 0;
    std::set<std::thread::id> threads;
    for (Call& call : calls) {
      call.context.set_deadline(std::chrono::system_clock::now() + kPatience);
      stub_->async()->Check(&call.context, &call.request, &call.response,
                            [&](const grpc::Status& status) {
                              MutexLock lock(&mutex);
                              ++ended;
                              if (status.ok()) ++succeeded;
                              threads.insert(std::this_thread::get_id());
                              changed.NotifyAll();
                            });
    }
    MutexLock lock(&mutex);
    while (ended < kCalls) changed.Wait(&mutex);
    EXPECT_EQ(succeeded, kCalls);
    return threads;
  }

  Listener listener_;
  std::unique_ptr<Health::Stub> stub_;
};

TEST_F(CallbackThreadHoldTest, TheOtherThreadRunsEveryCallback) {
  {
    const CallbackThreadHold hold;
    const std::set<std::thread::id> threads = CallMany();
    if (CallbackThreadHold::IsUseful()) {
      EXPECT_EQ(threads.size(), 1U);
    }
  }
  CallMany();
}

TEST_F(CallbackThreadHoldTest, AHoldCanEndAtOnceAndBeRepeated) {
  for (int i = 0; i < 20; ++i) const CallbackThreadHold hold;
  CallMany();
}

}  // namespace
}  // namespace quorate::server
