#include "broker/broker_lifecycle.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/testing/manual_executor.h"
#include "broker/testing/fake_controller_channel.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "metadata/metadata_image.h"

namespace quorate::broker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Describe = v1::DescribeBrokerResponse;

constexpr int64_t kBrokerEpoch = 7;

// Tests the lifecycle together with its session, on a scripted channel.
class BrokerLifecycleTest : public testing::Test, private BrokerLifecycle::Listener {
 protected:
  BrokerLifecycleTest() {
    options_.cluster_id = "AAAAAAAAAAAAAAAAAAAAAA";
    options_.broker_id = BrokerId(0);
    options_.incarnation_id = *Uuid::FromBytes("0123456789abcdef");
    options_.rack = "r1";
    options_.bootstrap = {"a", "b", "c"};
    NewLifecycle();
  }

  void NewLifecycle() {
    lifecycle_ = std::make_unique<BrokerLifecycle>(options_, &executor_, &clock_, &rng_, &channel_,
                                                   static_cast<BrokerLifecycle::Listener*>(this));
    stopped_.reset();
  }

  void OnStateChange(BrokerState state) override { states_.push_back(state); }
  void OnSession(const std::optional<ActiveSession>& session) override {
    session_ = session;
    if (session) ++sessions_;
  }
  void OnStopped(absl::Status status) override { stopped_ = status; }

  void Run() { executor_.RunReady(); }

  void Register(int64_t broker_epoch = kBrokerEpoch) {
    v1::RegisterBrokerResponse response;
    response.set_broker_epoch(broker_epoch);
    response.set_endpoint_verified(true);
    channel_.Answer(channel_.registrations, {response});
    Run();
  }

  struct Answer {
    bool caught_up = true;
    bool fenced = false;
    bool should_shut_down = false;
    int epoch = 1;
  };
  void AnswerHeartbeat(const Answer& answer) {
    v1::HeartbeatResponse response;
    response.set_is_caught_up(answer.caught_up);
    response.set_is_fenced(answer.fenced);
    response.set_should_shut_down(answer.should_shut_down);
    response.set_controller_epoch(answer.epoch);
    channel_.AnswerHeartbeat(response);
    Run();
  }

  // One heartbeat was sent and answered.
  void StartToRunning() {
    lifecycle_->OnMetadata(kBrokerEpoch + 1, 1);
    lifecycle_->Start("broker:9092");
    Register();
    AnswerHeartbeat({});
    ASSERT_EQ(lifecycle_->state(), Describe::RUNNING);
  }

  BrokerOptions options_;
  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  Rng rng_{1};
  FakeControllerChannel channel_{&executor_};
  std::unique_ptr<BrokerLifecycle> lifecycle_;
  std::vector<BrokerState> states_;
  std::optional<ActiveSession> session_;
  int sessions_ = 0;
  std::optional<absl::Status> stopped_;
};

