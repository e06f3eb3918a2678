#include "client/admin_client.h"

#include <gmock/gmock.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <chrono>
#include <latch>
#include <memory>
#include <string>
#include <thread>

#include "client/status_mapping.h"
#include "client/testing/fake_admin_service.h"
#include "quorate/broker/v1/broker_view_service.grpc.pb.h"
#include "tests/harness/loopback_socket.h"

namespace quorate::client {
namespace {

using admin::v1::CreateTopicsRequest;
using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::HasSubstr;

grpc::Status Ok(int /*call*/) { return grpc::Status::OK; }

FakeAdminService::Script Always(common::v1::ErrorCode code, common::v1::Outcome outcome,
                                const std::string& message, int64_t retry_after_ms = 0) {
  return [=](int) { return ErrorStatus(code, outcome, message, retry_after_ms); };
}

// The timeout is so long that a call that eventually succeeds never reaches it.
CallerOptions Endpoints(std::vector<HostPort> endpoints) {
  return {.endpoints = std::move(endpoints), .timeout = std::chrono::minutes(2)};
}

// Options for calls that should time out.
CallerOptions Impatient(std::vector<HostPort> endpoints) {
  return {.endpoints = std::move(endpoints), .timeout = milliseconds(1000)};
}

template <typename T>
const CallFailure& FailureOf(const CallResult<T>& result) {
  return std::get<CallFailure>(result);
}

// An endpoint that refuses every connection unless the test starts a service there.
class DeadEndpoint {
 public:
  HostPort endpoint() const { return {"127.0.0.1", socket_.port()}; }

