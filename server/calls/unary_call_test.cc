// Tests calls over a real connection: which are admitted, which are refused, and that they give
// their room back.
#include "server/calls/unary_call.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "audit/audit_log.h"
#include "base/check.h"
#include "base/event_loop.h"
#include "client/status_mapping.h"
#include "controller/operations.h"
#include "quorate/admin/v1/admin_service.grpc.pb.h"
#include "server/calls/listener.h"
#include "server/calls/method_service.h"
#include "server/node/call_audit.h"
#include "server/node/limits.h"
#include "server/node/refused_error.h"
#include "storage/testing/temp_dir.h"

namespace quorate::server {
namespace {

using admin::v1::DeleteTopicsRequest;
using admin::v1::DeleteTopicsResponse;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::chrono::seconds kPatience{60};

// Keeps its calls until the test ends them.
class HoldingService final : public MethodService {
 public:
  HoldingService(Budget* budget, ReceiveQueue* queue, SendWatch* sends, EventLoop* loop,
                 audit::AuditLog* audit_log) {
    AddUnary({.path = "/quorate.admin.v1.AdminService/DeleteTopics",
              .request_type = &DeleteTopicsRequest::default_instance(),
              .budget = budget,
              .queue = queue,
              .sends = sends,
              .large_loop = loop,
              .serve =
                  [this, loop](UnaryCall* call, UnaryMethod::MessagePtr request) {
                    MutexLock lock(&mutex_);
                    served_in_loop_.push_back(loop->InLoop());
                    calls_.push_back(call);
                    requests_.push_back(std::move(request));
                    came_.NotifyAll();
                  },
              .admit =
                  [this](const grpc::ServerContextBase& /*context*/) {
                    std::optional<common::v1::Error> error;
                    if (too_fast) {
                      error = MakeError(common::v1::RESOURCE_EXHAUSTED, "too many calls a second");
                    }
                    return error;
                  },
              .refuse =
                  [](UnaryCall* call, common::v1::Error error) {
                    error.set_message(common::v1::ErrorCode_Name(error.code()) + ": " +
                                      error.message());
                    call->Fail(client::StatusFromError(error));
                  },
              .audit = AuditOf(controller::kDeleteTopics, audit_log),
              .principal = [](const grpc::ServerContextBase&) { return "User:test"; }});
  }

  // Waits for the next call and returns it.
  UnaryCall* Next() {
    MutexLock lock(&mutex_);
    while (calls_.empty()) came_.Wait(&mutex_);
    UnaryCall* call = calls_.front();
    calls_.erase(calls_.begin());
    return call;
  }

  // For each request served so far, whether that happened on the loop for large ones.
  std::vector<bool> served_in_loop() {
    MutexLock lock(&mutex_);
    return served_in_loop_;
  }

  // Whether new calls are refused for their rate.
  std::atomic<bool> too_fast = false;

