// Tests the broker's gRPC adapters against a controller that the test controls.
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "base/event_loop.h"
#include "base/mutex.h"
#include "client/status_mapping.h"
#include "quorate/broker/v1/broker_service.grpc.pb.h"
#include "quorate/metadata/v1/metadata_service.grpc.pb.h"
#include "server/broker/broker_controller_channel.h"
#include "server/broker/broker_metadata_source.h"

namespace quorate::server {
namespace {

using broker::HeartbeatEvent;
using broker::MetadataEvent;
using common::v1::Error;

constexpr Duration kPatience = std::chrono::seconds(30);

// Values from other threads, for which a test waits.
template <typename T>
class Inbox {
 public:
  void Put(T value) {
    MutexLock lock(&mutex_);
    values_.push_back(std::move(value));
    changed_.NotifyAll();
  }
  // Waits for the next value and returns it. Returns nullopt after kPatience.
  std::optional<T> Take() {
    const MonoTime deadline = SystemClock().Now() + kPatience;
    MutexLock lock(&mutex_);
    while (values_.empty() && SystemClock().Now() < deadline) changed_.WaitUntil(&mutex_, deadline);
    if (values_.empty()) return std::nullopt;
    T value = std::move(values_.front());
    values_.pop_front();
    return value;
  }
  bool empty() {
    MutexLock lock(&mutex_);
    return values_.empty();
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::deque<T> values_;
};

Error MakeTestError(common::v1::ErrorCode code, const std::string& leader) {
  Error error;
  error.set_code(code);
  error.set_message("as the test says");
  error.mutable_leader()->set_client_endpoint(leader);
  return error;
}

// Answers every heartbeat with an epoch that equals its metadata offset, until `verdict` ends the
// stream.
class FakeBrokerService final : public broker::v1::BrokerService::Service {
 public:
  Inbox<broker::v1::HeartbeatRequest> heartbeats;
  // Called for each heartbeat. A status other than OK ends the stream.
  std::function<grpc::Status(const broker::v1::HeartbeatRequest&)> verdict = [](const auto&) {
    return grpc::Status::OK;
  };

 private:
  grpc::Status RegisterBroker(grpc::ServerContext*,
                              const broker::v1::RegisterBrokerRequest* request,
                              broker::v1::RegisterBrokerResponse* response) override {
    if (request->rack() == "none") {
      return client::StatusFromError(
          MakeTestError(common::v1::DUPLICATE_BROKER_REGISTRATION, "c:1"));
    }
    response->set_broker_epoch(request->broker_id() + 100);
    return grpc::Status::OK;
  }

  grpc::Status Heartbeat(grpc::ServerContext*,
                         grpc::ServerReaderWriter<broker::v1::HeartbeatResponse,
                                                  broker::v1::HeartbeatRequest>* stream) override {
    broker::v1::HeartbeatRequest request;
    while (stream->Read(&request)) {
      heartbeats.Put(request);
      if (request.goodbye() != broker::v1::HeartbeatRequest::GOODBYE_UNSPECIFIED) break;
      if (const grpc::Status status = verdict(request); !status.ok()) return status;
      broker::v1::HeartbeatResponse response;
      response.set_controller_epoch(static_cast<int32_t>(request.metadata_end_offset()));
      stream->Write(response);
    }
    return grpc::Status::OK;
  }
};

// Sends batches without end, from the requested offset on, and counts them.
class FakeMetadataService final : public metadata::v1::MetadataService::Service {
 public:
  std::atomic<int64_t> sent = 0;
  Inbox<metadata::v1::SubscribeRequest> requests;
  std::string records;

 private:
  grpc::Status Subscribe(grpc::ServerContext*, const metadata::v1::SubscribeRequest* request,
                         grpc::ServerWriter<metadata::v1::SubscribeResponse>* writer) override {
    requests.Put(*request);
    if (request->cluster_id() == "another") {
      return client::StatusFromError(MakeTestError(common::v1::INCONSISTENT_CLUSTER_ID, ""));
    }
    metadata::v1::SubscribeResponse response;
    for (int64_t offset = request->end_offset();; ++offset) {
      response.mutable_batch()->set_base_offset(offset);
      response.mutable_batch()->set_records(records);
      if (!writer->Write(response)) return grpc::Status::OK;
      ++sent;
    }
  }
};

class BrokerAdaptersTest : public testing::Test {
 protected:
  BrokerAdaptersTest() { StartServer(); }
  ~BrokerAdaptersTest() override {
    calls_.CancelAndWait();
    StopServer();
    loop_.Stop();
  }

