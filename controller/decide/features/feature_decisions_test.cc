#include "controller/decide/features/feature_decisions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controller/testing/decision_fixture.h"
#include "metadata/broker_details.h"

namespace quorate::controller {
namespace {

using admin::v1::UpdateFeaturesRequest;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr uint32_t kLatest = metadata::kLatestMetadataVersion;

// The log has metadata version 1. Controllers 1, 2 and 3 are voters in session, 4 is an observer;
// brokers 1 and 2 are unfenced. All of them support the latest version.
class FeatureDecisionsTest : public ::testing::Test {
 protected:
  FeatureDecisionsTest() {
    cluster_.StartBrokers(2);
    for (int id = 1; id <= 4; ++id) {
      evidence_.quorum.replicas.push_back({.key = {.node_id = NodeId(id)},
                                           .is_voter = id != 4,
                                           .in_session = true,
                                           .max_metadata_version = kLatest});
    }
    evidence_.brokers = {{BrokerId(1), kLatest}, {BrokerId(2), kLatest}};
  }

  static UpdateFeaturesRequest RequestFor(
      uint32_t level, std::string_view feature = metadata::kMetadataVersionFeature) {
    UpdateFeaturesRequest request;
    request.add_updates()->set_feature(std::string(feature));
    request.mutable_updates(0)->set_level(level);
    return request;
  }

  Decision<ItemResults> Decide(const UpdateFeaturesRequest& request) {
    return DecideUpdateFeatures(cluster_.view(), request, evidence_);
  }

  static ItemResult OnlyItem(const Decision<ItemResults>& decision) {
    const auto& items = std::get<ItemResults>(decision.answer);
    EXPECT_EQ(items.size(), 1u);
    return items.at(0);
  }

  void ExpectRaised(uint32_t level) {
    const Decision<ItemResults> decision = Decide(RequestFor(level));
    EXPECT_EQ(OnlyItem(decision).code, 0) << OnlyItem(decision).message;
    ASSERT_EQ(decision.records.records_size(), 1);
    EXPECT_EQ(decision.records.records(0).metadata_version().level(), level);
  }

  // Returns the message of the refusal.
  std::string Refusal(uint32_t level,
                      std::string_view feature = metadata::kMetadataVersionFeature) {
    const Decision<ItemResults> decision = Decide(RequestFor(level, feature));
    EXPECT_TRUE(decision.records.records().empty());
    EXPECT_EQ(OnlyItem(decision).code, common::v1::INVALID_UPDATE_VERSION);
    return OnlyItem(decision).message;
  }