 private:
  Mutex mutex_;
  CondVar came_;
  std::vector<UnaryCall*> calls_ ABSL_GUARDED_BY(mutex_);
  std::vector<UnaryMethod::MessagePtr> requests_ ABSL_GUARDED_BY(mutex_);
  std::vector<bool> served_in_loop_ ABSL_GUARDED_BY(mutex_);
};

class UnaryCallTest : public testing::Test {
 protected:
  UnaryCallTest() {
    auto listener = OpenClientListener({"127.0.0.1", 0}, "client-listen",
                                       grpc::InsecureServerCredentials(), {&service_});
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

  // Returns the resource and outcome of each recorded call, the newest first.
  std::vector<std::string> Recorded() {
    std::promise<std::vector<std::string>> recorded;
    audit_log_.List({}, [&recorded](const audit::AuditLog::Page& page) {
      CHECK_OK(page.status());
      std::vector<std::string> texts;
      for (const audit::v1::AuditRecord& record : page->records()) {
        EXPECT_EQ(record.method(), "quorate.admin.v1.AdminService/DeleteTopics");
        EXPECT_EQ(record.principal(), "User:test");
        EXPECT_THAT(record.caller(), StartsWith("127.0.0.1:"));
        texts.push_back(record.resource() + " " + record.outcome());
      }
      recorded.set_value(texts);
    });
    return recorded.get_future().get();
  }

  void AwaitEmpty() {
    while (budget_.count() > 0) std::this_thread::yield();
    EXPECT_EQ(budget_.bytes(), 0U);
  }

  SystemClock clock_;
  EventLoop loop_{"test", 1000};
  Budget budget_{{.max_count = 2, .max_bytes = 4 * kMiB}};
  ReceiveQueue queue_{
      {.max_receiving = 1, .max_of_connection = 1, .max_time = kMaxReceiveTime}, &loop_, &clock_};
  SendWatch sends_{std::chrono::milliseconds(200), &loop_, &clock_};
  storage::TempDir temp_;
  audit::AuditLog audit_log_{
      {.controller = NodeId(1),
       .files = {.directory = temp_.path(), .max_file_bytes = 1'000'000, .max_files = 1}},
      &loop_,
      &clock_};
  HoldingService service_{&budget_, &queue_, &sends_, &loop_, &audit_log_};
  Listener listener_;
  std::unique_ptr<admin::v1::AdminService::Stub> stub_;
};

TEST_F(UnaryCallTest, OnlyALargeRequestIsParsedOnTheLargeLoop) {
  for (const size_t bytes : {size_t{10}, 2 * kLargeRequestBytes}) {
    std::future<grpc::Status> status = Start(RequestOf(bytes));
    service_.Next()->Answer(DeleteTopicsResponse());
    EXPECT_TRUE(status.get().ok());
  }
  EXPECT_EQ(service_.served_in_loop(), (std::vector<bool>{false, true}));
}

TEST_F(UnaryCallTest, ACallIsServedAndItsRoomGivenBack) {
  auto status = Start(RequestOf(10));
  UnaryCall* call = service_.Next();
  EXPECT_EQ(budget_.count(), 1U);
  call->Answer(DeleteTopicsResponse());
  EXPECT_TRUE(status.get().ok());
  AwaitEmpty();
}

TEST_F(UnaryCallTest, ACallThatIsNotAdmittedTakesNoRoomAndIsRecorded) {
  service_.too_fast = true;
  const grpc::Status refused = Start(RequestOf(10)).get();
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(refused.error_message(), HasSubstr("too many calls a second"));
  EXPECT_EQ(budget_.count(), 0U);
  EXPECT_EQ(budget_.refused(), 0U);
  EXPECT_THAT(Recorded(), ElementsAre(" RESOURCE_EXHAUSTED"));
  service_.too_fast = false;
  auto status = Start(RequestOf(10));
  service_.Next()->Answer(DeleteTopicsResponse());
  EXPECT_TRUE(status.get().ok());
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
  EXPECT_EQ(budget_.refused(), 1U);
  service_.ForEachUnary([](const std::string& path, const CallInstruments& instruments) {
    EXPECT_EQ(path, "/quorate.admin.v1.AdminService/DeleteTopics");
    EXPECT_EQ(instruments.ended[grpc::StatusCode::OK].value(), 2U);
    EXPECT_EQ(instruments.ended[grpc::StatusCode::RESOURCE_EXHAUSTED].value(), 1U);
    EXPECT_GT(instruments.seconds.sum(), 0);
  });
}

TEST_F(UnaryCallTest, ARequestForWhichThereIsNoMemoryNowIsRefused) {
  auto one = Start(RequestOf(1'000'000));
  UnaryCall* call = service_.Next();
  EXPECT_THAT(Start(RequestOf(1'500'000)).get().error_message(), HasSubstr("RESOURCE_EXHAUSTED"));
  call->Answer(DeleteTopicsResponse());
  EXPECT_TRUE(one.get().ok());
  AwaitEmpty();
}

TEST_F(UnaryCallTest, EachCallIsRecordedWithItsOutcome) {
  auto done = Start(RequestOf(1));
  service_.Next()->Answer(DeleteTopicsResponse());
  EXPECT_TRUE(done.get().ok());
  EXPECT_THAT(Recorded(), ElementsAre("topic:x OK")) << "it is recorded before the answer leaves";

  auto refused = Start(RequestOf(2));
  DeleteTopicsResponse answer;
  answer.add_results()->mutable_error()->set_code(common::v1::UNKNOWN_TOPIC_OR_PARTITION);
  service_.Next()->Answer(answer);
  EXPECT_TRUE(refused.get().ok());

  auto unknown = Start(RequestOf(3));
  common::v1::Error error;
  error.set_code(common::v1::NOT_CONTROLLER);
  error.set_outcome(common::v1::UNKNOWN);
  service_.Next()->Fail(client::StatusFromError(error));
  EXPECT_FALSE(unknown.get().ok());
  EXPECT_THAT(Recorded(), ElementsAre("topic:xxx UNKNOWN", "topic:xx UNKNOWN_TOPIC_OR_PARTITION",
                                      "topic:x OK"));
}

TEST_F(UnaryCallTest, CallsThatAreNeverServedAreRecordedToo) {
  auto one = Start(RequestOf(1));
  auto two = Start(RequestOf(1));
  UnaryCall* calls[] = {service_.Next(), service_.Next()};
  EXPECT_FALSE(Start(RequestOf(1)).get().ok());
  EXPECT_THAT(Recorded(), ElementsAre(" RESOURCE_EXHAUSTED"));
  for (UnaryCall* call : calls) call->Answer(DeleteTopicsResponse());
  EXPECT_TRUE(one.get().ok());
  EXPECT_TRUE(two.get().ok());
  AwaitEmpty();
  EXPECT_FALSE(Start(RequestOf(3'000'000)).get().ok());
  EXPECT_EQ(Recorded().front(), " POLICY_VIOLATION");
  EXPECT_FALSE(Start(RequestOf(kMaxRequestBytes + 1)).get().ok());
  while (Recorded().front() != " CANCELLED") std::this_thread::yield();
}

TEST_F(UnaryCallTest, ARequestThatNeverFitsSaysSo) {
  EXPECT_THAT(Start(RequestOf(3'000'000)).get().error_message(), HasSubstr("split it"));
  // This one is small on the wire and large in memory.
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

// An HTTP/2 client that sends an empty request to DeleteTopics and lets the server send no byte of
// the answer. It is written by hand, because gRPC's client always lets the server send.
class DeafClient {
 public:
  explicit DeafClient(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    PCHECK(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    std::string headers;
    for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
             {":method", "POST"},
             {":scheme", "http"},
             {":path", "/quorate.admin.v1.AdminService/DeleteTopics"},
             {":authority", "test"},
             {"content-type", "application/grpc"},
             {"te", "trailers"}}) {
      // RFC 7541, 6.2.2: a literal field with a literal name, not indexed.
      headers += '\0';
      headers += static_cast<char>(name.size()) + name + static_cast<char>(value.size()) + value;
    }
    const std::string no_window("\0\4\0\0\0\0", 6);  // SETTINGS_INITIAL_WINDOW_SIZE = 0
    Send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Frame(kSettings, 0, 0, no_window) +
         Frame(kHeaders, kEndHeaders, 1, headers) +
         Frame(kData, kEndStream, 1, std::string(5, '\0')));
  }
  ~DeafClient() { close(fd_); }
  DeafClient(const DeafClient&) = delete;
  DeafClient& operator=(const DeafClient&) = delete;

