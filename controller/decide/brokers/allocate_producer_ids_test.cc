#include "controller/decide/brokers/allocate_producer_ids.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <variant>

#include "controller/testing/decision_fixture.h"

namespace quorate::controller {
namespace {

using broker::v1::AllocateProducerIdsRequest;
using broker::v1::AllocateProducerIdsResponse;

class AllocateProducerIdsTest : public ::testing::Test {
 protected:
  AllocateProducerIdsTest() { cluster_.StartBrokers(2); }

  AllocateProducerIdsRequest Request(int32_t broker) {
    AllocateProducerIdsRequest request;
    request.set_broker_id(broker);
    request.set_broker_epoch(cluster_.image().FindBroker(BrokerId(broker))->broker_epoch);
    return request;
  }
  Decision<AllocateProducerIdsResponse> Decide(const AllocateProducerIdsRequest& request) {
    return DecideAllocateProducerIds(cluster_.view(), request, cluster_.context());
  }
  // Returns the first id of the block that the broker gets.
  int64_t Allocate(int32_t broker) {
    const auto decision = Decide(Request(broker));
    cluster_.Apply(decision);
    const auto& response = std::get<AllocateProducerIdsResponse>(decision.answer);
    EXPECT_EQ(response.producer_id_count(), 1000);
    return response.first_producer_id();
  }
  common::v1::Error Refuse(const AllocateProducerIdsRequest& request) {
    const auto decision = Decide(request);
    EXPECT_TRUE(decision.records.records().empty());
    return std::get<common::v1::Error>(decision.answer);
  }

  DecisionFixture cluster_;
};

TEST_F(AllocateProducerIdsTest, EveryBlockIsGivenOnce) {
  cluster_.UpgradeTo(3);
  EXPECT_EQ(Allocate(1), 0);
  EXPECT_EQ(Allocate(2), 1000);
  EXPECT_EQ(Allocate(1), 2000) << "a repeated request gets another block";
}

TEST_F(AllocateProducerIdsTest, AFencedBrokerGetsABlockToo) {
  cluster_.UpgradeTo(3);
  cluster_.Fence({BrokerId(1)});
  EXPECT_EQ(Allocate(1), 0);
}

TEST_F(AllocateProducerIdsTest, AnOldIncarnationGetsNothing) {
  cluster_.UpgradeTo(3);
  const AllocateProducerIdsRequest old = Request(1);
  cluster_.Register(1, /*life=*/2);
  EXPECT_EQ(Refuse(old).code(), common::v1::STALE_BROKER_EPOCH);
  AllocateProducerIdsRequest unknown;
  unknown.set_broker_id(9);
  EXPECT_EQ(Refuse(unknown).code(), common::v1::STALE_BROKER_EPOCH);
}

TEST_F(AllocateProducerIdsTest, NeedsMetadataVersion3) {
  const auto error = Refuse(Request(1));
  EXPECT_EQ(error.code(), common::v1::UNSUPPORTED_VERSION);
  EXPECT_EQ(error.message(),
            "there are producer ids from metadata version 3 on, but the cluster has version 1; run "
            "'quoratectl features upgrade' first");
}

TEST_F(AllocateProducerIdsTest, TheIdsEnd) {
  cluster_.UpgradeTo(3);
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  cluster_.Append(metadata::MakeProducerIdsRecord(BrokerId(1), 1, kMax - 1000));
  EXPECT_EQ(Allocate(1), kMax - 1000);
  const auto error = Refuse(Request(1));
  EXPECT_EQ(error.code(), common::v1::UNKNOWN_SERVER_ERROR);
  EXPECT_EQ(error.message(), "no producer ids are left: the next one would be 9223372036854775807");
}

}  // namespace
}  // namespace quorate::controller