  void StartServer() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&broker_service_);
    builder.RegisterService(&metadata_service_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
    endpoint_ = "127.0.0.1:" + std::to_string(port);
  }
  void StopServer() {
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
  }

  void OpenHeartbeat(const std::string& endpoint) {
    loop_.Post([this, endpoint] {
      channel_.OpenHeartbeat(endpoint,
                             [this](HeartbeatEvent event) { heartbeats_.Put(std::move(event)); });
    });
  }
  void SendHeartbeat(int64_t offset) {
    broker::v1::HeartbeatRequest request;
    request.set_metadata_end_offset(offset);
    loop_.Post([this, request] { channel_.SendHeartbeat(request); });
  }
  // Returns the error with which the stream ended, or nullopt if the next event is not an error.
  std::optional<Error> NextHeartbeatError() {
    const std::optional<HeartbeatEvent> event = heartbeats_.Take();
    if (!event || !std::holds_alternative<Error>(*event)) return std::nullopt;
    return std::get<Error>(*event);
  }
  void ExpectAnswer(int32_t epoch) {
    const std::optional<HeartbeatEvent> event = heartbeats_.Take();
    ASSERT_TRUE(event);
    const auto* answer = std::get_if<broker::v1::HeartbeatResponse>(&*event);
    ASSERT_NE(answer, nullptr) << std::get<Error>(*event).message();
    EXPECT_EQ(answer->controller_epoch(), epoch);
  }
  void Subscribe(const std::string& endpoint, int64_t end_offset,
                 std::function<void(MetadataEvent)> on_event,
                 const std::string& cluster_id = "cluster") {
    metadata::v1::SubscribeRequest request;
    request.set_cluster_id(cluster_id);
    request.set_end_offset(end_offset);
    loop_.Post([this, endpoint, request, on_event = std::move(on_event)] {
      source_.Subscribe(endpoint, request, on_event);
    });
  }

