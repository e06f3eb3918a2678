#include "controller/decide/brokers/log_directories.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "controller/decide/brokers/unregister_broker.h"
#include "controller/testing/decision_fixture.h"
#include "metadata/directory_id.h"

namespace quorate::controller {
namespace {

using common::v1::Error;
using metadata::TestUuid;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Uuid kA = TestUuid(0xA00);
const Uuid kB = TestUuid(0xB00);
const Uuid kC = TestUuid(0xC00);

class LogDirectoriesTest : public ::testing::Test {
 protected:
  LogDirectoriesTest() { cluster_.UpgradeTo(metadata::kLatestMetadataVersion); }

  std::variant<broker::v1::RegisterBrokerResponse, Error> Register(
      int32_t id, const std::vector<Uuid>& directories, uint16_t life = 1) {
    const auto decision = DecideRegisterBroker(
        cluster_.view(), cluster_.RegistrationWith(id, directories, life),
        {.registered_one_is_gone = true}, DecisionFixture::kClusterId, cluster_.context());
    cluster_.Apply(decision);
    return decision.answer;
  }
  const metadata::BrokerRegistration& Broker(int32_t id) {
    return *cluster_.image().FindBroker(BrokerId(id));
  }
  metadata::PartitionView PartitionOf(const std::string& topic, int32_t index = 0) {
    return cluster_.image().FindTopicByName(topic)->partition(index);
  }
  std::string Partition(const std::string& topic, int32_t index = 0) {
    return ToText(PartitionOf(topic, index));
  }
  std::optional<Uuid> DirectoryOf(const std::string& topic, size_t position) {
    return PartitionOf(topic).directory(position);
  }
  Decision<broker::v1::HeartbeatResponse> Heartbeat(const broker::v1::HeartbeatRequest& request) {
    return DecideHeartbeat(cluster_.view(), request, /*others_know=*/true, cluster_.context());
  }
  broker::v1::HeartbeatRequest Failure(int32_t id, const std::vector<Uuid>& directories) {
    auto request = cluster_.HeartbeatOf(id);
    for (const Uuid& directory : directories) {
      request.add_offline_log_directories(std::string(directory.bytes()));
    }
    return request;
  }

