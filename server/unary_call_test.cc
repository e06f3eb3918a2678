// Calls over a real connection: what is let in, what is refused, and that room is given back.
#include "server/unary_call.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/event_loop.h"
#include "quorate/admin/v1/admin_service.grpc.pb.h"
#include "server/limits.h"
#include "server/listener.h"
#include "server/method_service.h"

namespace quorate::server {
namespace {

using admin::v1::DeleteTopicsRequest;
using admin::v1::DeleteTopicsResponse;
using testing::HasSubstr;

constexpr std::chrono::seconds kPatience{60};

// Keeps its calls until the test ends them.
class HoldingService final : public MethodService {
 public:
  explicit HoldingService(Budget* room, ReceiveQueue* queue) {
    AddUnary({.path = "/quorate.admin.v1.AdminService/DeleteTopics",
              .request_type = &DeleteTopicsRequest::default_instance(),
              .room = room,
              .queue = queue,
              .serve =
                  [this](UnaryCall* call, UnaryMethod::MessagePtr request) {
                    MutexLock lock(&mutex_);
                    calls_.push_back(call);
                    requests_.push_back(std::move(request));
                    came_.NotifyAll();
                  },
              .refuse =
                  [](UnaryCall* call, const common::v1::Error& error) {
                    call->Fail(grpc::Status(
                        grpc::StatusCode::RESOURCE_EXHAUSTED,
                        common::v1::ErrorCode_Name(error.code()) + ": " + error.message()));
                  }});
  }

  // The next call that came; waits for it.
  UnaryCall* Next() {
    MutexLock lock(&mutex_);
    while (calls_.empty()) came_.Wait(&mutex_);
    UnaryCall* call = calls_.front();
    calls_.erase(calls_.begin());
    return call;
  }

 private:
  Mutex mutex_;
  CondVar came_;
  std::vector<UnaryCall*> calls_ ABSL_GUARDED_BY(mutex_);
  std::vector<UnaryMethod::MessagePtr> requests_ ABSL_GUARDED_BY(mutex_);
};

class UnaryCallTest : public testing::Test {
 protected:
  UnaryCallTest() {
    auto listener = OpenClientListener({"127.0.0.1", 0}, "client-listen", {&service_});
    CHECK_OK(listener.status());
    listener_ = *std::move(listener);
    stub_ = admin::v1::AdminService::NewStub(grpc::CreateChannel(
        "127.0.0.1:" + std::to_string(listener_.port), grpc::InsecureChannelCredentials()));
  }

  ~UnaryCallTest() override {
    listener_.server->Shutdown();
    loop_.Stop();
  }

  std::future<grpc::Status> Start(const DeleteTopicsRequest& request) {
    return std::async(std::launch::async, [this, request] {
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + kPatience);
      DeleteTopicsResponse response;
      return stub_->DeleteTopics(&context, request, &response);
    });
  }

  static DeleteTopicsRequest RequestOf(size_t bytes) {
    DeleteTopicsRequest request;
    request.add_topics()->set_name(std::string(bytes, 'x'));
    return request;
  }

  void AwaitEmpty() {
    while (room_.count() > 0) std::this_thread::yield();
    EXPECT_EQ(room_.bytes(), 0U);
  }

  SystemClock clock_;
  EventLoop loop_{"test", 1000};
  Budget room_{{.max_count = 2, .max_bytes = 4 * kMiB}};
  ReceiveQueue queue_{
      {.max_receiving = 1, .max_of_connection = 1, .max_time = kMaxReceiveTime}, &loop_, &clock_};
  HoldingService service_{&room_, &queue_};
  Listener listener_;
  std::unique_ptr<admin::v1::AdminService::Stub> stub_;
};

TEST_F(UnaryCallTest, ACallIsServedAndItsRoomGivenBack) {
  auto status = Start(RequestOf(10));
  UnaryCall* call = service_.Next();
  EXPECT_EQ(room_.count(), 1U);
  call->Answer(DeleteTopicsResponse());
  EXPECT_TRUE(status.get().ok());
  AwaitEmpty();
}

TEST_F(UnaryCallTest, ACallTooManyIsRefused) {
  auto one = Start(RequestOf(10));
  auto two = Start(RequestOf(10));
  UnaryCall* calls[] = {service_.Next(), service_.Next()};
  const grpc::Status refused = Start(RequestOf(10)).get();
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(refused.error_message(), HasSubstr("RESOURCE_EXHAUSTED"));
  for (UnaryCall* call : calls) call->Answer(DeleteTopicsResponse());
  EXPECT_TRUE(one.get().ok());
  EXPECT_TRUE(two.get().ok());
  AwaitEmpty();
}

TEST_F(UnaryCallTest, ARequestForWhichThereIsNoMemoryNowIsRefused) {
  auto one = Start(RequestOf(1'000'000));
  UnaryCall* call = service_.Next();
  EXPECT_THAT(Start(RequestOf(1'500'000)).get().error_message(), HasSubstr("RESOURCE_EXHAUSTED"));
  call->Answer(DeleteTopicsResponse());
  EXPECT_TRUE(one.get().ok());
  AwaitEmpty();
}

TEST_F(UnaryCallTest, ARequestThatNeverFitsSaysSo) {
  EXPECT_THAT(Start(RequestOf(3'000'000)).get().error_message(), HasSubstr("split it"));
  // Small on the wire, large in memory.
  DeleteTopicsRequest many;
  for (int i = 0; i < 100'000; ++i) many.add_topics();
  EXPECT_THAT(Start(many).get().error_message(), HasSubstr("split it"));
  AwaitEmpty();
}

TEST_F(UnaryCallTest, ARequestAboveTheSizeOfAMessageIsRefusedByGrpc) {
  const grpc::Status status = Start(RequestOf(kMaxRequestBytes + 1)).get();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), HasSubstr("larger than max"));
  AwaitEmpty();
}

TEST_F(UnaryCallTest, RoomForAnAnswerIsTakenBeforeItIsMade) {
  auto status = Start(RequestOf(10));
  UnaryCall* call = service_.Next();
  EXPECT_FALSE(call->Reserve(kMiB));
  const auto error = call->Reserve(5 * kMiB);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code(), common::v1::MESSAGE_TOO_LARGE);
  call->Fail(grpc::Status(grpc::StatusCode::ABORTED, ""));
  EXPECT_EQ(status.get().error_code(), grpc::StatusCode::ABORTED);
  AwaitEmpty();
}

}  // namespace
}  // namespace quorate::server
