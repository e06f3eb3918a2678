#include "tests/sim/checks/linearizability.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quorate::sim {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;

class LinearizabilityTest : public ::testing::Test {
 protected:
  // An append that ends before anything else begins.
  void Append(const std::string& value, int64_t offset) {
    history_.Acknowledged(history_.BeginAppend(value), RecordOffset(offset));
  }
  void Read(int64_t end_offset, const std::vector<std::string>& values) {
    EndRead(history_.BeginRead(), end_offset, values);
  }
  void EndRead(ClientHistory::Op read, int64_t end_offset, const std::vector<std::string>& values) {
    uint64_t hash = 0;
    for (const std::string& value : values) hash = ExtendHash(hash, value);
    history_.Returned(read, RecordOffset(end_offset), hash);
  }
  std::optional<std::string> Check(const std::vector<std::pair<int64_t, std::string>>& log) {
    std::vector<LoggedValue> values;
    for (const auto& [offset, value] : log) values.push_back({RecordOffset(offset), value});
    return FindContradiction(history_, values);
  }

  ClientHistory history_;
};

TEST_F(LinearizabilityTest, OneAfterTheOther) {
  Read(1, {});
  Append("a", 1);
  Read(2, {"a"});
  Append("b", 4);  // barriers take offsets too
  Read(5, {"a", "b"});
  EXPECT_EQ(Check({{1, "a"}, {4, "b"}}), std::nullopt);
}

TEST_F(LinearizabilityTest, OverlappingOperationsMayComeInAnyOrder) {
  const auto a = history_.BeginAppend("a");
  const auto b = history_.BeginAppend("b");
  const auto before = history_.BeginRead();
  const auto between = history_.BeginRead();
  history_.Acknowledged(a, RecordOffset(2));
  EndRead(between, 2, {"b"});
  history_.Acknowledged(b, RecordOffset(1));
  EndRead(before, 1, {});
  EXPECT_EQ(Check({{1, "b"}, {2, "a"}}), std::nullopt);
}

TEST_F(LinearizabilityTest, AnUnknownAppendMayHaveTakenEffectLateOrNever) {
  history_.BeginAppend("lost");
  history_.BeginAppend("late");
  Read(1, {});
  Append("a", 1);
  Read(2, {"a"});
  EXPECT_EQ(Check({{1, "a"}, {7, "late"}}), std::nullopt);
}

TEST_F(LinearizabilityTest, AnAcknowledgedValueMustBeInTheLog) {
  Append("a", 1);
  EXPECT_THAT(Check({}), Optional(HasSubstr("is not in the log")));
}

TEST_F(LinearizabilityTest, AnAcknowledgedValueMustBeWhereTheClientWasTold) {
  Append("a", 1);
  EXPECT_THAT(Check({{2, "a"}}), Optional(HasSubstr("is at 2")));
}

TEST_F(LinearizabilityTest, ARefusedValueMustNotBeInTheLog) {
  history_.Refused(history_.BeginAppend("a"));
  EXPECT_THAT(Check({{1, "a"}}), Optional(HasSubstr("was refused")));
}

TEST_F(LinearizabilityTest, AValueIsInTheLogOnce) {
  history_.BeginAppend("a");
  EXPECT_THAT(Check({{1, "a"}, {2, "a"}}), Optional(HasSubstr("twice")));
}

TEST_F(LinearizabilityTest, OnlyWhatWasAppendedIsInTheLog) {
  EXPECT_THAT(Check({{1, "a"}}), Optional(HasSubstr("nobody appended")));
}

TEST_F(LinearizabilityTest, AReadSeesTheLogsValues) {
  Append("a", 1);
  Read(2, {"b"});
  EXPECT_THAT(Check({{1, "a"}}), Optional(HasSubstr("other values")));
}

TEST_F(LinearizabilityTest, AReadSeesTheValuesInTheirOrder) {
  Append("a", 1);
  Append("b", 2);
  Read(3, {"b", "a"});
  EXPECT_THAT(Check({{1, "a"}, {2, "b"}}), Optional(HasSubstr("other values")));
}

TEST_F(LinearizabilityTest, AReadSeesWhatWasAcknowledgedBeforeItBegan) {
  Append("a", 1);
  Read(1, {});
  EXPECT_THAT(Check({{1, "a"}}), Optional(HasSubstr("a read that saw the log up to offset 1 began "
                                                    "after the append of 'a'")));
}

TEST_F(LinearizabilityTest, AReadSeesWhatAnEarlierReadSaw) {
  history_.BeginAppend("a");
  Read(2, {"a"});
  Read(1, {});
  EXPECT_THAT(Check({{1, "a"}}), Optional(HasSubstr("began after a read")));
}

TEST_F(LinearizabilityTest, NoReadSeesWhatIsAppendedLater) {
  Read(2, {"a"});
  history_.BeginAppend("a");
  EXPECT_THAT(Check({{1, "a"}}), Optional(HasSubstr("the append of 'a'")));
}

TEST_F(LinearizabilityTest, LaterAppendsComeLaterInTheLog) {
  Append("a", 2);
  Append("b", 1);
  EXPECT_THAT(Check({{1, "b"}, {2, "a"}}), Optional(HasSubstr("the append of 'b'")));
}

}  // namespace
}  // namespace quorate::sim