  DecisionFixture cluster_;
};

TEST_F(LogDirectoriesTest, ADirectoryBelongsToOneBroker) {
  cluster_.StartWith(1, {kA, kB});
  const auto answer = Register(2, {kB, kC});
  ASSERT_TRUE(std::holds_alternative<Error>(answer));
  EXPECT_EQ(std::get<Error>(answer).code(), common::v1::INVALID_REGISTRATION);
  EXPECT_EQ(std::get<Error>(answer).message(),
            "the log directory " + kB.ToString() +
                " belongs to broker 1; give broker 2 a directory of its own, or unregister broker "
                "1 first");
  EXPECT_EQ(cluster_.image().FindBroker(BrokerId(2)), nullptr);
}

TEST_F(LogDirectoriesTest, ANewIncarnationKeepsItsDirectories) {
  cluster_.StartWith(1, {kA, kB});
  EXPECT_FALSE(std::holds_alternative<Error>(Register(1, {kA, kB}, /*life=*/2)));
}

TEST_F(LogDirectoriesTest, RegistrationsRefuseWrongDirectories) {
  for (const auto& directories :
       {std::vector<Uuid>{kA, kA}, {Uuid()}, {metadata::kLostDirectoryId}, {TestUuid(99)}}) {
    const auto answer = Register(1, directories);
    ASSERT_TRUE(std::holds_alternative<Error>(answer));
    EXPECT_EQ(std::get<Error>(answer).code(), common::v1::INVALID_REGISTRATION);
  }
}

TEST_F(LogDirectoriesTest, AReplicaInAFailedDirectoryLeavesItsIsrAndItsLeadership) {
  cluster_.StartWith(1, {kA, kB});
  cluster_.StartBrokers(3);
  cluster_.Create("led", {{1, 2, 3}});
  cluster_.Create("followed", {{2, 1}});
  cluster_.Create("elsewhere", {{1, 2}});
  cluster_.Create("unassigned", {{1, 2}});
  cluster_.Assign(1, "led", 0, kA);
  cluster_.Assign(1, "followed", 0, kA);
  cluster_.Assign(1, "elsewhere", 0, kB);

  const auto decision = Heartbeat(Failure(1, {kA}));
  EXPECT_EQ(decision.cause, "broker 1 reports that log directory " + kA.ToString() + " failed");
  EXPECT_EQ(decision.settled.changed, 2);
  EXPECT_EQ(decision.settled.leaders_moved, 1);
  EXPECT_EQ(decision.election_cause, ElectionCause::kLogDirectory);
  EXPECT_FALSE(std::get<broker::v1::HeartbeatResponse>(decision.answer).is_fenced());
  cluster_.Apply(decision);
  EXPECT_EQ(Partition("led"), "leader 2, isr 2,3 of 1,2,3, epochs 1/2");
  EXPECT_EQ(Partition("followed"), "leader 2, isr 2 of 2,1, epochs 0/2");
  EXPECT_EQ(Partition("elsewhere"), "leader 1, isr 1,2 of 1,2, epochs 0/1");
  EXPECT_EQ(Partition("unassigned"), "leader 1, isr 1,2 of 1,2, epochs 0/0");
  EXPECT_THAT(Broker(1).details->log_directories, ElementsAre(kB));
  EXPECT_FALSE(Broker(1).fenced);
}

TEST_F(LogDirectoriesTest, AFailureIsRecordedOnce) {
  cluster_.StartWith(1, {kA, kB});
  cluster_.Fail(1, {kA});
  EXPECT_THAT(Heartbeat(Failure(1, {kA})).records.records(), IsEmpty());
  EXPECT_THAT(Heartbeat(Failure(1, {kA, kC})).records.records(), IsEmpty()) << "kC is not its own";
  EXPECT_THAT(Heartbeat(cluster_.HeartbeatOf(1)).records.records(), IsEmpty())
      << "a directory comes back with a registration only";
  EXPECT_THAT(Broker(1).details->log_directories, ElementsAre(kB));
}

TEST_F(LogDirectoriesTest, TheLastIsrMemberStaysInTheIsrWithoutALeader) {
  cluster_.StartWith(1, {kA, kB});
  cluster_.StartBrokers(2);
  cluster_.Create("alone", {{1}});
  cluster_.Assign(1, "alone", 0, kA);
  cluster_.Fail(1, {kA});
  EXPECT_EQ(Partition("alone"), "no leader, isr 1 of 1, epochs 1/2");

  // The broker is fenced and unfenced: its directory is offline all the same.
  cluster_.Fence({BrokerId(1)});
  cluster_.Heartbeat(1);
  ASSERT_FALSE(Broker(1).fenced);
  EXPECT_EQ(Partition("alone"), "no leader, isr 1 of 1, epochs 1/2");

  // A new incarnation has the directory again.
  cluster_.StartWith(1, {kA, kB}, /*life=*/2);
  EXPECT_EQ(Partition("alone"), "leader 1, isr 1 of 1, epochs 2/3");
}

TEST_F(LogDirectoriesTest, AnUncleanElectionPassesOverAnOfflineDirectory) {
  cluster_.StartWith(1, {kA, kB});
  cluster_.StartBrokers(3);
  cluster_.Create("t", {{1, 2}}, {{"unclean.leader.election.enable", "true"}});
  cluster_.Assign(1, "t", 0, kA);
  cluster_.Fence({BrokerId(2)});
  cluster_.Fail(1, {kA});
  EXPECT_EQ(Partition("t"), "no leader, isr 1 of 1,2, epochs 1/3") << "broker 2 is fenced";
  cluster_.Heartbeat(2);
  EXPECT_EQ(Partition("t"), "leader 2, isr 2 of 1,2, epochs 2/4, recovering");
}

TEST_F(LogDirectoriesTest, ABrokerWhoseDirectoriesHaveAllFailedIsFencedAndStaysFenced) {
  cluster_.StartWith(1, {kA, kB});
  cluster_.StartBrokers(2);
  cluster_.Create("t", {{1, 2}});
  const auto decision = Heartbeat(Failure(1, {kA, kB}));
  EXPECT_EQ(decision.cause, "fence broker 1: all its log directories have failed");
  EXPECT_EQ(decision.election_cause, ElectionCause::kFence);
  cluster_.Apply(decision);
  EXPECT_TRUE(Broker(1).fenced);
  EXPECT_EQ(Partition("t"), "leader 2, isr 2 of 1,2, epochs 1/1");
  EXPECT_THAT(Heartbeat(Failure(1, {kA, kB})).records.records(), IsEmpty());
  cluster_.StartWith(1, {kA, kB}, /*life=*/2);
  EXPECT_FALSE(Broker(1).fenced);
}

TEST_F(LogDirectoriesTest, TheOnlyDirectoryOfABrokerFailsWithTheBroker) {
  cluster_.StartWith(1, {kA});
  cluster_.Fail(1, {kA});
  EXPECT_TRUE(Broker(1).fenced);
}

TEST_F(LogDirectoriesTest, AFencedBrokerReportsAFailureBeforeItIsUnfenced) {
  cluster_.StartWith(1, {kA, kB});
  cluster_.Create("alone", {{1}});
  cluster_.Assign(1, "alone", 0, kA);
  ASSERT_FALSE(std::holds_alternative<Error>(Register(1, {kA, kB}, /*life=*/2)));
  cluster_.Fail(1, {kA});
  EXPECT_TRUE(Broker(1).fenced) << "the next heartbeat unfences it";
  cluster_.Fail(1, {kA});
  EXPECT_FALSE(Broker(1).fenced);
  EXPECT_EQ(Partition("alone"), "no leader, isr 1 of 1, epochs 1/2");
}

TEST_F(LogDirectoriesTest, FailuresHaveNoEffectBelowMetadataVersion3) {
  DecisionFixture old;
  old.UpgradeTo(2);
  old.StartWith(1, {kA, kB});
  old.Fail(1, {kA});
  EXPECT_THAT(old.image().FindBroker(BrokerId(1))->details->log_directories, ElementsAre(kA, kB));
  old.Fail(1, {kA, kB});
  EXPECT_FALSE(old.image().FindBroker(BrokerId(1))->fenced);
}

TEST_F(LogDirectoriesTest, HeartbeatsWithMalformedFailuresAreRefused) {
  cluster_.StartWith(1, {kA, kB});
  auto request = cluster_.HeartbeatOf(1);
  request.add_offline_log_directories("short");
  auto error = CheckHeartbeat(cluster_.image(), request);
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->code(), common::v1::INVALID_REQUEST);
  EXPECT_THAT(error->message(), HasSubstr("5 bytes"));