  FakeBrokerService broker_service_;
  FakeMetadataService metadata_service_;
  std::unique_ptr<grpc::Server> server_;
  std::string endpoint_;
  const SystemClock clock_;
  EventLoop loop_{"broker", 1000};
  BrokerCalls calls_;
  BrokerControllerChannel channel_{&loop_, &clock_, &calls_};
  BrokerMetadataSource source_{&loop_, &calls_};
  Inbox<HeartbeatEvent> heartbeats_;
  Inbox<MetadataEvent> metadata_;
  // Used by handlers that may outlive the body of a test.
  Inbox<bool> began_;
  Inbox<bool> go_on_;
  Inbox<bool> closed_;
  std::atomic<int64_t> handled_ = 0;
  std::atomic<bool> replaced_ = false;
};

using Registered = broker::CallResult<broker::v1::RegisterBrokerResponse>;

TEST_F(BrokerAdaptersTest, AUnaryCallBringsTheAnswerOrTheControllersError) {
  Inbox<Registered> results;
  const auto call = [&](const std::string& endpoint, const std::string& rack) {
    broker::v1::RegisterBrokerRequest request;
    request.set_broker_id(7);
    request.set_rack(rack);
    loop_.Post([this, &results, endpoint, request] {
      channel_.RegisterBroker(endpoint, kPatience, request, [this, &results](Registered result) {
        EXPECT_TRUE(loop_.InLoop());
        results.Put(std::move(result));
      });
    });
    return results.Take();
  };
  std::optional<Registered> result = call(endpoint_, "r1");
  ASSERT_TRUE(result);
  ASSERT_TRUE(std::holds_alternative<broker::v1::RegisterBrokerResponse>(*result));
  EXPECT_EQ(std::get<broker::v1::RegisterBrokerResponse>(*result).broker_epoch(), 107);

  result = call(endpoint_, "none");
  ASSERT_TRUE(result && std::holds_alternative<Error>(*result));
  EXPECT_EQ(std::get<Error>(*result).code(), common::v1::DUPLICATE_BROKER_REGISTRATION);
  EXPECT_EQ(std::get<Error>(*result).leader().client_endpoint(), "c:1");

  StopServer();
  result = call(endpoint_, "r1");
  ASSERT_TRUE(result && std::holds_alternative<Error>(*result));
  EXPECT_EQ(std::get<Error>(*result).code(), common::v1::CONTROLLER_NOT_AVAILABLE);
  result = call("no endpoint", "r1");
  EXPECT_TRUE(result && std::holds_alternative<Error>(*result));
}

TEST_F(BrokerAdaptersTest, EachHeartbeatIsAnsweredOnItsStream) {
  OpenHeartbeat(endpoint_);
  for (int i = 1; i <= 3; ++i) {
    SendHeartbeat(i);
    ExpectAnswer(i);
  }
}

TEST_F(BrokerAdaptersTest, AHeartbeatStreamEndsWithTheControllersError) {
  broker_service_.verdict = [](const auto&) {
    return client::StatusFromError(MakeTestError(common::v1::NOT_CONTROLLER, "c:9090"));
  };
  OpenHeartbeat(endpoint_);
  SendHeartbeat(1);
  const std::optional<Error> error = NextHeartbeatError();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code(), common::v1::NOT_CONTROLLER);
  EXPECT_EQ(error->leader().client_endpoint(), "c:9090");
  // Another stream can be opened now.
  broker_service_.verdict = [](const auto&) { return grpc::Status::OK; };
  OpenHeartbeat(endpoint_);
  SendHeartbeat(2);
  ExpectAnswer(2);
}

TEST_F(BrokerAdaptersTest, ABrokenOrRefusedHeartbeatStreamIsAnError) {
  OpenHeartbeat(endpoint_);
  SendHeartbeat(1);
  ExpectAnswer(1);
  StopServer();
  std::optional<Error> error = NextHeartbeatError();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code(), common::v1::CONTROLLER_NOT_AVAILABLE);
  for (const std::string& endpoint : {endpoint_, std::string("no endpoint")}) {
    OpenHeartbeat(endpoint);
    SendHeartbeat(2);
    error = NextHeartbeatError();
    ASSERT_TRUE(error) << endpoint;
    EXPECT_EQ(error->code(), common::v1::CONTROLLER_NOT_AVAILABLE);
  }
}

TEST_F(BrokerAdaptersTest, AGoodbyeArrivesAndNothingComesAfterIt) {
  OpenHeartbeat(endpoint_);
  SendHeartbeat(1);
  ExpectAnswer(1);
  loop_.Post([this] {
    broker::v1::HeartbeatRequest goodbye;
    goodbye.set_goodbye(broker::v1::HeartbeatRequest::STOPPING);
    channel_.SendHeartbeat({});  // in flight
    channel_.CloseHeartbeat(goodbye, [this] { closed_.Put(true); });
  });
  EXPECT_TRUE(closed_.Take());
  std::vector<int> goodbyes;
  while (!broker_service_.heartbeats.empty()) {
    goodbyes.push_back(broker_service_.heartbeats.Take()->goodbye());
  }
  EXPECT_EQ(goodbyes, (std::vector<int>{0, 0, broker::v1::HeartbeatRequest::STOPPING}));
  EXPECT_TRUE(heartbeats_.empty());
}

TEST_F(BrokerAdaptersTest, AGoodbyeToAControllerThatHangsIsGivenUp) {
  broker_service_.verdict = [this](const auto&) {
    go_on_.Take();
    return grpc::Status::OK;
  };
  OpenHeartbeat(endpoint_);
  SendHeartbeat(1);
  ASSERT_TRUE(broker_service_.heartbeats.Take());
  loop_.Post([this] { channel_.CloseHeartbeat({}, [this] { closed_.Put(true); }); });
  EXPECT_TRUE(closed_.Take());
  go_on_.Put(true);
}