TEST_F(BrokerLifecycleTest, RegistersCatchesUpAndIsUnfenced) {
  EXPECT_EQ(lifecycle_->state(), Describe::STARTING);
  lifecycle_->Start("broker:9092");
  ASSERT_EQ(channel_.registrations.size(), 1u);
  const v1::RegisterBrokerRequest& request = channel_.registrations[0].request;
  EXPECT_EQ(channel_.registrations[0].endpoint, "a");
  EXPECT_EQ(request.cluster_id(), options_.cluster_id);
  EXPECT_EQ(request.broker_id(), 0);
  EXPECT_EQ(request.incarnation_id(), "0123456789abcdef");
  EXPECT_EQ(request.advertised_endpoint(), "broker:9092");
  EXPECT_EQ(request.rack(), "r1");
  ASSERT_EQ(request.features_size(), 2);
  EXPECT_EQ(request.features(0).name(), "metadata.version");
  EXPECT_EQ(request.features(0).min_level(), 1u);
  EXPECT_EQ(request.features(0).max_level(), metadata::kLatestMetadataVersion);
  EXPECT_EQ(request.features(1).name(), "eligible.leader.replicas.version");
  EXPECT_EQ(request.features(1).min_level(), 0u);
  EXPECT_EQ(request.features(1).max_level(), 1u);

  Register();
  EXPECT_EQ(lifecycle_->broker_epoch(), kBrokerEpoch);
  ASSERT_EQ(channel_.heartbeats.size(), 1u) << "the first heartbeat is sent at once";
  EXPECT_EQ(channel_.heartbeats[0].broker_epoch(), kBrokerEpoch);
  EXPECT_EQ(channel_.heartbeats[0].incarnation_id(), "0123456789abcdef");
  EXPECT_TRUE(channel_.heartbeats[0].want_fence()) << "it has not replayed its registration";
  EXPECT_EQ(channel_.heartbeats[0].max_metadata_version(), metadata::kLatestMetadataVersion);

  AnswerHeartbeat({.caught_up = false, .fenced = true});
  EXPECT_EQ(lifecycle_->state(), Describe::STARTING);
  ASSERT_TRUE(session_);
  EXPECT_EQ(session_->endpoint, "a");
  EXPECT_EQ(session_->broker_epoch, kBrokerEpoch);

  // The record of the registration itself has offset kBrokerEpoch.
  lifecycle_->OnMetadata(kBrokerEpoch, 1);
  EXPECT_EQ(channel_.heartbeats.size(), 1u);
  lifecycle_->OnMetadata(kBrokerEpoch + 1, 1);
  ASSERT_EQ(channel_.heartbeats.size(), 2u) << "at once when it has just caught up";
  EXPECT_EQ(channel_.heartbeats[1].metadata_end_offset(), kBrokerEpoch + 1);
  EXPECT_FALSE(channel_.heartbeats[1].want_fence());

  AnswerHeartbeat({.fenced = true});
  executor_.AdvanceBy(options_.eager_heartbeat_interval);
  AnswerHeartbeat({});
  EXPECT_THAT(states_, ElementsAre(Describe::FENCED, Describe::RUNNING));
}

TEST_F(BrokerLifecycleTest, CatchingUpWhileAHeartbeatIsInFlightSendsAnotherWithTheAnswer) {
  lifecycle_->Start("broker:9092");
  Register();
  ASSERT_EQ(channel_.heartbeats.size(), 1u);
  lifecycle_->OnMetadata(kBrokerEpoch + 1, 1);
  EXPECT_EQ(channel_.heartbeats.size(), 1u);
  AnswerHeartbeat({.caught_up = false, .fenced = true});
  ASSERT_EQ(channel_.heartbeats.size(), 2u);
  EXPECT_FALSE(channel_.heartbeats[1].want_fence());
}

TEST_F(BrokerLifecycleTest, NamesItsLogDirectoriesAndSaysAtOnceWhichHaveFailed) {
  const Uuid kept = *Uuid::FromBytes("kkkkkkkkkkkkkkkk");
  const Uuid failed = *Uuid::FromBytes("ffffffffffffffff");
  options_.log_directories = {kept, failed};
  lifecycle_->OnMetadata(kBrokerEpoch + 1, 1);
  lifecycle_->Start("broker:9092");
  EXPECT_THAT(channel_.registrations[0].request.log_directories(),
              ElementsAre("kkkkkkkkkkkkkkkk", "ffffffffffffffff"));
  Register();
  AnswerHeartbeat({});
  ASSERT_EQ(channel_.heartbeats.size(), 1u);
  EXPECT_THAT(channel_.heartbeats[0].offline_log_directories(), IsEmpty());

  lifecycle_->SetOfflineDirectories({failed});
  ASSERT_EQ(channel_.heartbeats.size(), 2u);
  EXPECT_THAT(channel_.heartbeats[1].offline_log_directories(), ElementsAre("ffffffffffffffff"));
  AnswerHeartbeat({});
  executor_.AdvanceBy(options_.heartbeat_interval);
  ASSERT_EQ(channel_.heartbeats.size(), 3u) << "each heartbeat says so";
  EXPECT_THAT(channel_.heartbeats[2].offline_log_directories(), ElementsAre("ffffffffffffffff"));
}

