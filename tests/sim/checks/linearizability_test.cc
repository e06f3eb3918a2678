#include "tests/sim/checks/linearizability.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quorate::sim {
namespace {

using Op = ClientHistory::Op;
using Repeats = ClientHistory::Repeats;
using ::testing::HasSubstr;
using ::testing::Optional;

Change Set(std::string key, std::string value) {
  return {.kind = Change::Kind::kSet, .key = std::move(key), .value = std::move(value)};
}
Change Add(std::string key) { return {.kind = Change::Kind::kAdd, .key = std::move(key)}; }
Change Remove(std::string key) { return {.kind = Change::Kind::kRemove, .key = std::move(key)}; }

class LinearizabilityTest : public ::testing::Test {
 protected:
  Op Begin(Change change, Repeats repeats = Repeats::kNever) {
    return history_.BeginChange(std::move(change), repeats);
  }
  void Answer(Op op, int64_t end_offset, Verdict verdict = Verdict::kDone) {
    history_.Answered(op, verdict, RecordOffset(end_offset));
  }
  // Makes a change that ends at `end_offset`, before any other operation begins.
  Op Do(Change change, int64_t end_offset, Verdict verdict = Verdict::kDone,
        Repeats repeats = Repeats::kNever) {
    const Op op = Begin(std::move(change), repeats);
    Answer(op, end_offset, verdict);
    return op;
  }
  void Read(int64_t end_offset, const KeyValues& state) {
    EndRead(history_.BeginRead(), end_offset, state);
  }
  void EndRead(Op read, int64_t end_offset, const KeyValues& state) {
    history_.Returned(read, RecordOffset(end_offset), HashOf(state));
  }
  std::optional<std::string> Check(const std::vector<std::pair<int64_t, Op>>& log) {
    std::vector<LoggedChange> changes;
    for (const auto& [offset, op] : log) changes.push_back({RecordOffset(offset), op});
    return FindContradiction(history_, changes);
  }

