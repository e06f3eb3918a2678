#include "controller/decide/brokers/unregister_broker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "controller/testing/decision_fixture.h"

namespace quorate::controller {
namespace {

using admin::v1::UnregisterBrokerRequest;
using admin::v1::UnregisterBrokerResponse;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class UnregisterBrokerTest : public ::testing::Test {
 protected:
  UnregisterBrokerTest() {
    cluster_.UpgradeTo(2);
    cluster_.StartBrokers(3);
  }

  static UnregisterBrokerRequest Request(int32_t id, bool force = false) {
    UnregisterBrokerRequest request;
    request.set_broker_id(id);
    request.set_force(force);
    return request;
  }
  Decision<ItemResults> Decide(const UnregisterBrokerRequest& request,
                               const PartitionPlace& settle_from = {}) {
    Context context = cluster_.context();
    context.settle_from = settle_from;
    return DecideUnregisterBroker(cluster_.view(), request, context);
  }
  UnregisterBrokerResponse Unregister(const UnregisterBrokerRequest& request) {
    const Decision<ItemResults> decision = Decide(request);
    EXPECT_FALSE(decision.again);
    cluster_.Apply(decision);
    return ToResponse(request, std::get<ItemResults>(decision.answer));
  }
  bool IsRegistered(int32_t id) { return cluster_.image().FindBroker(BrokerId(id)) != nullptr; }
  std::string Partition(const std::string& topic) {
    return ToText(cluster_.image().FindTopicByName(topic)->partition(0));
  }

  DecisionFixture cluster_;
};

TEST_F(UnregisterBrokerTest, AFencedBrokerIsUnregisteredAndKeepsItsPlaceAmongTheReplicas) {
  cluster_.Create("t", {{1, 2}, {2, 3}, {1, 3}});
  cluster_.Fence({BrokerId(1)});
  const UnregisterBrokerResponse response = Unregister(Request(1));
  EXPECT_FALSE(response.has_error());
  EXPECT_EQ(response.replica_count(), 2);
  EXPECT_FALSE(IsRegistered(1));
  EXPECT_EQ(Partition("t"), "leader 2, isr 2 of 1,2, epochs 1/1");
  // It may register again, and then it is an ordinary broker.
  cluster_.Register(1);
  cluster_.Heartbeat(1);
  EXPECT_TRUE(cluster_.image().FindBroker(BrokerId(1))->active());
}

TEST_F(UnregisterBrokerTest, RefusalsNameTheReason) {
  const auto unfenced = Unregister(Request(1)).error();
  EXPECT_EQ(unfenced.code(), common::v1::INVALID_REQUEST);
  EXPECT_EQ(unfenced.message(),
            "broker 1 at broker-1:9092 is not fenced, so it is probably alive; stop it first, or "
            "force the request");
  const auto unknown = Unregister(Request(9, /*force=*/true)).error();
  EXPECT_EQ(unknown.code(), common::v1::BROKER_ID_NOT_REGISTERED);
  EXPECT_EQ(unknown.message(), "broker 9 is not registered");
  EXPECT_TRUE(IsRegistered(1));
}

TEST_F(UnregisterBrokerTest, NeedsMetadataVersion2) {
  DecisionFixture older;
  older.StartBrokers(1);
  older.Fence({BrokerId(1)});
  const auto decision = DecideUnregisterBroker(older.view(), Request(1), older.context());
  EXPECT_THAT(decision.records.records(), IsEmpty());
  const auto error = ToResponse(Request(1), std::get<ItemResults>(decision.answer)).error();
  EXPECT_EQ(error.code(), common::v1::UNSUPPORTED_VERSION);
  EXPECT_EQ(error.message(),
            "brokers can be unregistered from metadata version 2 on, but the cluster has version "
            "1; run 'quoratectl features upgrade' first");
}

TEST_F(UnregisterBrokerTest, AForcedOneLeavesItsIsrsAndLeadershipsInTheSameBatch) {
  cluster_.Create("led", {{1, 2, 3}});
  cluster_.Create("followed", {{2, 1}});
  const Decision<ItemResults> decision = Decide(Request(1, /*force=*/true));
  EXPECT_EQ(decision.settled.leaders_moved, 1);
  EXPECT_EQ(decision.cause, "unregister broker 1: forced");
  cluster_.Apply(decision);
  EXPECT_FALSE(IsRegistered(1));
  EXPECT_EQ(Partition("led"), "leader 2, isr 2,3 of 1,2,3, epochs 1/1");
  EXPECT_EQ(Partition("followed"), "leader 2, isr 2 of 2,1, epochs 0/1");
}

// Only its replica may have everything that was committed.
TEST_F(UnregisterBrokerTest, TheOnlyMemberOfAnIsrStaysInItWithoutALeader) {
  cluster_.Create("t", {{1}});
  Unregister(Request(1, /*force=*/true));
  EXPECT_EQ(Partition("t"), "no leader, isr 1 of 1, epochs 1/1");
  cluster_.Register(1, /*life=*/2);
  EXPECT_EQ(Partition("t"), "no leader, isr 1 of 1, epochs 1/1");
  cluster_.Heartbeat(1);
  EXPECT_EQ(Partition("t"), "leader 1, isr 1 of 1, epochs 2/2");
}

TEST_F(UnregisterBrokerTest, ADryRunTellsTheSameAndChangesNothing) {
  cluster_.Create("t", {{1, 2}});
  auto request = Request(1, /*force=*/true);
  request.set_validate_only(true);
  EXPECT_THAT(Decide(request).records.records(), IsEmpty());
  EXPECT_EQ(Unregister(request).replica_count(), 1);
  request.set_force(false);
  EXPECT_EQ(Unregister(request).error().code(), common::v1::INVALID_REQUEST);
  EXPECT_TRUE(IsRegistered(1));
}

TEST_F(UnregisterBrokerTest, AChangeOfManyPartitionsIsDecidedInParts) {
  cluster_.Create("t", /*partitions=*/60'000, /*factor=*/3);
  int parts = 0;
  PartitionPlace settle_from;
  for (bool again = true; again; ++parts) {
    EXPECT_TRUE(IsRegistered(1));
    const Decision<ItemResults> part = Decide(Request(1, /*force=*/true), settle_from);
    again = part.again;
    settle_from = part.settled.rest.value_or(PartitionPlace());
    cluster_.Apply(part);
  }
  EXPECT_GT(parts, 1);
  EXPECT_FALSE(IsRegistered(1));
  EXPECT_EQ(cluster_.view().tally.LoadOf(BrokerId(1)).leaders, 0);
}

TEST_F(UnregisterBrokerTest, IdleBrokersAreDroppedInOneBatch) {
  cluster_.Register(4);
  cluster_.Register(5);
  const std::vector<BrokerId> idle = {BrokerId(4), BrokerId(5)};
  const auto decision = DecideDropIdleBrokers(cluster_.view(), idle, cluster_.context());
  EXPECT_THAT(decision.records.records(), SizeIs(2));
  EXPECT_EQ(decision.cause, "drop broker 4, 5: fenced, without a replica and silent for long");
  cluster_.Apply(decision);
  EXPECT_FALSE(IsRegistered(4));
  EXPECT_FALSE(IsRegistered(5));
}

}  // namespace
}  // namespace quorate::controller