TEST_F(BrokerLifecycleTest, HeartbeatsAreEagerWhileFencedAndSlowWhenRunning) {
  lifecycle_->Start("broker:9092");
  Register();
  AnswerHeartbeat({.caught_up = false, .fenced = true});
  executor_.AdvanceBy(options_.eager_heartbeat_interval);
  EXPECT_EQ(channel_.heartbeats.size(), 2u);
  AnswerHeartbeat({});
  executor_.AdvanceBy(options_.heartbeat_interval - milliseconds(1));
  EXPECT_EQ(channel_.heartbeats.size(), 2u);
  executor_.AdvanceBy(milliseconds(1));
  EXPECT_EQ(channel_.heartbeats.size(), 3u);
}

TEST_F(BrokerLifecycleTest, GoesRoundTheControllersUntilOneRegistersIt) {
  lifecycle_->Start("broker:9092");
  for (const char* endpoint : {"a", "b", "c"}) {
    ASSERT_EQ(channel_.registrations.size(), 1u);
    EXPECT_EQ(channel_.registrations[0].endpoint, endpoint);
    channel_.Answer(channel_.registrations, {TestError(common::v1::CONTROLLER_NOT_AVAILABLE)});
    Run();
  }
  EXPECT_EQ(channel_.registrations.size(), 0u) << "a pause after each round";
  executor_.AdvanceBy(milliseconds(20));
  ASSERT_EQ(channel_.registrations.size(), 1u);
  Register();
  EXPECT_EQ(channel_.open_endpoint(), "a");
}

TEST_F(BrokerLifecycleTest, FollowsTheEndpointThatNotControllerNames) {
  lifecycle_->Start("broker:9092");
  Register();
  EXPECT_EQ(channel_.open_endpoint(), "a");
  channel_.BreakHeartbeat(TestError(common::v1::NOT_CONTROLLER, "elsewhere"));
  Run();
  EXPECT_EQ(channel_.open_endpoint(), "elsewhere");
  EXPECT_EQ(channel_.heartbeats.size(), 1u);
}

TEST_F(BrokerLifecycleTest, AFailoverKeepsTheRegistrationAndTheState) {
  StartToRunning();
  // The active controller dies: its connection breaks, and the other controllers still name it.
  channel_.BreakHeartbeat(TestError(common::v1::CONTROLLER_NOT_AVAILABLE));
  Run();
  EXPECT_FALSE(session_);
  EXPECT_EQ(channel_.open_endpoint(), "b");
  channel_.BreakHeartbeat(TestError(common::v1::NOT_CONTROLLER, "a"));
  Run();
  EXPECT_EQ(channel_.open_endpoint(), "c");
  channel_.BreakHeartbeat(TestError(common::v1::NOT_CONTROLLER, "a"));
  Run();
  EXPECT_FALSE(channel_.is_open());
  executor_.AdvanceBy(milliseconds(20));
  EXPECT_EQ(channel_.open_endpoint(), "a");
  channel_.BreakHeartbeat(TestError(common::v1::CONTROLLER_NOT_AVAILABLE));
  Run();
  AnswerHeartbeat({.epoch = 2});
  EXPECT_EQ(lifecycle_->controller_endpoint(), "b");
  EXPECT_EQ(channel_.heartbeats.back().broker_epoch(), kBrokerEpoch);
  EXPECT_EQ(sessions_, 2);
  EXPECT_TRUE(channel_.registrations.empty());
  EXPECT_THAT(states_, ElementsAre(Describe::RUNNING));
}