  DecisionFixture cluster_;
  SupportEvidence evidence_;
};

TEST_F(FeatureDecisionsTest, ALevelThatAllProgramsSupportIsWritten) {
  const Decision<ItemResults> decision = Decide(RequestFor(kLatest));
  EXPECT_EQ(decision.cause, absl::StrFormat("UpdateFeatures metadata.version %d", kLatest));
  ExpectRaised(kLatest);
  cluster_.Apply(decision);
  EXPECT_EQ(cluster_.image().metadata_version(), kLatest);
}

TEST_F(FeatureDecisionsTest, TheCurrentLevelChangesNothing) {
  evidence_.quorum.replicas[1].max_metadata_version = 0;
  const Decision<ItemResults> decision = Decide(RequestFor(1));
  EXPECT_EQ(OnlyItem(decision).code, 0);
  EXPECT_TRUE(decision.records.records().empty());
}

TEST_F(FeatureDecisionsTest, ADryRunWritesNothing) {
  UpdateFeaturesRequest request = RequestFor(kLatest);
  request.set_validate_only(true);
  const Decision<ItemResults> decision = Decide(request);
  EXPECT_EQ(OnlyItem(decision).code, 0);
  EXPECT_TRUE(decision.records.records().empty());
}

TEST_F(FeatureDecisionsTest, ALowerLevelIsRefused) {
  cluster_.Apply(Decide(RequestFor(kLatest)));
  EXPECT_EQ(Refusal(1), "metadata.version is 3 and cannot become 1: a downgrade is not supported");
  EXPECT_THAT(Refusal(0), HasSubstr("a downgrade is not supported"));
}

TEST_F(FeatureDecisionsTest, ALevelThatThisProgramDoesNotSupportIsRefused) {
  EXPECT_EQ(Refusal(kLatest + 1),
            "metadata.version cannot become 4: the active controller supports metadata version 3 "
            "at most");
  EXPECT_THAT(Refusal(UINT32_MAX), HasSubstr("at most"));
}

TEST_F(FeatureDecisionsTest, AnOtherFeatureDoesNotExist) {
  EXPECT_EQ(Refusal(1, "kraft.version"),
            "there is no feature \"kraft.version\": the only one is metadata.version");
  EXPECT_THAT(Refusal(1, std::string(10'000, 'x')).size(), ::testing::Lt(200u));
}

TEST_F(FeatureDecisionsTest, AFeatureThatIsNamedTwiceIsRefusedTwice) {
  UpdateFeaturesRequest request = RequestFor(kLatest);
  *request.add_updates() = request.updates(0);
  *request.add_updates() = RequestFor(1, "other").updates(0);
  const Decision<ItemResults> decision = Decide(request);
  EXPECT_TRUE(decision.records.records().empty());
  const auto& items = std::get<ItemResults>(decision.answer);
  ASSERT_EQ(items.size(), 3u);
  EXPECT_EQ(items[0].code, common::v1::INVALID_REQUEST);
  EXPECT_EQ(items[1].code, common::v1::INVALID_REQUEST);
  EXPECT_EQ(items[2].code, common::v1::INVALID_UPDATE_VERSION);
}

TEST_F(FeatureDecisionsTest, AVoterOrObserverWithAnOlderProgramIsNamed) {
  evidence_.quorum.replicas[1].max_metadata_version = 1;
  EXPECT_EQ(Refusal(kLatest),
            "metadata.version cannot become 3: controller 2 supports metadata version 1 at most: "
            "start the new program there");
  evidence_.quorum.replicas[3].max_metadata_version = 1;
  EXPECT_THAT(Refusal(kLatest),
              AllOf(HasSubstr("controller 2 supports"), HasSubstr("; controller 4 supports")));
}

TEST_F(FeatureDecisionsTest, AVoterThatIsNotInSessionIsNamed) {
  evidence_.quorum.replicas[2].in_session = false;
  evidence_.quorum.replicas[2].max_metadata_version = 0;
  EXPECT_THAT(Refusal(kLatest), HasSubstr("controller 3 is a voter and not in session, so it is "
                                          "not known what it supports: start it"));
}

TEST_F(FeatureDecisionsTest, AnObserverThatHasNotSaidWhatItSupportsIsNamed) {
  evidence_.quorum.replicas[3].in_session = false;
  evidence_.quorum.replicas[3].max_metadata_version = 0;
  EXPECT_THAT(Refusal(kLatest), HasSubstr("controller 4 is an observer and not completely in "
                                          "session, so it is not known what it supports: try"));
}

TEST_F(FeatureDecisionsTest, ABrokerWithAnOlderProgramIsNamed) {
  evidence_.brokers[BrokerId(2)] = 1;
  EXPECT_EQ(Refusal(kLatest),
            "metadata.version cannot become 3: broker 2 supports metadata version 1 at most: start "
            "the new program there");
}

TEST_F(FeatureDecisionsTest, ABrokerThatHasNotSaidWhatItSupportsIsNamed) {
  evidence_.brokers[BrokerId(2)] = 0;
  EXPECT_THAT(Refusal(kLatest),
              HasSubstr("broker 2 has not sent a heartbeat to the active controller yet"));
}

TEST_F(FeatureDecisionsTest, ABrokerThatIsNotInSessionDoesNotCount) {
  evidence_.brokers.erase(BrokerId(2));
  ExpectRaised(kLatest);
}

TEST_F(FeatureDecisionsTest, AMessageNamesAtMostTenPrograms) {
  for (int id = 5; id <= 40; ++id) {
    evidence_.quorum.replicas.push_back(
        {.key = {.node_id = NodeId(id)}, .is_voter = false, .max_metadata_version = 1});
  }
  EXPECT_THAT(Refusal(kLatest), AllOf(StartsWith("metadata.version cannot become 3: controller 5 "),
                                      HasSubstr("controller 14 supports"),
                                      Not(HasSubstr("controller 15")), HasSubstr("; and 26 more")));
}

TEST_F(FeatureDecisionsTest, TheResponseHasTheLevelOfWhatSucceeded) {
  UpdateFeaturesRequest request = RequestFor(kLatest);
  *request.add_updates() = RequestFor(7, "other").updates(0);
  const auto decision = Decide(request);
  const auto response = ToResponse(request, std::get<ItemResults>(decision.answer));
  ASSERT_EQ(response.results_size(), 2);
  EXPECT_EQ(response.results(0).feature(), "metadata.version");
  EXPECT_EQ(response.results(0).level(), kLatest);
  EXPECT_FALSE(response.results(0).has_error());
  EXPECT_EQ(response.results(1).feature(), "other");
  EXPECT_EQ(response.results(1).level(), 0u);
  EXPECT_EQ(response.results(1).error().code(), common::v1::INVALID_UPDATE_VERSION);
}

TEST_F(FeatureDecisionsTest, ManyUpdatesAreTooManyOrLarge) {
  UpdateFeaturesRequest request = RequestFor(1);
  EXPECT_FALSE(CheckSize(request, {}));
  EXPECT_FALSE(IsLarge(request, cluster_.image()));
  for (int i = 1; i < 20'000; ++i) *request.add_updates() = request.updates(0);
  EXPECT_FALSE(CheckSize(request, {}));
  EXPECT_TRUE(IsLarge(request, cluster_.image()));
  *request.add_updates() = request.updates(0);
  EXPECT_EQ(CheckSize(request, {}).value().code(), common::v1::POLICY_VIOLATION);
}

}  // namespace
}  // namespace quorate::controller