  ClientHistory history_;
};

TEST_F(LinearizabilityTest, OneAfterTheOther) {
  Read(1, {});
  const Op a = Do(Set("k", "a"), 2);
  Read(2, {{"k", "a"}});
  const Op b = Do(Set("k", "b"), 5);  // barriers use offsets, too
  Read(5, {{"k", "b"}});
  EXPECT_EQ(Check({{1, a}, {4, b}}), std::nullopt);
}

TEST_F(LinearizabilityTest, OverlappingOperationsMayComeInAnyOrder) {
  const Op a = Begin(Set("k", "a"));
  const Op b = Begin(Set("k", "b"));
  const Op before = history_.BeginRead();
  const Op between = history_.BeginRead();
  Answer(a, 3);
  EndRead(between, 2, {{"k", "b"}});
  Answer(b, 2);
  EndRead(before, 1, {});
  EXPECT_EQ(Check({{1, b}, {2, a}}), std::nullopt);
}

TEST_F(LinearizabilityTest, AnUnknownChangeMayHaveTakenEffectLateOrNever) {
  Begin(Set("k", "lost"));
  const Op late = Begin(Set("k", "late"));
  Read(1, {});
  const Op a = Do(Set("k", "a"), 2);
  Read(2, {{"k", "a"}});
  EXPECT_EQ(Check({{1, a}, {7, late}}), std::nullopt);
}

TEST_F(LinearizabilityTest, AnAcknowledgedChangeMustBeInTheLog) {
  Do(Set("k", "a"), 2);
  EXPECT_THAT(Check({}), Optional(HasSubstr("is not there")));
}

TEST_F(LinearizabilityTest, AChangeIsExecutedBeforeItIsAnswered) {
  const Op a = Do(Set("k", "a"), 2);
  EXPECT_THAT(Check({{2, a}}), Optional(HasSubstr("as of offset 2 and executed at 2")));
}

TEST_F(LinearizabilityTest, ARefusedChangeMustNotBeInTheLog) {
  const Op a = Begin(Set("k", "a"));
  history_.Refused(a);
  EXPECT_THAT(Check({{1, a}}), Optional(HasSubstr("was refused")));
}

TEST_F(LinearizabilityTest, OnlyWhatWasAskedIsInTheLog) {
  EXPECT_THAT(Check({{1, 0}}), Optional(HasSubstr("nobody asked")));
}

TEST_F(LinearizabilityTest, AReadIsNoChange) {
  EXPECT_THAT(Check({{1, history_.BeginRead()}}), Optional(HasSubstr("nobody asked")));
}

TEST_F(LinearizabilityTest, AReadSeesTheLogsState) {
  const Op a = Do(Set("k", "a"), 2);
  Read(2, {{"k", "b"}});
  EXPECT_THAT(Check({{1, a}}), Optional(HasSubstr("another state")));
}

TEST_F(LinearizabilityTest, AReadSeesTheChangesInTheirOrder) {
  const Op a = Begin(Set("k", "a"));
  const Op b = Begin(Set("k", "b"));
  Answer(a, 2);
  Answer(b, 3);
  Read(3, {{"k", "a"}});
  EXPECT_THAT(Check({{1, a}, {2, b}}), Optional(HasSubstr("another state")));
}

TEST_F(LinearizabilityTest, AReadSeesWhatWasAcknowledgedBeforeItBegan) {
  const Op a = Do(Set("k", "a"), 2);
  Read(1, {});
  EXPECT_THAT(Check({{1, a}}), Optional(HasSubstr("a read of the state up to offset 1 began after "
                                                  "'set k=a (op 0)' at offset 1 had ended")));
}

TEST_F(LinearizabilityTest, AReadSeesWhatAnEarlierReadSaw) {
  const Op a = Begin(Set("k", "a"));
  Read(2, {{"k", "a"}});
  Read(1, {});
  EXPECT_THAT(Check({{1, a}}), Optional(HasSubstr("began after a read")));
}

TEST_F(LinearizabilityTest, NoReadSeesWhatIsAskedLater) {
  Read(2, {{"k", "a"}});
  const Op a = Begin(Set("k", "a"));
  EXPECT_THAT(Check({{1, a}}), Optional(HasSubstr("'set k=a (op 1)' at offset 1 began after")));
}

TEST_F(LinearizabilityTest, LaterChangesComeLaterInTheLog) {
  const Op a = Do(Set("k", "a"), 3);
  const Op b = Do(Set("k", "b"), 2);
  EXPECT_THAT(Check({{1, b}, {2, a}}), Optional(HasSubstr("'set k=b (op 1)'")));
}

// Rejections, and answers that nothing had to be changed.

TEST_F(LinearizabilityTest, ARefusalIsAReadOfTheState) {
  Do(Remove("a"), 1, Verdict::kAbsent);
  const Op add = Do(Add("a"), 2);
  Do(Add("a"), 2, Verdict::kExists);
  const Op remove = Do(Remove("a"), 3);
  Do(Remove("a"), 3, Verdict::kAbsent);
  EXPECT_EQ(Check({{1, add}, {2, remove}}), std::nullopt);
}

TEST_F(LinearizabilityTest, ARefusalMustBeRightWhereItWasDecided) {
  Do(Add("a"), 1, Verdict::kExists);
  EXPECT_THAT(Check({}), Optional(HasSubstr("'refused: exists' as of offset 1, and is 'done'")));
}

TEST_F(LinearizabilityTest, NothingToChangeMustBeRightWhereItWasDecided) {
  const Op a = Do(Set("k", "a"), 2);
  Do(Set("k", "a"), 2);
  Do(Set("k", "b"), 2);
  EXPECT_THAT(Check({{1, a}}),
              Optional(HasSubstr("'set k=b (op 2)' was acknowledged as of offset 2 "
                                 "and is not there")));
}

// A leader that has not noticed its successor may give such an answer.
TEST_F(LinearizabilityTest, ARefusalIsNotOlderThanWhatWasAcknowledgedBefore) {
  const Op add = Do(Add("a"), 2);
  const Op remove = Do(Remove("a"), 3);
  Do(Add("a"), 2, Verdict::kExists);
  EXPECT_THAT(Check({{1, add}, {2, remove}}),
              Optional(HasSubstr("'add a (op 2)', answered 'refused: exists' as of offset 2, began "
                                 "after 'remove a (op 1)' at offset 2 had ended")));
}

TEST_F(LinearizabilityTest, NothingToChangeIsNotOlderThanWhatWasAcknowledgedBefore) {
  const Op a = Do(Set("k", "a"), 2);
  const Op b = Do(Set("k", "b"), 3);
  Do(Set("k", "a"), 2);
  EXPECT_THAT(Check({{1, a}, {2, b}}), Optional(HasSubstr("began after")));
}

TEST_F(LinearizabilityTest, AReadSeesWhatARefusalSaw) {
  const Op add = Begin(Add("a"));
  Do(Add("a"), 2, Verdict::kExists);
  Read(1, {});
  EXPECT_THAT(Check({{1, add}}), Optional(HasSubstr("began after 'add a (op 1)', answered")));
}

// A request id is executed once, and all of its attempts get the same answer.

TEST_F(LinearizabilityTest, AnIdIsAnsweredAgainFromTheLog) {
  const Op add = Do(Add("a"), 2, Verdict::kDone, Repeats::kById);
  const Op refused = Do(Add("a"), 3, Verdict::kExists, Repeats::kById);
  const Op remove = Do(Remove("a"), 4);
  Answer(add, 4);
  Answer(refused, 4, Verdict::kExists);
  Read(4, {});
  EXPECT_EQ(Check({{1, add}, {2, refused}, {3, remove}}), std::nullopt);
}

TEST_F(LinearizabilityTest, AnIdIsInTheLogOnce) {
  const Op a = Do(Set("k", "a"), 2, Verdict::kDone, Repeats::kById);
  EXPECT_THAT(Check({{1, a}, {2, a}}), Optional(HasSubstr("is in the log twice")));
}

TEST_F(LinearizabilityTest, WhatHasOneAttemptIsInTheLogOnce) {
  const Op a = Do(Set("k", "a"), 3);
  EXPECT_THAT(Check({{1, a}, {2, a}}), Optional(HasSubstr("is in the log twice")));
}

TEST_F(LinearizabilityTest, AllAttemptsOfAnIdAreAnsweredTheSame) {
  const Op add = Do(Add("a"), 2);
  const Op twice = Do(Add("a"), 2, Verdict::kExists, Repeats::kById);
  const Op remove = Do(Remove("a"), 3);
  Answer(twice, 4, Verdict::kDone);
  EXPECT_THAT(Check({{1, add}, {2, remove}}),
              Optional(HasSubstr("'add a (op 1)' was answered 'refused: exists' and 'done'")));
}

// A delayed attempt arrives after another attempt was rejected and the client has received that
// answer.
TEST_F(LinearizabilityTest, NoIdIsExecutedAfterItWasAnswered) {
  const Op add = Do(Add("a"), 2);
  const Op refused = Do(Add("a"), 2, Verdict::kExists, Repeats::kById);
  const Op remove = Do(Remove("a"), 3);
  EXPECT_THAT(Check({{1, add}, {2, remove}, {3, refused}}),
              Optional(HasSubstr("'add a (op 1)' was answered as of offset 2 and executed at 3")));
}

TEST_F(LinearizabilityTest, AnIdIsAnsweredAsTheLogRemembersIt) {
  const Op add = Do(Add("a"), 2);
  const Op refused = Do(Add("a"), 3, Verdict::kDone, Repeats::kById);
  EXPECT_THAT(Check({{1, add}, {2, refused}}),
              Optional(HasSubstr("was answered 'done' as of offset 3, and is 'refused: exists'")));
}

// Requests without an id that may be executed again.

TEST_F(LinearizabilityTest, WhatMayBeRepeatedIsExecutedUntilItIsAnswered) {
  const Op a = Begin(Set("k", "a"), Repeats::kUntilAnswered);
  const Op b = Begin(Set("k", "b"));
  Answer(b, 3);
  Read(3, {{"k", "b"}});
  Answer(a, 4);
  Read(4, {{"k", "a"}});
  const Op c = Do(Set("k", "a"), 4, Verdict::kDone, Repeats::kUntilAnswered);
  EXPECT_EQ(Check({{1, a}, {2, b}, {3, a}}), std::nullopt);
  EXPECT_THAT(Check({{1, a}, {2, b}, {3, a}, {4, c}}), Optional(HasSubstr("executed at 4")));
}

TEST_F(LinearizabilityTest, WhatMayBeRepeatedMayFindThatNothingIsLeftToDo) {
  const Op a = Begin(Set("k", "a"), Repeats::kUntilAnswered);
  const Op b = Begin(Set("k", "b"));
  Answer(a, 4);
  EXPECT_EQ(Check({{1, a}}), std::nullopt);
  EXPECT_THAT(Check({{1, a}, {2, b}}), Optional(HasSubstr("is not there")));
}

TEST_F(LinearizabilityTest, WhatMayBeRepeatedIsNotExecutedBeforeItWasAsked) {
  Read(3, {{"k", "a"}});
  const Op a = Do(Set("k", "a"), 3, Verdict::kDone, Repeats::kUntilAnswered);
  EXPECT_THAT(Check({{1, a}}), Optional(HasSubstr("began after a read")));
}

TEST_F(LinearizabilityTest, WhatFoundNothingToDoEndsWhereItLooked) {
  const Op a = Do(Set("k", "a"), 2);
  const Op again = Begin(Set("k", "a"), Repeats::kUntilAnswered);
  const Op b = Begin(Set("x", "b"));
  Answer(again, 3);
  Read(2, {{"k", "a"}});
  EXPECT_THAT(Check({{1, a}, {2, b}}), Optional(HasSubstr("answered 'done' as of offset 3, had")));
}

}  // namespace
}  // namespace quorate::sim