TEST_F(BrokerLifecycleTest, TheMetadataLogTellsOfANewControllerBeforeThePauseIsOver) {
  StartToRunning();
  for (int i = 0; i < 12; ++i) {
    while (channel_.is_open()) {
      channel_.BreakHeartbeat(TestError(common::v1::CONTROLLER_NOT_AVAILABLE));
      Run();
    }
    executor_.AdvanceBy(seconds(1));
  }
  while (channel_.is_open()) {
    channel_.BreakHeartbeat(TestError(common::v1::CONTROLLER_NOT_AVAILABLE));
    Run();
  }
  lifecycle_->OnControllerEpoch(1);
  EXPECT_FALSE(channel_.is_open()) << "epoch 1 is already known";
  lifecycle_->OnControllerEpoch(2);
  EXPECT_TRUE(channel_.is_open());
}

TEST_F(BrokerLifecycleTest, LeavesADeposedControllerThatDoesNotSayAWord) {
  StartToRunning();
  ASSERT_EQ(lifecycle_->controller_endpoint(), "a");
  lifecycle_->OnMetadata(kBrokerEpoch + 2, 2);
  EXPECT_EQ(channel_.open_endpoint(), "b");
  ASSERT_EQ(channel_.goodbyes.size(), 1u);
  EXPECT_EQ(channel_.goodbyes[0].goodbye(), v1::HeartbeatRequest::RECONNECTING);
}

