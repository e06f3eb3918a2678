#include "server/node/request_router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <limits>

#include "base/testing/manual_executor.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::server {
namespace {

using admin::v1::CreateTopicsRequest;
using admin::v1::CreateTopicsResponse;
using common::v1::Error;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::SizeIs;

constexpr NodeId kSelf{1};
constexpr NodeId kOther{2};
constexpr NodeId kThird{3};
constexpr char kName[] = "quorate.admin.v1.AdminService/CreateTopics";

// Records the forwarded requests; the test answers them.
class FakeForwarder final : public Forwarder {
 public:
  struct Sent {
    NodeId to;
    raft::v1::ForwardRequest request;
    absl::AnyInvocable<void(ForwardResult) &&> done;
  };

  void Forward(NodeId to, raft::v1::ForwardRequest request, MonoTime /*deadline*/,
               absl::AnyInvocable<void(ForwardResult) &&> done) override {
    sent.push_back({to, std::move(request), std::move(done)});
  }

  std::deque<Sent> sent;
};

class RequestRouterTest : public testing::Test {
 protected:
  RequestRouterTest() {
    method_ = router_.Register(
        {.name = kName,
         .request_type = &CreateTopicsRequest::default_instance(),
         .response_type = &CreateTopicsResponse::default_instance(),
         .repetition =
             [this](const google::protobuf::Message& request) {
               const bool has_id =
                   static_cast<const CreateTopicsRequest&>(request).has_request_id();
               return has_id ? with_id_ : controller::Repetition::kNever;
             },
         .run_here =
             [this](const google::protobuf::Message& /*request*/,
                    controller::RequestContext context, RequestRouter::Done done) {
               here_.push_back(std::move(done));
               here_principal_ = context.principal;
               here_epochs_.push_back(context.epoch);
             }});
  }

  void SetLeader(int32_t epoch, std::optional<NodeId> leader) {
    leader_.OnLeaderChange(Epoch(epoch), leader);
    router_.OnLeaderChange(Epoch(epoch), leader);
    executor_.RunReady();
  }

  // Calls the router with a deadline of one second. The answer goes to answers_.
  void Call(bool with_request_id) {
    auto request = std::make_unique<CreateTopicsRequest>();
    request->add_topics()->set_name("orders");
    if (with_request_id) request->mutable_request_id()->set_sequence(1);
    router_.Call(
        method_, std::move(request),
        {.principal = "alice", .deadline = clock_.Now() + milliseconds(1000)},
        [this] {
          ++asked_;
          return cancelled_;
        },
        [this](controller::Answer<RequestRouter::MessagePtr> answer) {
          answers_.push_back(std::move(answer));
        });
    executor_.RunReady();
  }

  static RequestRouter::MessagePtr Response(int64_t end_offset) {
    auto response = std::make_unique<CreateTopicsResponse>();
    response->set_end_offset(end_offset);
    return response;
  }

  static Error NotController(common::v1::Outcome outcome) {
    return controller::MakeError(common::v1::NOT_CONTROLLER, "not here", outcome);
  }

  void AnswerHere(size_t call, controller::Answer<RequestRouter::MessagePtr> answer) {
    std::move(here_[call])(std::move(answer));
    executor_.RunReady();
  }

  void AnswerForward(size_t call, ForwardResult result) {
    std::move(forwarder_.sent[call].done)(std::move(result));
    executor_.RunReady();
  }

  static raft::v1::ForwardResponse Forwarded(int64_t end_offset) {
    raft::v1::ForwardResponse response;
    Response(end_offset)->SerializeToString(response.mutable_response());
    return response;
  }

  static raft::v1::ForwardResponse ForwardedError(Error error) {
    raft::v1::ForwardResponse response;
    *response.mutable_error() = std::move(error);
    return response;
  }

  // A caller that was answered may be gone, so the router must not call its is_cancelled any
  // longer.
  void ExpectNoFurtherTry() {
    const size_t sent = forwarder_.sent.size();
    asked_ = 0;
    executor_.AdvanceBy(milliseconds(1000));
    EXPECT_EQ(asked_, 0);
    EXPECT_THAT(forwarder_.sent, SizeIs(sent));
    EXPECT_THAT(answers_, SizeIs(1));
  }

