#include "controller/decide/brokers/broker_decisions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/testing/decision_fixture.h"

namespace quorate::controller {
namespace {

using broker::v1::HeartbeatResponse;
using broker::v1::RegisterBrokerRequest;
using broker::v1::RegisterBrokerResponse;
using common::v1::Error;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class BrokerDecisionsTest : public ::testing::Test {
 protected:
  Decision<RegisterBrokerResponse> Register(const RegisterBrokerRequest& request,
                                            const RegistrationEvidence& evidence = {}) {
    return DecideRegisterBroker(cluster_.view(), request, evidence, DecisionFixture::kClusterId,
                                cluster_.context());
  }

  Error MustFail(const RegisterBrokerRequest& request) {
    const auto decision = Register(request);
    EXPECT_THAT(decision.records.records(), IsEmpty());
    return std::get<Error>(decision.answer);
  }

  const metadata::BrokerRegistration& Broker(int32_t id) {
    return *cluster_.image().FindBroker(BrokerId(id));
  }
  std::string Partition(const std::string& topic, int32_t index = 0) {
    return ToText(cluster_.image().FindTopicByName(topic)->partition(index));
  }

  DecisionFixture cluster_;
};

TEST_F(BrokerDecisionsTest, ARegistrationStartsFencedAndItsEpochIsItsOffset) {
  const int64_t offset = cluster_.image().end_offset().value();
  const auto decision = Register(cluster_.RegistrationOf(1), {.endpoint_verified = true});
  cluster_.Apply(decision);
  EXPECT_EQ(std::get<RegisterBrokerResponse>(decision.answer).broker_epoch(), offset);
  EXPECT_EQ(Broker(1).broker_epoch, offset);
  EXPECT_TRUE(Broker(1).fenced);
  EXPECT_TRUE(Broker(1).endpoint_verified);
  EXPECT_EQ(Broker(1).endpoint.ToString(), "broker-1:9092");
}

TEST_F(BrokerDecisionsTest, TheSameIncarnationAgainKeepsItsEpochAndRecordsNothing) {
  cluster_.StartBrokers(1);
  const auto decision = Register(cluster_.RegistrationOf(1));
  EXPECT_THAT(decision.records.records(), IsEmpty());
  EXPECT_EQ(std::get<RegisterBrokerResponse>(decision.answer).broker_epoch(),
            Broker(1).broker_epoch);
}

TEST_F(BrokerDecisionsTest, AnotherClusterIsRefused) {
  auto request = cluster_.RegistrationOf(1);
  request.set_cluster_id("AAAAAAAAAAAAAAAAAAAAAA");
  EXPECT_EQ(MustFail(request).code(), common::v1::INCONSISTENT_CLUSTER_ID);
}

TEST_F(BrokerDecisionsTest, EndpointsThatNobodyCanDialAreRefused) {
  for (const char* endpoint :
       {"0.0.0.0:9092", "[::]:9092", "host", "host:", "host:0", ":9092", "host:99999", "ho st:1"}) {
    auto request = cluster_.RegistrationOf(1);
    request.set_advertised_endpoint(endpoint);
    EXPECT_EQ(MustFail(request).code(), common::v1::INVALID_REGISTRATION) << endpoint;
  }
}

TEST_F(BrokerDecisionsTest, IdsMustBeIds) {
  auto request = cluster_.RegistrationOf(1);
  request.set_broker_id(-1);
  EXPECT_EQ(MustFail(request).code(), common::v1::INVALID_REGISTRATION);
  request = cluster_.RegistrationOf(1);
  request.set_incarnation_id("short");
  EXPECT_EQ(MustFail(request).code(), common::v1::INVALID_REGISTRATION);
  request = cluster_.RegistrationOf(1);
  request.set_rack(std::string(300, 'r'));
  EXPECT_EQ(MustFail(request).code(), common::v1::INVALID_REGISTRATION);
}

TEST_F(BrokerDecisionsTest, TwoLiveProcessesCannotShareAnId) {
  cluster_.StartBrokers(1);
  const auto decision =
      Register(cluster_.RegistrationOf(1, /*life=*/2), {.session_ends_in_ms = 1'234});
  EXPECT_THAT(decision.records.records(), IsEmpty());
  const Error& error = std::get<Error>(decision.answer);
  EXPECT_EQ(error.code(), common::v1::DUPLICATE_BROKER_REGISTRATION);
  EXPECT_EQ(error.retry_after_ms(), 1'234);
  EXPECT_THAT(error.message(), HasSubstr("broker-1:9092"));
}

TEST_F(BrokerDecisionsTest, AFencedIncarnationIsReplacedAtOnce) {
  cluster_.StartBrokers(1);
  cluster_.Fence({BrokerId(1)});
  cluster_.Apply(Register(cluster_.RegistrationOf(1, /*life=*/2)));
  EXPECT_EQ(Broker(1).incarnation_id, DecisionFixture::IncarnationOf(1, 2));
}

// Any process can register brokers that never start.
TEST_F(BrokerDecisionsTest, OnlySoManyRegisteredBrokersMayBeIdle) {
  constexpr auto kMost = static_cast<int32_t>(kMaxIdleBrokers);
  cluster_.StartBrokers(2);
  cluster_.Create("held", {{1, 2}});
  cluster_.Fence({BrokerId(2)});  // it holds a replica: not idle
  const int32_t newcomer = 3 + kMost;
  for (int32_t id = 3; id < newcomer; ++id) cluster_.Register(id);

  const Error error = MustFail(cluster_.RegistrationOf(newcomer));
  EXPECT_EQ(error.code(), common::v1::RESOURCE_EXHAUSTED);
  EXPECT_GT(error.retry_after_ms(), 0);
  EXPECT_EQ(error.message(),
            "broker 1003 is new, but 1000 registered brokers are fenced and hold no replica, which "
            "is the most allowed; start one of them first, or give the new broker the id of a "
            "broker that no longer exists");

  // Registered brokers may return, and a broker that is unfenced makes room for a new one.
  cluster_.Register(1, /*life=*/2);
  cluster_.Register(3, /*life=*/2);
  cluster_.Heartbeat(3);
  cluster_.Register(newcomer);
  EXPECT_EQ(MustFail(cluster_.RegistrationOf(newcomer + 1)).code(), common::v1::RESOURCE_EXHAUSTED);
}

TEST_F(BrokerDecisionsTest, ANewIncarnationLeavesIsrsAndLeadershipsInTheSameBatch) {
  cluster_.StartBrokers(3);
  cluster_.Create("led", {{1, 2, 3}});
  cluster_.Create("followed", {{2, 1}});
  const auto decision =
      Register(cluster_.RegistrationOf(1, /*life=*/2), {.registered_one_is_gone = true});
  EXPECT_EQ(decision.settled.leaders_moved, 1);
  EXPECT_EQ(decision.settled.changed, 2);
  cluster_.Apply(decision);
  EXPECT_EQ(Partition("led"), "leader 2, isr 2,3 of 1,2,3, epochs 1/1");
  EXPECT_EQ(Partition("followed"), "leader 2, isr 2 of 2,1, epochs 0/1");
  // The epoch takes the preceding partition records into account.
  EXPECT_EQ(std::get<RegisterBrokerResponse>(decision.answer).broker_epoch(),
            Broker(1).broker_epoch);
  EXPECT_TRUE(Broker(1).fenced);
}

TEST_F(BrokerDecisionsTest, AHeartbeatMustBeOfTheCurrentRegistration) {
  cluster_.StartBrokers(1);
  auto request = cluster_.HeartbeatOf(1);
  EXPECT_FALSE(CheckHeartbeat(cluster_.image(), request).has_value());
  request.set_broker_epoch(request.broker_epoch() - 1);
  EXPECT_EQ(CheckHeartbeat(cluster_.image(), request)->code(), common::v1::STALE_BROKER_EPOCH);
  request = cluster_.HeartbeatOf(1);
  request.set_incarnation_id(std::string(DecisionFixture::IncarnationOf(1, 2).bytes()));
  EXPECT_EQ(CheckHeartbeat(cluster_.image(), request)->code(), common::v1::STALE_BROKER_EPOCH);
  request.set_broker_id(5);
  EXPECT_EQ(CheckHeartbeat(cluster_.image(), request)->code(),
            common::v1::BROKER_ID_NOT_REGISTERED);
}

TEST_F(BrokerDecisionsTest, ABrokerIsUnfencedOnceItHasReplayedPastItsOwnRegistration) {
  cluster_.Register(1);
  auto request = cluster_.HeartbeatOf(1);
  request.set_metadata_end_offset(
      Broker(1).broker_epoch);  // exclusive: everything before its own record
  auto decision = DecideHeartbeat(cluster_.view(), request, true, cluster_.context());
  EXPECT_THAT(decision.records.records(), IsEmpty());
  EXPECT_FALSE(std::get<HeartbeatResponse>(decision.answer).is_caught_up());
  EXPECT_TRUE(std::get<HeartbeatResponse>(decision.answer).is_fenced());

  request.set_metadata_end_offset(Broker(1).broker_epoch + 1);
  decision = DecideHeartbeat(cluster_.view(), request, true, cluster_.context());
  EXPECT_TRUE(std::get<HeartbeatResponse>(decision.answer).is_caught_up());
  EXPECT_FALSE(std::get<HeartbeatResponse>(decision.answer).is_fenced());
  cluster_.Apply(decision);
  EXPECT_FALSE(Broker(1).fenced);
}

TEST_F(BrokerDecisionsTest, ABrokerThatWantsToBeFencedIsFencedAndStaysSo) {
  cluster_.StartBrokers(2);
  cluster_.Create("t", {{1, 2}});
  auto request = cluster_.HeartbeatOf(1);
  request.set_want_fence(true);
  for (int i = 0; i < 2; ++i) {
    const auto decision = DecideHeartbeat(cluster_.view(), request, true, cluster_.context());
    EXPECT_EQ(decision.records.records().empty(), i == 1);
    EXPECT_TRUE(std::get<HeartbeatResponse>(decision.answer).is_fenced());
    cluster_.Apply(decision);
  }
  EXPECT_EQ(Partition("t"), "leader 2, isr 2 of 1,2, epochs 1/1");
}

TEST_F(BrokerDecisionsTest, ControlledShutdownMovesLeadersThenWaitsUntilOthersKnow) {
  cluster_.StartBrokers(3);
  cluster_.Create("t", {{1, 2, 3}, {2, 1, 3}});
  auto request = cluster_.HeartbeatOf(1);
  request.set_want_shutdown(true);

  auto decision = DecideHeartbeat(cluster_.view(), request, true, cluster_.context());
  EXPECT_THAT(decision.records.records(), IsEmpty());  // it will leave together with all that stop
  EXPECT_FALSE(std::get<HeartbeatResponse>(decision.answer).should_shut_down());
  EXPECT_FALSE(std::get<HeartbeatResponse>(decision.answer).is_fenced());
  cluster_.Stop({BrokerId(1)});
  EXPECT_TRUE(Broker(1).in_controlled_shutdown);
  EXPECT_FALSE(Broker(1).fenced);
  EXPECT_EQ(Partition("t", 0), "leader 2, isr 2,3 of 1,2,3, epochs 1/1");
  EXPECT_EQ(Partition("t", 1), "leader 2, isr 2,3 of 2,1,3, epochs 0/1");

  decision = DecideHeartbeat(cluster_.view(), request, /*others_know=*/false, cluster_.context());
  EXPECT_THAT(decision.records.records(), IsEmpty());
  EXPECT_FALSE(std::get<HeartbeatResponse>(decision.answer).should_shut_down());

  decision = DecideHeartbeat(cluster_.view(), request, /*others_know=*/true, cluster_.context());
  EXPECT_TRUE(std::get<HeartbeatResponse>(decision.answer).should_shut_down());
  cluster_.Apply(decision);
  EXPECT_TRUE(Broker(1).fenced);
}

TEST_F(BrokerDecisionsTest, AFencedBrokerThatWantsToStopMayStopAtOnce) {
  cluster_.StartBrokers(2);
  cluster_.Create("t", {{1, 2}});
  cluster_.Fence({BrokerId(1)});
  const int64_t end_offset = cluster_.image().end_offset().value();
  const HeartbeatResponse response = cluster_.Heartbeat(1, /*want_shutdown=*/true);
  EXPECT_TRUE(response.should_shut_down());
  EXPECT_TRUE(response.is_fenced()) << "it has replayed everything, but it is not unfenced";
  EXPECT_EQ(cluster_.image().end_offset().value(), end_offset);
}

TEST_F(BrokerDecisionsTest, ABrokerThatHoldsNothingStopsAtOnce) {
  cluster_.StartBrokers(2);
  cluster_.Create("t", {{2}});
  EXPECT_TRUE(cluster_.Heartbeat(1, /*want_shutdown=*/true).should_shut_down());
  EXPECT_TRUE(Broker(1).fenced);
}

TEST_F(BrokerDecisionsTest, ABrokerThatLeadsNothingIsFencedAsItLeaves) {
  cluster_.StartBrokers(2);
  cluster_.Create("t", {{2, 1}});
  cluster_.Stop({BrokerId(1)});
  EXPECT_TRUE(cluster_.Heartbeat(1, /*want_shutdown=*/true).should_shut_down());
  EXPECT_TRUE(Broker(1).fenced);
  EXPECT_EQ(Partition("t"), "leader 2, isr 2 of 2,1, epochs 0/1");
  // The broker has stopped, or it asks again because the answer was lost.
  EXPECT_TRUE(cluster_.Heartbeat(1, /*want_shutdown=*/true).should_shut_down());
}

TEST_F(BrokerDecisionsTest, ABrokerThatStaysAfterItsControlledShutdownIsActiveAgain) {
  cluster_.StartBrokers(2);
  cluster_.Create("t", {{1, 2}});
  cluster_.Stop({BrokerId(1)});
  cluster_.Heartbeat(1, /*want_shutdown=*/true);
  ASSERT_TRUE(Broker(1).fenced);
  cluster_.Heartbeat(1);
  EXPECT_TRUE(Broker(1).active());
}

TEST_F(BrokerDecisionsTest, SeveralBrokersAreFencedInOneBatch) {
  cluster_.StartBrokers(3);
  cluster_.Create("t", {{1, 2, 3}});
  const std::vector<BrokerId> dead = {BrokerId(1), BrokerId(2)};
  const auto decision =
      DecideDepartures(cluster_.view(), {.dead = dead, .why = "silence"}, cluster_.context());
  EXPECT_EQ(decision.cause, "fence broker 1, 2: silence");
  cluster_.Apply(decision);
  EXPECT_TRUE(Broker(1).fenced);
  EXPECT_TRUE(Broker(2).fenced);
  EXPECT_EQ(Partition("t"), "leader 3, isr 3 of 1,2,3, epochs 1/1");
}

TEST_F(BrokerDecisionsTest, BrokersThatStopTogetherAllStayInTheLastIsr) {
  cluster_.StartBrokers(4);
  cluster_.Create("t", {{1, 2, 3}, {1, 4, 2}});
  const auto decision = DecideDepartures(
      cluster_.view(),
      {.dead = {BrokerId(3)}, .why = "silence", .stopping = {BrokerId(1), BrokerId(2)}},
      cluster_.context());
  EXPECT_EQ(decision.cause, "fence broker 3: silence; controlled shutdown of broker 1, 2");
  cluster_.Apply(decision);
  EXPECT_EQ(Partition("t", 0), "no leader, isr 1,2,3 of 1,2,3, epochs 1/1");
  EXPECT_EQ(Partition("t", 1), "leader 4, isr 4 of 1,4,2, epochs 1/1");
  EXPECT_TRUE(Broker(1).in_controlled_shutdown);
  EXPECT_TRUE(Broker(2).fenced);  // it led nothing
  EXPECT_TRUE(Broker(3).fenced);
  EXPECT_TRUE(cluster_.Heartbeat(1, /*want_shutdown=*/true).should_shut_down());
  // Each of them may lead again, alone.
  cluster_.Heartbeat(2);
  EXPECT_EQ(Partition("t", 0), "leader 2, isr 2 of 1,2,3, epochs 2/2");
}

}  // namespace
}  // namespace quorate::controller
