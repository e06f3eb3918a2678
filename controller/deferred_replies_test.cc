#include "controller/deferred_replies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/parked_requests.h"

namespace quorate::controller {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr MonoTime kStart{std::chrono::hours(1)};

// The results of the requests in order: "a", or "a: CODE OUTCOME".
class Outcomes {
 public:
  Continuation Record(const std::string& name) {
    return [this, name](std::optional<common::v1::Error> error) {
      all_.push_back(error ? name + ": " + common::v1::ErrorCode_Name(error->code()) + " " +
                                 common::v1::Outcome_Name(error->outcome())
                           : name);
    };
  }
  std::vector<std::string> Take() { return std::exchange(all_, {}); }

 private:
  std::vector<std::string> all_;
};

class DeferredRepliesTest : public ::testing::Test {
 protected:
  void Add(int64_t offset, const std::string& name, MonoTime deadline = kNever,
           common::v1::Outcome outcome = common::v1::REFUSED) {
    replies_.Add(RecordOffset(offset),
                 {.deadline = deadline, .outcome = outcome, .done = outcomes_.Record(name)});
  }

  Outcomes outcomes_;
  DeferredReplies replies_;
};

TEST_F(DeferredRepliesTest, WhatIsCoveredGoesOnInOrder) {
  Add(5, "c");
  Add(3, "a");
  Add(3, "b");
  Add(6, "d");
  replies_.Release(RecordOffset(2));
  EXPECT_THAT(outcomes_.Take(), IsEmpty());
  replies_.Release(RecordOffset(5));
  EXPECT_THAT(outcomes_.Take(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(replies_.size(), 1u);
}

TEST_F(DeferredRepliesTest, LateOnesFailWithWhatIsKnownOfThem) {
  Add(1, "a", kStart);
  Add(1, "b", kStart + std::chrono::seconds(1));
  Add(2, "c", kStart, common::v1::UNKNOWN);
  EXPECT_EQ(replies_.next_deadline(), kStart);
  replies_.Expire(kStart);
  EXPECT_THAT(outcomes_.Take(),
              ElementsAre("a: REQUEST_TIMED_OUT REFUSED", "c: REQUEST_TIMED_OUT UNKNOWN"));
  EXPECT_EQ(replies_.next_deadline(), kStart + std::chrono::seconds(1));
}

TEST_F(DeferredRepliesTest, AllFailWithWhatIsKnownOfThem) {
  Add(1, "a");
  Add(1, "b", kNever, common::v1::UNKNOWN);
  replies_.FailAll(MakeError(common::v1::NOT_CONTROLLER, "gone"));
  EXPECT_THAT(outcomes_.Take(),
              ElementsAre("a: NOT_CONTROLLER REFUSED", "b: NOT_CONTROLLER UNKNOWN"));
  EXPECT_EQ(replies_.size(), 0u);
}

class ParkedRequestsTest : public ::testing::Test {
 protected:
  void Park(const std::string& name, StreamId stream = 0, MonoTime deadline = kNever) {
    parked_.Park({.deadline = deadline, .stream = stream, .proceed = outcomes_.Record(name)});
  }

  Outcomes outcomes_;
  ParkedRequests parked_{2};
};

TEST_F(ParkedRequestsTest, ComeBackInOrder) {
  Park("a");
  Park("b");
  for (PendingRequest& request : parked_.TakeAll()) std::move(request.proceed)(std::nullopt);
  EXPECT_THAT(outcomes_.Take(), ElementsAre("a", "b"));
  EXPECT_TRUE(parked_.empty());
}

TEST_F(ParkedRequestsTest, TheFirstOneMakesRoomForAnother) {
  Park("a");
  Park("b");
  std::move(parked_.TakeFirst().proceed)(std::nullopt);
  Park("c");
  EXPECT_EQ(parked_.size(), 2u);
  for (PendingRequest& request : parked_.TakeAll()) std::move(request.proceed)(std::nullopt);
  EXPECT_THAT(outcomes_.Take(), ElementsAre("a", "b", "c"));
}

TEST_F(ParkedRequestsTest, AreBoundedButForHeartbeats) {
  Park("a");
  Park("b");
  Park("c");
  EXPECT_THAT(outcomes_.Take(), ElementsAre("c: RESOURCE_EXHAUSTED REFUSED"));
  Park("heartbeat", /*stream=*/7);
  EXPECT_THAT(outcomes_.Take(), IsEmpty());
}

TEST_F(ParkedRequestsTest, LateOnesFailAndTheOthersStay) {
  Park("a");
  Park("b", 0, kStart);
  parked_.Expire(kStart);
  EXPECT_THAT(outcomes_.Take(), ElementsAre("b: REQUEST_TIMED_OUT REFUSED"));
  Park("c");  // there is room again
  parked_.FailAll(MakeError(common::v1::NOT_CONTROLLER, "gone"));
  EXPECT_THAT(outcomes_.Take(),
              ElementsAre("a: NOT_CONTROLLER REFUSED", "c: NOT_CONTROLLER REFUSED"));
}

TEST_F(ParkedRequestsTest, TheHeartbeatsOfAStreamThatEndedGo) {
  Park("a");
  Park("heartbeat", /*stream=*/7);
  Park("other", /*stream=*/8);
  parked_.DropStream(7);
  EXPECT_THAT(outcomes_.Take(), ElementsAre("heartbeat: INVALID_REQUEST REFUSED"));
  EXPECT_EQ(parked_.TakeAll().size(), 2u);
}

}  // namespace
}  // namespace quorate::controller