  int64_t AnsweredOffset() const {
    const auto& message = std::get<RequestRouter::MessagePtr>(answers_.back());
    return static_cast<const CreateTopicsResponse&>(*message).end_offset();
  }
  const Error& AnsweredError() const { return std::get<Error>(answers_.back()); }

  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  LeaderTracker leader_;
  FakeForwarder forwarder_;
  RequestRouter router_{
      {.self = kSelf, .max_parked = 2}, &executor_, &clock_, &leader_, &forwarder_};
  const RequestRouter::Method* method_ = nullptr;
  std::vector<RequestRouter::Done> here_;
  std::string here_principal_;
  std::vector<Epoch> here_epochs_;
  // The repetition of a request with an id.
  controller::Repetition with_id_ = controller::Repetition::kByRequestId;
  std::vector<controller::Answer<RequestRouter::MessagePtr>> answers_;
  bool cancelled_ = false;
  int asked_ = 0;
};

TEST_F(RequestRouterTest, OnTheActiveControllerItRunsHere) {
  SetLeader(1, kSelf);
  Call(false);
  ASSERT_THAT(here_, SizeIs(1));
  EXPECT_EQ(here_principal_, "alice");
  AnswerHere(0, Response(7));
  EXPECT_EQ(AnsweredOffset(), 7);
  EXPECT_THAT(forwarder_.sent, SizeIs(0));
}

TEST_F(RequestRouterTest, ElsewhereItIsForwardedWithWhoAsksAndHowLong) {
  SetLeader(1, kOther);
  Call(false);
  ASSERT_THAT(forwarder_.sent, SizeIs(1));
  EXPECT_EQ(forwarder_.sent[0].to, kOther);
  EXPECT_EQ(forwarder_.sent[0].request.method(), kName);
  EXPECT_EQ(forwarder_.sent[0].request.principal(), "alice");
  // The caller's deadline is 1000 ms. The rest is the margin for the answer.
  EXPECT_EQ(forwarder_.sent[0].request.timeout_ms(), 950);
  EXPECT_EQ(forwarder_.sent[0].request.hops(), 1);
  AnswerForward(0, Forwarded(9));
  EXPECT_EQ(AnsweredOffset(), 9);
}

TEST_F(RequestRouterTest, WithoutALeaderItWaitsForOne) {
  Call(false);
  executor_.AdvanceBy(milliseconds(500));
  EXPECT_THAT(answers_, SizeIs(0));
  SetLeader(1, kOther);
  ASSERT_THAT(forwarder_.sent, SizeIs(1));
  EXPECT_EQ(forwarder_.sent[0].request.timeout_ms(), 475);
}

TEST_F(RequestRouterTest, WithoutALeaderItIsRefusedAtItsDeadline) {
  Call(true);
  executor_.AdvanceBy(milliseconds(1000));
  ASSERT_THAT(answers_, SizeIs(1));
  EXPECT_EQ(AnsweredError().code(), common::v1::REQUEST_TIMED_OUT);
  EXPECT_EQ(AnsweredError().outcome(), common::v1::REFUSED);
  EXPECT_THAT(AnsweredError().message(), HasSubstr("no active controller was known"));
}

TEST_F(RequestRouterTest, WhatWaitsIsBounded) {
  Call(false);
  Call(false);
  Call(false);
  ASSERT_THAT(answers_, SizeIs(1));
  EXPECT_EQ(AnsweredError().code(), common::v1::RESOURCE_EXHAUSTED);
  EXPECT_GT(AnsweredError().retry_after_ms(), 0);
  EXPECT_EQ(router_.instruments().parked.value(), 2u);
  EXPECT_EQ(router_.instruments().refused.value(), 1u);
  EXPECT_EQ(router_.parked(), 2u);
  EXPECT_EQ(router_.unanswered(), 2);
  SetLeader(1, kOther);
  EXPECT_THAT(forwarder_.sent, SizeIs(2));
  EXPECT_EQ(router_.parked(), 0u);
  EXPECT_EQ(router_.instruments().forwarded.value(), 2u);
  EXPECT_EQ(router_.instruments().repeated.value(), 0u);
  SetLeader(2, std::nullopt);
  Call(false);
  EXPECT_THAT(answers_, SizeIs(1)) << "the requests that were sent no longer take room";
}

TEST_F(RequestRouterTest, ARefusalMeansThatItLooksElsewhere) {
  SetLeader(1, kOther);
  Call(false);
  leader_.OnLeaderChange(Epoch(2), kThird);
  AnswerForward(0, ForwardedError(NotController(common::v1::REFUSED)));
  ASSERT_THAT(forwarder_.sent, SizeIs(2));
  EXPECT_EQ(forwarder_.sent[1].to, kThird);
}

TEST_F(RequestRouterTest, ARefusalByTheOneThatIsStillThoughtActiveIsTriedAgainAfterAPause) {
  SetLeader(1, kOther);
  Call(false);
  AnswerForward(0, ForwardedError(NotController(common::v1::REFUSED)));
  EXPECT_THAT(forwarder_.sent, SizeIs(1));
  executor_.AdvanceBy(milliseconds(2));
  ASSERT_THAT(forwarder_.sent, SizeIs(2));
  AnswerForward(1, ForwardedError(NotController(common::v1::REFUSED)));
  executor_.AdvanceBy(milliseconds(3));
  EXPECT_THAT(forwarder_.sent, SizeIs(2)) << "the pause doubles";
  executor_.AdvanceBy(milliseconds(1));
  EXPECT_THAT(forwarder_.sent, SizeIs(3));
  EXPECT_EQ(router_.instruments().repeated.value(), 2u);
}

TEST_F(RequestRouterTest, WhatDidNotLeaveThisNodeIsSentAgain) {
  SetLeader(1, kOther);
  Call(false);
  AnswerForward(0, ForwardFailure{.maybe_sent = false, .message = "no connection"});
  executor_.AdvanceBy(milliseconds(2));
  EXPECT_THAT(forwarder_.sent, SizeIs(2));
}

TEST_F(RequestRouterTest, WhatWasSentIsNotSentAgainWithoutARequestId) {
  SetLeader(1, kOther);
  Call(false);
  SetLeader(2, kThird);
  AnswerForward(0, ForwardFailure{.maybe_sent = true, .message = "broken"});
  executor_.AdvanceBy(milliseconds(1000));
  EXPECT_THAT(forwarder_.sent, SizeIs(1));
  ASSERT_THAT(answers_, SizeIs(1));
  EXPECT_EQ(AnsweredError().code(), common::v1::NOT_CONTROLLER);
  EXPECT_EQ(AnsweredError().outcome(), common::v1::UNKNOWN);
}

TEST_F(RequestRouterTest, WithARequestIdItSurvivesAFailover) {
  SetLeader(1, kOther);
  Call(true);
  AnswerForward(0, ForwardFailure{.maybe_sent = true, .message = "broken"});
  EXPECT_THAT(answers_, SizeIs(0));
  SetLeader(2, kThird);
  ASSERT_THAT(forwarder_.sent, SizeIs(2));
  EXPECT_EQ(forwarder_.sent[1].to, kThird);
  EXPECT_EQ(forwarder_.sent[1].request.request(), forwarder_.sent[0].request.request());
  AnswerForward(1, Forwarded(11));
  EXPECT_EQ(AnsweredOffset(), 11);
}

TEST_F(RequestRouterTest, WithARequestIdItDoesNotWaitForAnActiveControllerThatHangs) {
  SetLeader(1, kOther);
  Call(true);
  SetLeader(2, kThird);
  ASSERT_THAT(forwarder_.sent, SizeIs(2));
  AnswerForward(0, ForwardFailure{.maybe_sent = true, .message = "too late"});
  EXPECT_THAT(answers_, SizeIs(0)) << "the failure of an earlier attempt is ignored";
  AnswerForward(1, Forwarded(12));
  EXPECT_EQ(AnsweredOffset(), 12);
}

TEST_F(RequestRouterTest, AnEarlierTryMayAnswerAfterAll) {
  SetLeader(1, kOther);
  Call(true);
  SetLeader(2, kThird);
  AnswerForward(0, Forwarded(12));
  AnswerForward(1, Forwarded(12));
  EXPECT_THAT(answers_, SizeIs(1));
}

TEST_F(RequestRouterTest, AnEarlierTryMayAnswerWhileItWaitsForTheNext) {
  SetLeader(1, kOther);
  Call(true);
  SetLeader(2, kThird);
  AnswerForward(1, ForwardedError(NotController(common::v1::REFUSED)));
  AnswerForward(0, Forwarded(12));
  EXPECT_EQ(AnsweredOffset(), 12);
  ExpectNoFurtherTry();
}

TEST_F(RequestRouterTest, ItWaitsOnceForWhatItsTryAndItsLeaderTellIt) {
  SetLeader(1, kOther);
  Call(true);
  // The leader of epoch 2 is gone again when the loop runs the notification.
  leader_.OnLeaderChange(Epoch(3), std::nullopt);
  router_.OnLeaderChange(Epoch(2), kThird);
  executor_.RunReady();
  AnswerForward(0, ForwardedError(NotController(common::v1::REFUSED)));
  SetLeader(4, kThird);
  ASSERT_THAT(forwarder_.sent, SizeIs(2));
  AnswerForward(1, Forwarded(12));
  EXPECT_EQ(AnsweredOffset(), 12);
  ExpectNoFurtherTry();
}

TEST_F(RequestRouterTest, OfAttemptsThatMayBeAnsweredDifferentlyTheLastOneCounts) {
  with_id_ = controller::Repetition::kGuarded;
  SetLeader(1, kOther);
  Call(true);
  SetLeader(2, kThird);
  AnswerForward(0, Forwarded(12));
  EXPECT_THAT(answers_, SizeIs(0))
      << "the first answer may contain a refusal, and the second attempt may be executed";
  AnswerForward(1, Forwarded(13));
  EXPECT_EQ(AnsweredOffset(), 13);
}

TEST_F(RequestRouterTest, EachAttemptCarriesTheEpochThatItIsFor) {
  SetLeader(3, kOther);
  Call(true);
  EXPECT_EQ(forwarder_.sent.at(0).request.epoch(), 3);
  SetLeader(4, kThird);
  EXPECT_EQ(forwarder_.sent.at(1).request.epoch(), 4);
  SetLeader(5, kSelf);
  EXPECT_THAT(here_epochs_, testing::ElementsAre(Epoch(5)));
  AnswerHere(0, Response(1));
  Call(false);
  EXPECT_THAT(here_epochs_, testing::ElementsAre(Epoch(5), Epoch(5)))
      << "it runs on this node at once";
}

TEST_F(RequestRouterTest, ARefusalAfterAnUnknownTryIsUnknown) {
  SetLeader(1, kSelf);
  Call(true);
  AnswerHere(0, NotController(common::v1::UNKNOWN));
  SetLeader(2, kOther);
  ASSERT_THAT(forwarder_.sent, SizeIs(1));
  AnswerForward(0, ForwardedError(controller::MakeError(common::v1::RESOURCE_EXHAUSTED, "full")));
  EXPECT_EQ(AnsweredError().code(), common::v1::RESOURCE_EXHAUSTED);
  EXPECT_EQ(AnsweredError().outcome(), common::v1::UNKNOWN);
}

TEST_F(RequestRouterTest, ANewActiveControllerThatDoesNotDecideYetIsAskedAgainWhenItClaims) {
  SetLeader(1, kSelf);
  Call(false);
  AnswerHere(0, NotController(common::v1::REFUSED));
  EXPECT_THAT(here_, SizeIs(1));
  router_.OnClaim(Epoch(1), RecordOffset(1), true, {});
  executor_.RunReady();
  ASSERT_THAT(here_, SizeIs(2));
  AnswerHere(1, Response(3));
  EXPECT_EQ(AnsweredOffset(), 3);
}

TEST_F(RequestRouterTest, ACancelledRequestIsNotTriedAgain) {
  Call(false);
  cancelled_ = true;
  SetLeader(1, kOther);
  EXPECT_THAT(forwarder_.sent, SizeIs(0));
  EXPECT_THAT(answers_, SizeIs(1));
}

TEST_F(RequestRouterTest, ACancelledRequestDoesNotRunHere) {
  SetLeader(1, kSelf);
  cancelled_ = true;
  Call(false);
  EXPECT_THAT(here_, SizeIs(0));
  ASSERT_THAT(answers_, SizeIs(1));
  EXPECT_EQ(AnsweredError().outcome(), common::v1::REFUSED);
}

TEST_F(RequestRouterTest, AfterShutdownNothingWaitsForALeader) {
  Call(false);
  bool drained = false;
  router_.Shutdown([&] { drained = true; });
  executor_.RunReady();
  ASSERT_THAT(answers_, SizeIs(1));
  EXPECT_EQ(AnsweredError().code(), common::v1::CONTROLLER_NOT_AVAILABLE);
  EXPECT_EQ(AnsweredError().outcome(), common::v1::REFUSED);
  EXPECT_TRUE(drained);
  SetLeader(1, kSelf);
  Call(false);
  EXPECT_THAT(here_, SizeIs(0));
  EXPECT_THAT(answers_, SizeIs(2));
}

TEST_F(RequestRouterTest, AfterAHandOverItDrainsToTheNewActiveController) {
  SetLeader(1, kSelf);
  Call(false);
  Call(false);
  SetLeader(2, kOther);
  AnswerHere(0, NotController(common::v1::REFUSED));
  bool drained = false;
  router_.Shutdown([&] { drained = true; });
  AnswerHere(1, NotController(common::v1::REFUSED));
  ASSERT_THAT(forwarder_.sent, SizeIs(2));
  AnswerForward(0, Forwarded(1));
  EXPECT_FALSE(drained);
  AnswerForward(1, Forwarded(2));
  EXPECT_TRUE(drained);
  EXPECT_THAT(answers_, SizeIs(2));
}

TEST_F(RequestRouterTest, WhatIsAbandonedIsUnknownIfItWasSent) {
  SetLeader(1, kOther);
  Call(false);
  router_.Abandon();
  executor_.RunReady();
  ASSERT_THAT(answers_, SizeIs(1));
  EXPECT_EQ(AnsweredError().outcome(), common::v1::UNKNOWN);
  AnswerForward(0, Forwarded(1));
  EXPECT_THAT(answers_, SizeIs(1));
}

TEST_F(RequestRouterTest, NoOutcomeOfAReadIsUnknown) {
  with_id_ = controller::Repetition::kRead;
  SetLeader(1, kOther);
  Call(true);
  router_.Abandon();
  executor_.RunReady();
  ASSERT_THAT(answers_, SizeIs(1));
  EXPECT_EQ(AnsweredError().outcome(), common::v1::REFUSED);
}

TEST_F(RequestRouterTest, AControllerThatIsStoppingIsNotTheEndOfIt) {
  SetLeader(1, kOther);
  Call(false);
  AnswerForward(
      0, ForwardedError(controller::MakeError(common::v1::CONTROLLER_NOT_AVAILABLE, "stopping")));
  EXPECT_THAT(answers_, SizeIs(0));
  SetLeader(2, kThird);
  EXPECT_THAT(forwarder_.sent, SizeIs(2));
}

class ForwardedTest : public RequestRouterTest {
 protected:
  // Answers the pending requests while `responses_` exists.
  ~ForwardedTest() override {
    router_.Abandon();
    executor_.RunReady();
    forwarder_.sent.clear();
  }

