// The checks of the chaos test find what is wrong, and nothing else.
#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "metadata/describe.h"
#include "metadata/record_builders.h"
#include "metadata/replay.h"
#include "metadata/testing/test_log.h"
#include "tests/process/chaos/broker_checks.h"
#include "tests/process/chaos/client_history.h"
#include "tests/process/chaos/committed_log.h"
#include "tests/process/chaos/fault_plan.h"

namespace quorate::testing {
namespace {

using metadata::TestUuid;
using metadata::v1::Batch;
using metadata::v1::Record;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Uuid kTopic = TestUuid(1);
const RequestId kRequest{.client_uuid = TestUuid(7), .sequence = 1};

// A log with the brokers 1 and 2, of which broker 2 is fenced, and the topic "orders" with one
// partition that broker 1 leads.
class ChaosChecksTest : public ::testing::Test {
 protected:
  ChaosChecksTest() {
    Append({metadata::MakeMetadataVersionRecord(2)});
    for (const int id : {1, 2}) {
      const int64_t broker_epoch = log_.end_offset();
      Append({metadata::MakeRegisterBrokerRecord({.id = BrokerId(id),
                                                  .incarnation_id = IncarnationOf(id),
                                                  .broker_epoch = broker_epoch,
                                                  .endpoint = {"broker", 9092}})});
      if (id == 1) {
        Append({metadata::MakeBrokerRegistrationChangeRecord(BrokerId(id), broker_epoch,
                                                             {.fenced = false})});
      }
    }
    const metadata::NewPartition partition{
        .replicas = {BrokerId(1), BrokerId(2)}, .isr_mask = 0b11, .leader_position = 0};
    Append({metadata::MakeTopicRecord("orders", kTopic),
            metadata::MakePartitionsRecord(kTopic, 0, std::vector{partition}),
            metadata::MakeRequestResultRecord({.principal = "anonymous",
                                               .request_id = kRequest,
                                               .method = "CreateTopics",
                                               .items = {{.topic_id = kTopic}}})});
  }

  static Uuid IncarnationOf(int broker) { return TestUuid(static_cast<uint16_t>(100 + broker)); }

  Batch Next(const std::vector<Record>& records) const {
    metadata::v1::RecordBatch content;
    for (const Record& record : records) *content.add_records() = record;
    Batch batch;
    batch.set_epoch(3);
    batch.set_base_offset(log_.end_offset());
    batch.set_record_count(metadata::CountRecords(content));
    batch.set_records(content.SerializeAsString());
    return batch;
  }
  Batch Append(const std::vector<Record>& records) {
    Batch batch = Next(records);
    EXPECT_TRUE(log_.Add("controller 1", batch));
    return batch;
  }
  void ChangeLeader(size_t position, uint32_t isr_mask) {
    const metadata::PartitionChange change{
        .partition = 0, .isr_mask = isr_mask, .leader_position = position};
    Append({metadata::MakePartitionChangesRecord(kTopic, std::vector{change})});
  }

  metadata::MetadataImage Image() const { return *log_.ImageAt(log_.end_offset()); }
  // What broker `id` says if it is right.
  BrokerReport RightReport(int id) const {
    BrokerReport report;
    report.broker.set_broker_id(id);
    report.broker.set_incarnation_id(std::string(IncarnationOf(id).bytes()));
    report.broker.set_metadata_end_offset(log_.end_offset());
    report.broker.set_metadata_epoch(3);
    report.roles.set_metadata_end_offset(log_.end_offset());
    report.topics.set_metadata_end_offset(log_.end_offset());
    *report.topics.mutable_topics() = metadata::DescribeTopics(Image(), {});
    const metadata::PartitionView partition = Image().FindTopic(kTopic)->partition(0);
    const int leader = partition.leader()->value();
    auto* role = report.roles.add_roles();
    role->set_topic_id(std::string(kTopic.bytes()));
    role->set_topic("orders");
    role->set_role(leader == id ? broker::v1::ROLE_LEADER : broker::v1::ROLE_FOLLOWER);
    role->set_leader_id(leader);
    role->set_leader_epoch(partition.leader_epoch());
    return report;
  }
  // The creation of "orders", as its client saw it.
  Change RightChange() const {
    return {.id = kRequest,
            .text = "create orders",
            .outcome = Change::Outcome::kAnswered,
            .end_offset = log_.end_offset(),
            .codes = {0},
            .holds = [](const auto& image) { return image.FindTopic(kTopic) != nullptr; }};
  }
  void JudgeHistory(Change change) {
    ClientHistory history;
    history.Add(std::move(change));
    history.Judge(log_, violations_);
  }
  // Expects one violation, which contains this text.
  void ExpectFound(const std::string& what) {
    EXPECT_THAT(violations_.all(), ElementsAre(HasSubstr(what)));
  }