TEST_F(BrokerLifecycleTest, SilenceOfTheControllerEndsTheStream) {
  StartToRunning();
  executor_.AdvanceBy(options_.heartbeat_interval);
  ASSERT_EQ(channel_.heartbeats.size(), 2u);
  EXPECT_EQ(channel_.heartbeats[0].interval_ms(), 50) << "eager";
  EXPECT_EQ(channel_.heartbeats[1].interval_ms(), 1'000);
  executor_.AdvanceBy(options_.heartbeat_answer_timeout);
  EXPECT_EQ(channel_.open_endpoint(), "b");
  ASSERT_EQ(channel_.goodbyes.size(), 1u);
  EXPECT_EQ(channel_.goodbyes[0].goodbye(), v1::HeartbeatRequest::RECONNECTING);
}

TEST_F(BrokerLifecycleTest, CountsTheStreamsThatItOpens) {
  StartToRunning();
  EXPECT_EQ(channel_.heartbeats.back().stream_ordinal(), 1);
  lifecycle_->OnMetadata(kBrokerEpoch + 2, 2);
  EXPECT_EQ(channel_.goodbyes.back().stream_ordinal(), 1);
  EXPECT_EQ(channel_.heartbeats.back().stream_ordinal(), 2);
  channel_.BreakHeartbeat(TestError(common::v1::STALE_BROKER_EPOCH));
  Run();
  executor_.AdvanceBy(milliseconds(50));
  Register(kBrokerEpoch + 10);
  EXPECT_EQ(channel_.heartbeats.back().stream_ordinal(), 3) << "the process has not changed";
  lifecycle_->Stop(absl::OkStatus());
  EXPECT_EQ(channel_.goodbyes.back().stream_ordinal(), 3);
  EXPECT_EQ(lifecycle_->streams_opened(), 3);
}

TEST_F(BrokerLifecycleTest, SaysSoWhenNoControllerAnswersForAWhileAndComesBack) {
  StartToRunning();
  const MonoTime contact = *lifecycle_->last_contact();
  executor_.AdvanceBy(options_.no_controller_after);
  EXPECT_EQ(lifecycle_->state(), Describe::NO_CONTROLLER);
  EXPECT_EQ(lifecycle_->last_contact(), contact);
  EXPECT_EQ(lifecycle_->broker_epoch(), kBrokerEpoch);
  executor_.AdvanceBy(seconds(100));
  ASSERT_TRUE(channel_.is_open()) << "it never gives up looking";
  AnswerHeartbeat({.epoch = 2});
  EXPECT_EQ(lifecycle_->state(), Describe::RUNNING);
  EXPECT_THAT(states_, ElementsAre(Describe::RUNNING, Describe::NO_CONTROLLER, Describe::RUNNING));
}

TEST_F(BrokerLifecycleTest, FencedAndBack) {
  StartToRunning();
  executor_.AdvanceBy(options_.heartbeat_interval);
  AnswerHeartbeat({.fenced = true});
  EXPECT_EQ(lifecycle_->state(), Describe::FENCED);
  executor_.AdvanceBy(options_.eager_heartbeat_interval);
  AnswerHeartbeat({});
  EXPECT_EQ(lifecycle_->state(), Describe::RUNNING);
}

TEST_F(BrokerLifecycleTest, RegistersAgainWithTheSameIncarnationWhenItsRegistrationIsGone) {
  for (const auto code : {common::v1::STALE_BROKER_EPOCH, common::v1::BROKER_ID_NOT_REGISTERED}) {
    NewLifecycle();
    StartToRunning();
    channel_.BreakHeartbeat(TestError(code));
    Run();
    EXPECT_FALSE(session_);
    EXPECT_EQ(lifecycle_->broker_epoch(), -1);
    EXPECT_EQ(lifecycle_->state(), Describe::STARTING);
    executor_.AdvanceBy(milliseconds(50));
    ASSERT_EQ(channel_.registrations.size(), 1u);
    EXPECT_EQ(channel_.registrations[0].request.incarnation_id(), "0123456789abcdef");
    Register(kBrokerEpoch + 10);
    EXPECT_EQ(channel_.heartbeats.back().broker_epoch(), kBrokerEpoch + 10);
    EXPECT_TRUE(channel_.heartbeats.back().want_fence());
    lifecycle_->Stop(absl::OkStatus());
    Run();
  }
}

TEST_F(BrokerLifecycleTest, KeepsAskingForAnIdThatAnotherProcessHoldsThenGivesUp) {
  lifecycle_->Start("broker:9092");
  const MonoTime begin = clock_.Now();
  int refusals = 0;
  while (!stopped_ && refusals < 1000) {
    ASSERT_EQ(channel_.registrations.size(), 1u);
    channel_.Answer(channel_.registrations, {TestError(common::v1::DUPLICATE_BROKER_REGISTRATION)});
    ++refusals;
    executor_.AdvanceBy(seconds(1));
  }
  ASSERT_TRUE(stopped_);
  EXPECT_EQ(stopped_->code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(stopped_->message()), HasSubstr("refused for 60 s"));
  EXPECT_GE(clock_.Now() - begin, options_.registration_timeout);
  EXPECT_GE(refusals, 60);
}

TEST_F(BrokerLifecycleTest, TakesOverAnIdWhoseHolderHasGone) {
  lifecycle_->Start("broker:9092");
  channel_.Answer(channel_.registrations, {TestError(common::v1::DUPLICATE_BROKER_REGISTRATION)});
  executor_.AdvanceBy(seconds(1));
  Register();
  EXPECT_EQ(lifecycle_->broker_epoch(), kBrokerEpoch);
  EXPECT_FALSE(stopped_);
}

TEST_F(BrokerLifecycleTest, ALaterHolderOfTheIdGetsItsOwnTime) {
  lifecycle_->Start("broker:9092");
  channel_.Answer(channel_.registrations, {TestError(common::v1::DUPLICATE_BROKER_REGISTRATION)});
  executor_.AdvanceBy(seconds(1));
  Register();
  AnswerHeartbeat({});
  executor_.AdvanceBy(options_.heartbeat_interval + options_.registration_timeout);
  channel_.BreakHeartbeat(TestError(common::v1::STALE_BROKER_EPOCH));
  executor_.AdvanceBy(seconds(1));
  channel_.Answer(channel_.registrations, {TestError(common::v1::DUPLICATE_BROKER_REGISTRATION)});
  executor_.AdvanceBy(seconds(1));
  EXPECT_FALSE(stopped_);
  EXPECT_EQ(channel_.registrations.size(), 1u);
}

TEST_F(BrokerLifecycleTest, GivesUpAtOnceWhereTryingAgainIsOfNoUse) {
  for (const auto code : {common::v1::INCONSISTENT_CLUSTER_ID, common::v1::INVALID_REGISTRATION,
                          common::v1::UNSUPPORTED_VERSION}) {
    NewLifecycle();
    lifecycle_->Start("broker:9092");
    channel_.Answer(channel_.registrations, {TestError(code)});
    Run();
    ASSERT_TRUE(stopped_);
    EXPECT_EQ(stopped_->code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(stopped_->message()), HasSubstr(common::v1::ErrorCode_Name(code)));
  }
}

TEST_F(BrokerLifecycleTest, AControlledShutdownWaitsUntilItIsReleased) {
  StartToRunning();
  lifecycle_->BeginShutdown();
  EXPECT_EQ(lifecycle_->state(), Describe::CONTROLLED_SHUTDOWN);
  ASSERT_EQ(channel_.heartbeats.size(), 2u) << "asked at once";
  EXPECT_TRUE(channel_.heartbeats[1].want_shutdown());
  AnswerHeartbeat({});
  executor_.AdvanceBy(options_.eager_heartbeat_interval);
  EXPECT_EQ(channel_.heartbeats.size(), 3u);
  EXPECT_FALSE(stopped_);
  AnswerHeartbeat({.fenced = true, .should_shut_down = true});
  ASSERT_TRUE(stopped_);
  EXPECT_TRUE(stopped_->ok());
  ASSERT_EQ(channel_.goodbyes.size(), 1u);
  EXPECT_EQ(channel_.goodbyes[0].goodbye(), v1::HeartbeatRequest::STOPPING);
}

TEST_F(BrokerLifecycleTest, AControlledShutdownIsBounded) {
  StartToRunning();
  lifecycle_->BeginShutdown();
  for (Duration waited(0); waited < options_.controlled_shutdown_timeout;
       waited += options_.eager_heartbeat_interval) {
    EXPECT_FALSE(stopped_);
    AnswerHeartbeat({});
    executor_.AdvanceBy(options_.eager_heartbeat_interval);
  }
  ASSERT_TRUE(stopped_);
  EXPECT_TRUE(stopped_->ok());
  EXPECT_EQ(channel_.goodbyes.back().goodbye(), v1::HeartbeatRequest::STOPPING);
}

TEST_F(BrokerLifecycleTest, AShutdownGoesOnWithTheNextActiveController) {
  StartToRunning();
  lifecycle_->BeginShutdown();
  channel_.BreakHeartbeat(TestError(common::v1::CONTROLLER_NOT_AVAILABLE));
  Run();
  EXPECT_TRUE(channel_.heartbeats.back().want_shutdown());
  AnswerHeartbeat({.should_shut_down = true, .epoch = 2});
  EXPECT_TRUE(stopped_);
}

TEST_F(BrokerLifecycleTest, StopsAtOnceWhereNobodyCanBeAsked) {
  lifecycle_->Start("broker:9092");
  lifecycle_->BeginShutdown();
  Run();
  ASSERT_TRUE(stopped_) << "not registered";
  EXPECT_TRUE(stopped_->ok());
  // The answer to the registration in flight no longer matters.
  Register();
  EXPECT_FALSE(channel_.is_open());

  NewLifecycle();
  StartToRunning();
  executor_.AdvanceBy(options_.no_controller_after);
  lifecycle_->BeginShutdown();
  Run();
  EXPECT_TRUE(stopped_) << "no controller";
}

}  // namespace
}  // namespace quorate::broker