TEST_F(BrokerAdaptersTest, ASubscriptionBringsBatchesInOrder) {
  Subscribe(endpoint_, 5, [this](MetadataEvent event) {
    EXPECT_TRUE(loop_.InLoop());
    metadata_.Put(std::move(event));
  });
  for (int64_t offset = 5; offset < 50; ++offset) {
    const std::optional<MetadataEvent> event = metadata_.Take();
    ASSERT_TRUE(event);
    const auto* response = std::get_if<metadata::v1::SubscribeResponse>(&*event);
    ASSERT_NE(response, nullptr) << std::get<Error>(*event).message();
    EXPECT_EQ(response->batch().base_offset(), offset);
  }
  EXPECT_EQ(metadata_service_.requests.Take()->cluster_id(), "cluster");
}

TEST_F(BrokerAdaptersTest, ASubscriptionEndsWithTheControllersErrorOrABrokenStream) {
  const auto put = [this](MetadataEvent event) {
    if (std::holds_alternative<Error>(event)) metadata_.Put(std::move(event));
  };
  Subscribe(endpoint_, 0, put, "another");
  std::optional<MetadataEvent> event = metadata_.Take();
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<Error>(*event).code(), common::v1::INCONSISTENT_CLUSTER_ID);
  Subscribe(endpoint_, 0, put);
  ASSERT_TRUE(metadata_service_.requests.Take());
  ASSERT_TRUE(metadata_service_.requests.Take());
  StopServer();
  EXPECT_TRUE(metadata_.Take());
  for (const std::string& endpoint : {endpoint_, std::string("no endpoint")}) {
    Subscribe(endpoint, 0, put);
    EXPECT_TRUE(metadata_.Take()) << endpoint;
  }
}

TEST_F(BrokerAdaptersTest, ABrokerThatIsBusyHoldsTheControllerBack) {
  metadata_service_.records.assign(size_t{1} << 20, 'x');
  Subscribe(endpoint_, 0, [this](const MetadataEvent& event) {
    if (std::holds_alternative<Error>(event)) return;
    if (++handled_ == 1) {
      began_.Put(true);
      go_on_.Take();
    } else if (handled_ == 200) {
      metadata_.Put(event);
    }
  });
  ASSERT_TRUE(began_.Take());
  // The connection buffers a few MiB; beyond that the controller's Write blocks. If the count does
  // not change for a while, it never will.
  int64_t before = -1;
  while (before != metadata_service_.sent) {
    before = metadata_service_.sent;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  EXPECT_LT(metadata_service_.sent, 100);
  EXPECT_EQ(handled_, 1);
  go_on_.Put(true);
  EXPECT_TRUE(metadata_.Take()) << "the stream does not continue";
}

TEST_F(BrokerAdaptersTest, AReplacedSubscriptionBringsNothingMore) {
  Subscribe(endpoint_, 0, [this](const MetadataEvent&) {
    EXPECT_FALSE(replaced_);
    began_.Put(true);
  });
  ASSERT_TRUE(began_.Take());
  Subscribe(endpoint_, 1000, [this](MetadataEvent event) { metadata_.Put(std::move(event)); });
  loop_.Post([this] { replaced_ = true; });
  const std::optional<MetadataEvent> event = metadata_.Take();
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<metadata::v1::SubscribeResponse>(*event).batch().base_offset(), 1000);
}

TEST_F(BrokerAdaptersTest, EndingTheCallsWaitsForAllOfThem) {
  OpenHeartbeat(endpoint_);
  SendHeartbeat(1);
  ExpectAnswer(1);
  Subscribe(endpoint_, 0, [](const MetadataEvent&) {});
  ASSERT_TRUE(metadata_service_.requests.Take());
  calls_.CancelAndWait();
  EXPECT_TRUE(NextHeartbeatError());
  // No call can begin after that.
  OpenHeartbeat(endpoint_);
  EXPECT_TRUE(NextHeartbeatError());
  EXPECT_TRUE(broker_service_.heartbeats.Take());
  EXPECT_TRUE(broker_service_.heartbeats.empty());
}

}  // namespace
}  // namespace quorate::server