  request = Failure(1, std::vector<Uuid>(metadata::kMaxLogDirectories + 1, kA));
  error = CheckHeartbeat(cluster_.image(), request);
  ASSERT_TRUE(error.has_value());
  EXPECT_THAT(error->message(), HasSubstr("65 failed log directories"));
}

TEST_F(LogDirectoriesTest, NewReplicasAreNotAssignedSoTheyTakeNoMemory) {
  cluster_.StartWith(1, {kA});
  cluster_.StartWith(2, {kB, kC});
  cluster_.Create("t", {{1, 2}});
  cluster_.Extend("t", 2);
  EXPECT_FALSE(cluster_.image().FindTopicByName("t")->has_extras());
}

// Who has the only copy must not lead with an empty disk.
TEST_F(LogDirectoriesTest, ADiskThatWasReplacedDoesNotLead) {
  cluster_.StartWith(1, {kA});
  cluster_.StartBrokers(2);
  cluster_.Create("alone", {{1}});
  cluster_.Create("shared", {{1, 2}});
  cluster_.StartWith(1, {kB}, /*life=*/2);
  EXPECT_EQ(DirectoryOf("alone", 0), kA);
  EXPECT_EQ(Partition("alone"), "no leader, isr 1 of 1, epochs 1/1");
  EXPECT_EQ(DirectoryOf("shared", 0), std::nullopt) << "it left the ISR";
  // The old disk returns.
  cluster_.StartWith(1, {kA}, /*life=*/3);
  EXPECT_EQ(Partition("alone"), "leader 1, isr 1 of 1, epochs 2/2");
}

TEST_F(LogDirectoriesTest, ADiskThatWasReplacedWhileItsBrokerWasUnregisteredDoesNotLead) {
  cluster_.StartWith(1, {kA});
  cluster_.Create("alone", {{1}});
  admin::v1::UnregisterBrokerRequest request;
  request.set_broker_id(1);
  request.set_force(true);
  cluster_.Apply(DecideUnregisterBroker(cluster_.view(), request, cluster_.context()));
  cluster_.StartWith(1, {kB}, /*life=*/2);
  EXPECT_EQ(Partition("alone"), "no leader, isr 1 of 1, epochs 1/1");
  EXPECT_EQ(DirectoryOf("alone", 0), kA);
}

TEST_F(LogDirectoriesTest, ASecondDiskLeavesTheReplicasWhereTheyAre) {
  cluster_.StartWith(1, {kA});
  cluster_.Create("alone", {{1}});
  cluster_.StartWith(1, {kA, kB}, /*life=*/2);
  EXPECT_EQ(Partition("alone"), "leader 1, isr 1 of 1, epochs 2/2");
  EXPECT_EQ(DirectoryOf("alone", 0), kA);
  cluster_.Fail(1, {kA});
  EXPECT_EQ(Partition("alone"), "no leader, isr 1 of 1, epochs 3/3");
}

}  // namespace
}  // namespace quorate::controller