  void Arrive(int hops, const std::string& method = kName) {
    raft::v1::ForwardRequest request;
    CreateTopicsRequest with_id;
    with_id.mutable_request_id()->set_sequence(1);
    with_id.SerializeToString(request.mutable_request());
    request.set_epoch(7);
    request.set_method(method);
    request.set_principal("bob");
    request.set_timeout_ms(1000);
    request.set_hops(hops);
    Arrive(request);
  }

  void Arrive(const raft::v1::ForwardRequest& request) {
    router_.OnForwarded(request, [this](raft::v1::ForwardResponse response) {
      responses_.push_back(std::move(response));
    });
    executor_.RunReady();
  }

  std::vector<raft::v1::ForwardResponse> responses_;
};

TEST_F(ForwardedTest, RunsHereForWhoAsked) {
  SetLeader(1, kSelf);
  Arrive(1);
  ASSERT_THAT(here_, SizeIs(1));
  EXPECT_EQ(here_principal_, "bob");
  AnswerHere(0, Response(5));
  ASSERT_THAT(responses_, SizeIs(1));
  CreateTopicsResponse response;
  ASSERT_TRUE(response.ParseFromString(responses_[0].response()));
  EXPECT_EQ(response.end_offset(), 5);
  EXPECT_EQ(router_.instruments().received.value(), 1u);
}

TEST_F(ForwardedTest, RunsInTheEpochThatItIsForAndNotInThisNodes) {
  SetLeader(8, kSelf);
  Arrive(1);
  EXPECT_THAT(here_epochs_, testing::ElementsAre(Epoch(7)));
}

TEST_F(ForwardedTest, GoesBackWhereThisNodeDoesNotLead) {
  SetLeader(1, kOther);
  Arrive(1);
  Arrive(2);  // an older controller forwarded it
  EXPECT_THAT(forwarder_.sent, SizeIs(0));
  ASSERT_THAT(responses_, SizeIs(2));
  EXPECT_EQ(responses_[0].error().code(), common::v1::NOT_CONTROLLER);
  EXPECT_EQ(responses_[0].error().outcome(), common::v1::REFUSED);
}

TEST_F(ForwardedTest, DoesNotWaitWhereNoLeaderIsKnown) {
  Arrive(1);
  ASSERT_THAT(responses_, SizeIs(1));
  EXPECT_EQ(responses_[0].error().code(), common::v1::NOT_CONTROLLER);
}

TEST_F(ForwardedTest, IsNeitherParkedNorSentAgain) {
  SetLeader(1, kSelf);
  Arrive(1);
  Arrive(1);
  // The outcome of the first request is unknown; the second was not decided.
  SetLeader(2, kOther);
  AnswerHere(0, NotController(common::v1::UNKNOWN));
  SetLeader(3, kSelf);
  AnswerHere(1, NotController(common::v1::REFUSED));
  executor_.AdvanceBy(milliseconds(1000));
  EXPECT_THAT(forwarder_.sent, SizeIs(0));
  EXPECT_THAT(here_, SizeIs(2));
  ASSERT_THAT(responses_, SizeIs(2));
  EXPECT_EQ(responses_[0].error().outcome(), common::v1::UNKNOWN);
  EXPECT_EQ(responses_[1].error().outcome(), common::v1::REFUSED);
}

TEST_F(ForwardedTest, NoOutcomeOfAReadIsUnknown) {
  with_id_ = controller::Repetition::kRead;
  SetLeader(1, kSelf);
  Arrive(1);
  router_.Abandon();
  executor_.RunReady();
  ASSERT_THAT(responses_, SizeIs(1));
  EXPECT_EQ(responses_[0].error().outcome(), common::v1::REFUSED);
}

TEST_F(ForwardedTest, WhatCannotBeReadIsRefused) {
  SetLeader(1, kSelf);
  Arrive(1, "quorate.admin.v1.AdminService/Nonsense");
  ASSERT_THAT(responses_, SizeIs(1));
  EXPECT_EQ(responses_[0].error().code(), common::v1::INVALID_REQUEST);
}

// An entry cannot hold such a principal. Only another controller can send one.
TEST_F(ForwardedTest, APrincipalThatIsTooLongIsRefused) {
  SetLeader(1, kSelf);
  raft::v1::ForwardRequest request;
  request.set_method(kName);
  request.set_timeout_ms(1000);
  request.set_principal(std::string(70'000, 'p'));
  Arrive(request);
  EXPECT_THAT(here_, SizeIs(0));
  ASSERT_THAT(responses_, SizeIs(1));
  EXPECT_EQ(responses_[0].error().code(), common::v1::INVALID_REQUEST);
  EXPECT_THAT(responses_[0].error().message(), testing::HasSubstr("principal has 70000 bytes"));
}

// The longest timeout that the wire format allows would overflow if it were added to the present
// time.
TEST_F(ForwardedTest, AnyTimeoutIsPossible) {
  SetLeader(1, kSelf);
  raft::v1::ForwardRequest request;
  request.set_method(kName);
  request.set_timeout_ms(std::numeric_limits<int64_t>::max());
  Arrive(request);
  EXPECT_THAT(here_, SizeIs(1));
  EXPECT_THAT(responses_, SizeIs(0));
}

TEST_F(ForwardedTest, AnUnknownMethodIsNotRepeatedWhole) {
  Arrive(1, std::string(1'000, '\n'));
  ASSERT_THAT(responses_, SizeIs(1));
  EXPECT_LT(responses_[0].error().message().size(), 500U);
  EXPECT_EQ(responses_[0].error().message().find('\n'), std::string::npos);
}

}  // namespace
}  // namespace quorate::server