 private:
  quorate::testing::LoopbackSocket socket_;
};

TEST(AdminClientTest, GoesToTheNextEndpointAndStaysWhereItWasAnswered) {
  FakeAdminService first(Always(common::v1::NOT_CONTROLLER, common::v1::REFUSED, "not me"));
  FakeAdminService second(Ok);
  second.create_topics.set_end_offset(42);
  AdminClient client(Endpoints({first.endpoint(), second.endpoint()}));

  const auto result = client.CreateTopics({});
  ASSERT_TRUE(std::holds_alternative<admin::v1::CreateTopicsResponse>(result))
      << FailureOf(result).ToString();
  EXPECT_EQ(std::get<admin::v1::CreateTopicsResponse>(result).end_offset(), 42);
  EXPECT_EQ(first.call_count(), 1);

  EXPECT_TRUE(std::holds_alternative<admin::v1::ListTopicsResponse>(client.ListTopics({})));
  EXPECT_EQ(first.call_count(), 1);
  EXPECT_EQ(second.call_count(), 2);
}

TEST(AdminClientTest, ARequestAllOfWhoseItemsAreThrottledIsRepeated) {
  FakeAdminService service(Ok);
  auto* error = service.create_topics.add_results()->mutable_error();
  error->set_code(common::v1::THROTTLING_QUOTA_EXCEEDED);
  error->set_message("10 partitions a second");
  error->set_outcome(common::v1::REFUSED);
  error->set_retry_after_ms(10);
  AdminClient client(Impatient({service.endpoint()}));
  const auto result = client.CreateTopics({});
  ASSERT_TRUE(std::holds_alternative<CallFailure>(result));
  EXPECT_EQ(FailureOf(result).kind, FailureKind::kRefused);
  EXPECT_THAT(FailureOf(result).ToString(),
              AllOf(HasSubstr("gave up after "), HasSubstr("nothing was changed"),
                    HasSubstr("THROTTLING_QUOTA_EXCEEDED"), HasSubstr("10 partitions a second")));
  EXPECT_GT(service.call_count(), 1);
  const auto ids = service.request_ids();
  EXPECT_EQ(ids.front().sequence(), ids.back().sequence());
}

TEST(AdminClientTest, ARequestSomeOfWhoseItemsAreThrottledIsAnswered) {
  FakeAdminService service(Ok);
  service.create_topics.add_results()->mutable_error()->set_code(
      common::v1::THROTTLING_QUOTA_EXCEEDED);
  service.create_topics.add_results()->set_name("created");
  AdminClient client(Endpoints({service.endpoint()}));
  EXPECT_TRUE(std::holds_alternative<admin::v1::CreateTopicsResponse>(client.CreateTopics({})));
  EXPECT_EQ(service.call_count(), 1);
}

TEST(AdminClientTest, ARetryKeepsItsRequestIdAndTheNextRequestGetsTheNext) {
  FakeAdminService service([](int call) {
    return call < 3 ? ErrorStatus(common::v1::NOT_CONTROLLER, common::v1::UNKNOWN, "lost it")
                    : grpc::Status::OK;
  });
  AdminClient client(Endpoints({service.endpoint()}));
  EXPECT_TRUE(std::holds_alternative<admin::v1::CreateTopicsResponse>(client.CreateTopics({})));
  EXPECT_TRUE(std::holds_alternative<admin::v1::DeleteTopicsResponse>(client.DeleteTopics({})));

  const auto ids = service.request_ids();
  ASSERT_EQ(ids.size(), 5u);
  for (const auto& id : ids) EXPECT_EQ(id.client_uuid(), ids[0].client_uuid());
  EXPECT_EQ(ids[0].client_uuid().size(), Uuid::kBytes);
  for (int call = 0; call < 4; ++call) EXPECT_EQ(ids[call].sequence(), 1);
  EXPECT_EQ(ids[4].sequence(), 2);

  AdminClient other(Endpoints({service.endpoint()}));
  EXPECT_TRUE(std::holds_alternative<admin::v1::CreateTopicsResponse>(other.CreateTopics({})));
  EXPECT_NE(service.request_ids().back().client_uuid(), ids[0].client_uuid());
}

TEST(AdminClientTest, AGivenRequestIdIsKept) {
  FakeAdminService service(Ok);
  CreateTopicsRequest request;
  request.mutable_request_id()->set_client_uuid("0123456789abcdef");
  request.mutable_request_id()->set_sequence(7);
  AdminClient client(Endpoints({service.endpoint()}));
  EXPECT_TRUE(
      std::holds_alternative<admin::v1::CreateTopicsResponse>(client.CreateTopics(request)));
  ASSERT_EQ(service.request_ids().size(), 1u);
  EXPECT_EQ(service.request_ids()[0].client_uuid(), "0123456789abcdef");
  EXPECT_EQ(service.request_ids()[0].sequence(), 7);
}

TEST(AdminClientTest, ARefusedConnectionIsPassedOver) {
  const DeadEndpoint dead;
  FakeAdminService alive(Ok);
  AdminClient client(Endpoints({dead.endpoint(), alive.endpoint()}));
  EXPECT_TRUE(std::holds_alternative<admin::v1::CreateTopicsResponse>(client.CreateTopics({})));
}

TEST(AdminClientTest, FindsAControllerThatBeginsToListenWhileItTries) {
  const DeadEndpoint place;
  AdminClient client(Endpoints({place.endpoint()}));
  std::unique_ptr<FakeAdminService> late;
  std::thread starter([&] {
    // The number of attempts before this does not matter.
    std::this_thread::sleep_for(milliseconds(300));
    late = std::make_unique<FakeAdminService>(Ok, place.endpoint().port);
  });
  const auto result = client.ListTopics({});
  starter.join();
  EXPECT_TRUE(std::holds_alternative<admin::v1::ListTopicsResponse>(result))
      << FailureOf(result).ToString();
}

// Otherwise the failure would only say "Deadline Exceeded", and hide why the endpoint did not
// serve.
TEST(AdminClientTest, ALastAttemptThatIsCutShortDoesNotHideTheAnswerBefore) {
  std::latch call_ended(1);
  FakeAdminService service([&](int call) {
    if (call == 0) {
      return ErrorStatus(common::v1::CONTROLLER_NOT_AVAILABLE, common::v1::REFUSED, "no leader");
    }
    call_ended.wait();
    return grpc::Status::OK;
  });
  AdminClient client({.endpoints = {service.endpoint()},
                      .timeout = milliseconds(3000),
                      .attempt_timeout = milliseconds(6000)});
  const auto result = client.ListTopics({});
  call_ended.count_down();
  ASSERT_TRUE(std::holds_alternative<CallFailure>(result));
  EXPECT_THAT(FailureOf(result).ToString(), HasSubstr("no leader (2 attempts)"));
}

// Tests a client whose controller is killed and restarted while it is connected.
TEST(AdminClientTest, ConnectsAgainToAControllerThatWasRestarted) {
  const DeadEndpoint place;
  AdminClient client(Endpoints({place.endpoint()}));
  {
    FakeAdminService first(Ok, place.endpoint().port);
    EXPECT_TRUE(std::holds_alternative<admin::v1::ListTopicsResponse>(client.ListTopics({})));
  }
  FakeAdminService second(Ok, place.endpoint().port);
  EXPECT_TRUE(std::holds_alternative<admin::v1::CreateTopicsResponse>(client.CreateTopics({})));
  EXPECT_EQ(second.call_count(), 1);
}

TEST(AdminClientTest, GoesOnWhileThereIsNoLeader) {
  FakeAdminService service([](int call) {
    return call < 5 ? ErrorStatus(common::v1::CONTROLLER_NOT_AVAILABLE, common::v1::REFUSED, "...")
                    : grpc::Status::OK;
  });
  const DeadEndpoint dead;
  AdminClient client(Endpoints({dead.endpoint(), service.endpoint()}));
  EXPECT_TRUE(std::holds_alternative<admin::v1::ListTopicsResponse>(client.ListTopics({})));
  EXPECT_EQ(service.call_count(), 6);
}

TEST(AdminClientTest, GivingUpTellsWhatEachEndpointAnswered) {
  const DeadEndpoint dead;
  FakeAdminService leaderless(
      Always(common::v1::CONTROLLER_NOT_AVAILABLE, common::v1::REFUSED, "no leader since 12 s"));
  AdminClient client(Impatient({dead.endpoint(), leaderless.endpoint()}));
  // A read, because the outcome of a write whose last attempt is cut short is unknown.
  const auto result = client.ListTopics({});
  const CallFailure& failure = FailureOf(result);
  EXPECT_EQ(failure.kind, FailureKind::kUnreachable);
  EXPECT_THAT(failure.ToString(),
              AllOf(HasSubstr("timed out after "), HasSubstr("nothing was changed"),
                    HasSubstr(dead.endpoint().ToString() +
                              ": CONTROLLER_NOT_AVAILABLE: cannot connect: Connection refused ("),
                    HasSubstr(leaderless.endpoint().ToString() +
                              ": CONTROLLER_NOT_AVAILABLE: no leader since 12 s (")));
  EXPECT_GT(leaderless.call_count(), 1);
}

TEST(AdminClientTest, AWriteThatMayHaveBeenMadeIsUnknown) {
  FakeAdminService service(Always(common::v1::NOT_CONTROLLER, common::v1::UNKNOWN, "lost it"));
  AdminClient client(Impatient({service.endpoint()}));
  const auto written = client.DeleteTopics({});
  EXPECT_EQ(FailureOf(written).kind, FailureKind::kUnknown);
  EXPECT_THAT(FailureOf(written).ToString(), HasSubstr("may or may not have been made"));
  const auto read = client.ListTopics({});
  EXPECT_EQ(FailureOf(read).kind, FailureKind::kUnreachable);

  CreateTopicsRequest dry_run;
  dry_run.set_validate_only(true);
  EXPECT_EQ(FailureOf(client.CreateTopics(dry_run)).kind, FailureKind::kUnreachable);
}

TEST(AdminClientTest, ARefusalIsNotRetried) {
  FakeAdminService service(
      Always(common::v1::INVALID_REQUEST, common::v1::REFUSED, "topic 'a' is named twice"));
  FakeAdminService other(Ok);
  AdminClient client(Endpoints({service.endpoint(), other.endpoint()}));
  const auto result = client.CreateTopics({});
  EXPECT_EQ(FailureOf(result).kind, FailureKind::kRefused);
  EXPECT_EQ(FailureOf(result).ToString(), "INVALID_REQUEST: topic 'a' is named twice");
  EXPECT_EQ(service.call_count(), 1);
  EXPECT_EQ(other.call_count(), 0);
}

TEST(AdminClientTest, AnEvictedRequestIdIsUnknownAtOnce) {
  FakeAdminService service(
      Always(common::v1::REQUEST_ID_EVICTED, common::v1::UNKNOWN, "too long ago"));
  AdminClient client(Endpoints({service.endpoint()}));
  EXPECT_EQ(FailureOf(client.CreateTopics({})).kind, FailureKind::kUnknown);
  EXPECT_EQ(service.call_count(), 1);
}

TEST(AdminClientTest, AFullQueueIsRefusedWhenItsHintReachesBeyondTheTimeout) {
  FakeAdminService service(
      Always(common::v1::RESOURCE_EXHAUSTED, common::v1::REFUSED, "queue full", 3'600'000));
  AdminClient client(Endpoints({service.endpoint()}));
  EXPECT_EQ(FailureOf(client.CreateTopics({})).kind, FailureKind::kRefused);
  EXPECT_EQ(service.call_count(), 1);
}

TEST(AdminClientTest, AFullQueueIsTriedAgain) {
  FakeAdminService service([](int call) {
    return call == 0 ? ErrorStatus(common::v1::RESOURCE_EXHAUSTED, common::v1::REFUSED, "full", 5)
                     : grpc::Status::OK;
  });
  AdminClient client(Endpoints({service.endpoint()}));
  EXPECT_TRUE(std::holds_alternative<admin::v1::CreateTopicsResponse>(client.CreateTopics({})));
}

TEST(AdminClientTest, AControllerThatHangsIsLeftAndASlowCallGetsMoreTime) {
  FakeAdminService hangs([](int) {
    std::this_thread::sleep_for(milliseconds(1500));
    return grpc::Status::OK;
  });
  FakeAdminService slow([](int) {
    std::this_thread::sleep_for(milliseconds(200));
    return grpc::Status::OK;
  });
  CallerOptions options = Endpoints({hangs.endpoint(), slow.endpoint()});
  options.attempt_timeout = milliseconds(60);
  options.max_attempt_timeout = milliseconds(1000);
  AdminClient client(options);
  EXPECT_TRUE(std::holds_alternative<admin::v1::CreateTopicsResponse>(client.CreateTopics({})));
  EXPECT_GE(hangs.call_count(), 2);
  EXPECT_GE(slow.call_count(), 2);
}

TEST(AdminClientTest, AStringThatIsNotUtf8IsRefusedAndAsksNobody) {
  FakeAdminService service(Ok);
  AdminClient client(Endpoints({service.endpoint()}));
  admin::v1::CreateTopicsRequest create;
  create.add_topics()->set_name("caf\u00e9");
  create.add_topics()->set_name("caf\xe9");
  const auto created = client.CreateTopics(create);
  EXPECT_EQ(FailureOf(created).kind, FailureKind::kRefused);
  EXPECT_EQ(FailureOf(created).error.code(), common::v1::INVALID_REQUEST);
  EXPECT_EQ(FailureOf(created).error.message(), R"(topics[1].name is not UTF-8: 'caf\351')");

  admin::v1::DescribeTopicsRequest describe;
  describe.add_topics("a\xff");
  EXPECT_THAT(FailureOf(client.DescribeTopics(describe)).error.message(),
              HasSubstr(R"(topics[0] is not UTF-8: 'a\377')"));
  EXPECT_EQ(service.call_count(), 0);
}

TEST(AdminClientTest, AnAdvertisedLeaderOutsideTheListIsNeverDialled) {
  FakeAdminService leader(Ok);
  FakeAdminService follower([&](int) {
    common::v1::Error error;
    error.set_code(common::v1::NOT_CONTROLLER);
    error.set_outcome(common::v1::REFUSED);
    error.mutable_leader()->set_client_endpoint(leader.endpoint().ToString());
    return StatusFromError(error);
  });
  AdminClient client(Impatient({follower.endpoint()}));
  EXPECT_EQ(FailureOf(client.ListTopics({})).kind, FailureKind::kUnreachable);
  EXPECT_EQ(leader.call_count(), 0);
}

TEST(AdminClientTest, ABrokersPortIsNotTakenForAControllers) {
  int port = 0;
  broker::v1::BrokerViewService::Service broker;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&broker);
  const auto server = builder.BuildAndStart();
  ASSERT_NE(server, nullptr);
  AdminClient client(Endpoints({{"127.0.0.1", static_cast<uint16_t>(port)}}));
  const auto result = client.CreateTopics({});
  EXPECT_EQ(FailureOf(result).kind, FailureKind::kRefused);
  EXPECT_THAT(FailureOf(result).ToString(), HasSubstr("use the client port of a controller"));
}

}  // namespace
}  // namespace quorate::client