  Violations violations_;
  CommittedLog log_{&violations_};
  BrokerChecks brokers_{&log_, &violations_};
};

TEST_F(ChaosChecksTest, NothingIsFoundWhereNothingIsWrong) {
  const Batch batch = Append({metadata::MakeNoOpRecord()});
  EXPECT_TRUE(log_.Add("controller 2", batch));
  EXPECT_TRUE(log_.Compare("controller 2", Image()));
  brokers_.Judge(RightReport(1));
  brokers_.Judge(RightReport(2));
  JudgeHistory(RightChange());
  EXPECT_THAT(violations_.all(), IsEmpty());
}

TEST_F(ChaosChecksTest, ABatchBehindTheEndIsNotJudged) {
  Batch batch = Next({metadata::MakeNoOpRecord()});
  batch.set_base_offset(batch.base_offset() + 1);
  EXPECT_FALSE(log_.Add("controller 2", batch));
  EXPECT_THAT(violations_.all(), IsEmpty());
}

TEST_F(ChaosChecksTest, AnotherBatchAtTheSameOffsetIsFound) {
  Batch batch = Append({metadata::MakeNoOpRecord()});
  batch.set_principal("someone else");
  log_.Add("controller 2", batch);
  ExpectFound("controller 2 serves a batch of epoch 3");
}

TEST_F(ChaosChecksTest, AFallingEpochIsFound) {
  Batch batch = Next({metadata::MakeNoOpRecord()});
  batch.set_epoch(2);
  log_.Add("controller 2", batch);
  ExpectFound("the epoch falls from 3 to 2");
}

TEST_F(ChaosChecksTest, ALeaderThatIsFencedIsFound) {
  ChangeLeader(/*position=*/1, /*isr_mask=*/0b10);
  ExpectFound("broker 2 is not active and becomes leader");
}

TEST_F(ChaosChecksTest, ARequestThatIsExecutedTwiceIsFound) {
  log_.Add("controller 1",
           Next({metadata::MakeRequestResultRecord(
               {.principal = "another", .request_id = kRequest, .method = "CreateTopics"})}));
  ExpectFound("was executed at offset");
}

TEST_F(ChaosChecksTest, ASnapshotWithAnotherStateIsFound) {
  metadata::TestLog other;
  other.MustAppend({metadata::MakeMetadataVersionRecord(2)});
  while (other.end_offset() < log_.end_offset()) other.MustAppend({metadata::MakeNoOpRecord()});
  log_.Compare("controller 3", other.image());
  ExpectFound("controller 3 serves a snapshot");
}

TEST_F(ChaosChecksTest, ABrokerThatMissedARecordIsFound) {
  BrokerReport late = RightReport(1);
  Append({metadata::MakeRemoveTopicRecord(kTopic)});
  late.broker.set_metadata_end_offset(log_.end_offset());
  late.topics.set_metadata_end_offset(log_.end_offset());
  brokers_.Judge(late);
  ExpectFound("does not have the image of the log: 1 topics instead of 0");
}

TEST_F(ChaosChecksTest, ABrokerWithAnotherPartitionOrAnotherConfigIsFound) {
  BrokerReport report = RightReport(1);
  report.topics.mutable_topics(0)->mutable_partitions(0)->set_partition_epoch(7);
  brokers_.Judge(report);
  report.topics = RightReport(1).topics;
  report.topics.mutable_topics(0)->add_configs()->set_key("retention.ms");
  brokers_.Judge(report);
  EXPECT_THAT(violations_.all(),
              ElementsAre(HasSubstr("orders has {"), HasSubstr("or its configs")));
}

TEST_F(ChaosChecksTest, ABrokerThatKeepsARoleIsFound) {
  BrokerReport late = RightReport(1);
  Append({metadata::MakeRemoveTopicRecord(kTopic)});
  late.roles.set_metadata_end_offset(log_.end_offset());
  brokers_.Judge(late);
  ExpectFound("has taken up 1 roles of 0");
}

TEST_F(ChaosChecksTest, ABrokerThatReportsAnOffsetInsideABatchIsFound) {
  BrokerReport report = RightReport(1);
  report.broker.set_metadata_end_offset(log_.end_offset() - 1);
  report.broker.set_metadata_epoch(0);
  brokers_.Judge(report);
  ExpectFound("where no batch ends");
}

TEST_F(ChaosChecksTest, ABrokerThatGoesBackIsFound) {
  const BrokerReport before = RightReport(1);
  Append({metadata::MakeNoOpRecord()});
  brokers_.Judge(RightReport(1));
  brokers_.Judge(before);
  ExpectFound("broker 1 went back");
}

TEST_F(ChaosChecksTest, TwoLeadersInOneEpochAreFound) {
  brokers_.Judge(RightReport(1));
  BrokerReport usurper = RightReport(2);
  usurper.roles.mutable_roles(0)->set_role(broker::v1::ROLE_LEADER);
  usurper.roles.mutable_roles(0)->set_leader_id(2);
  brokers_.Judge(usurper);
  EXPECT_THAT(violations_.all(), ::testing::Contains(HasSubstr("brokers 1 and 2 both lead")));
}

TEST_F(ChaosChecksTest, AnAcknowledgedChangeThatIsLostIsFound) {
  Change change = RightChange();
  change.id.sequence = 2;
  JudgeHistory(change);
  ExpectFound("it was answered and is not in the log");
}

TEST_F(ChaosChecksTest, ARefusedChangeThatIsInTheLogIsFound) {
  Change change = RightChange();
  change.outcome = Change::Outcome::kRefused;
  JudgeHistory(change);
  ExpectFound("it was refused as a whole, and its result is at offset");
}

TEST_F(ChaosChecksTest, AnAnswerBeforeTheCommitIsFound) {
  Change change = RightChange();
  change.end_offset = log_.end_offset() - 1;
  JudgeHistory(change);
  ExpectFound("it was committed up to");
}

TEST_F(ChaosChecksTest, AnotherResultThanTheAnswerIsFound) {
  Change change = RightChange();
  change.codes = {36};
  JudgeHistory(change);
  ExpectFound("the answer has the codes [36], and the log has [0]");
}

TEST_F(ChaosChecksTest, AStateWithoutTheChangeIsFound) {
  Change change = RightChange();
  change.holds = [](const auto& image) { return image.topic_count() == 2; };
  JudgeHistory(change);
  ExpectFound("does not have what the answer says");
}

TEST_F(ChaosChecksTest, AChangeBeforeAnEarlierAcknowledgementIsFound) {
  Change change = RightChange();
  change.acknowledged_before = log_.end_offset();
  JudgeHistory(change);
  ExpectFound("which was acknowledged earlier");
}

TEST_F(ChaosChecksTest, AStaleReadAndAFalseReadAreFound) {
  ClientHistory history;
  history.Add(TopicsRead{.text = "one", .acknowledged_before = 100, .end_offset = 1});
  history.Add(TopicsRead{.text = "two", .end_offset = log_.end_offset()});
  history.Judge(log_, violations_);
  EXPECT_THAT(violations_.all(), ElementsAre(HasSubstr("one: it shows offset 1, after offset 100"),
                                             HasSubstr("two: it does not show the topics")));
}

TEST(FaultPlanTest, OneSeedGivesOnePlanAndAnotherSeedAnotherOne) {
  const auto texts = [](uint64_t seed) {
    std::string all;
    for (const Fault& fault : PlanFaults({.seed = seed, .duration = std::chrono::seconds(60)})) {
      all += fault.ToString() + "\n";
    }
    return all;
  };
  EXPECT_EQ(texts(1), texts(1));
  EXPECT_NE(texts(1), texts(2));
}

// Faults of brokers and of their paths are no faults of controllers.
bool IsOfControllers(const Fault& fault) { return fault.kind < FaultKind::kKillBroker; }

TEST(FaultPlanTest, FaultsOfControllersDoNotOverlapAndThoseOfMostAreShort) {
  constexpr std::chrono::seconds kDuration{600};
  for (uint64_t seed = 0; seed < 100; ++seed) {
    std::chrono::milliseconds end_of_last{0};
    for (const Fault& fault : PlanFaults({.seed = seed, .duration = kDuration})) {
      EXPECT_LT(fault.begin, fault.end);
      EXPECT_LE(fault.end, kDuration);
      if (!IsOfControllers(fault)) continue;
      EXPECT_GT(fault.begin, end_of_last) << fault.ToString();
      end_of_last = fault.end;
      if (fault.kind == FaultKind::kKillAllControllers ||
          fault.kind == FaultKind::kPauseTwoControllers) {
        EXPECT_LE((fault.end - fault.begin).count(), 1500);
      }
    }
  }
}

}  // namespace
}  // namespace quorate::testing