  // Waits until the server ends the call without an answer. Returns false if the connection ends
  // first.
  bool AwaitReset() {
    for (;;) {
      const std::string header = Receive(kFrameHeaderBytes);
      if (header.empty()) return false;
      const auto byte = [&](size_t i) { return static_cast<uint8_t>(header[i]); };
      Receive(size_t{byte(0)} << 16 | size_t{byte(1)} << 8 | byte(2));
      if (byte(3) == kResetStream) return true;
    }
  }

 private:
  static constexpr size_t kFrameHeaderBytes = 9;
  enum FrameType : uint8_t { kData = 0, kHeaders = 1, kResetStream = 3, kSettings = 4 };
  enum Flags : uint8_t { kEndStream = 1, kEndHeaders = 4 };

  static std::string Frame(FrameType type, uint8_t flags, uint8_t stream, const std::string& body) {
    std::string frame(kFrameHeaderBytes, '\0');
    frame[1] = static_cast<char>(body.size() >> 8);
    frame[2] = static_cast<char>(body.size());
    frame[3] = static_cast<char>(type);
    frame[4] = static_cast<char>(flags);
    frame[8] = static_cast<char>(stream);
    return frame + body;
  }

  void Send(const std::string& bytes) {
    PCHECK(send(fd_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  }

  // Receives `count` bytes. Returns an empty string if the connection ends first.
  std::string Receive(size_t count) {
    std::string bytes(count, '\0');
    if (count == 0) return bytes;
    const ssize_t received = recv(fd_, bytes.data(), count, MSG_WAITALL);
    return received == static_cast<ssize_t>(count) ? bytes : std::string();
  }

  const int fd_;
};

TEST_F(UnaryCallTest, AnAnswerThatTheClientDoesNotTakeIsGivenUp) {
  DeafClient client(listener_.port);
  DeleteTopicsResponse answer;
  answer.add_results()->set_name(std::string(3 * kMiB, 'x'));
  service_.Next()->Answer(answer);
  EXPECT_TRUE(client.AwaitReset());
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
