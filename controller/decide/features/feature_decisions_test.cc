#include "controller/decide/features/feature_decisions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controller/testing/decision_fixture.h"
#include "metadata/broker_details.h"
#include "metadata/image_state.h"

namespace quorate::controller {
namespace {

using admin::v1::UpdateFeaturesRequest;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const uint32_t kLatest = metadata::kLatestMetadataVersion;

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
    return DecideUpdateFeatures(cluster_.view(), request, evidence_, cluster_.context());
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
            "there is no feature \"kraft.version\"; the features are metadata.version, "
            "eligible.leader.replicas.version, group.version, share.version, transaction.version");
  EXPECT_THAT(Refusal(1, std::string(10'000, 'x')).size(), ::testing::Lt(300u));
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

TEST_F(FeatureDecisionsTest, TheMetadataVersionIsNoDowngrade) {
  UpdateFeaturesRequest request = RequestFor(kLatest);
  request.mutable_updates(0)->set_downgrade(true);
  const Decision<ItemResults> decision = Decide(request);
  EXPECT_TRUE(decision.records.records().empty());
  EXPECT_EQ(OnlyItem(decision).message, "metadata.version is 1, so a downgrade cannot make it 3");
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

constexpr char kGroups[] = "group.version";
constexpr char kTransactions[] = "transaction.version";
constexpr char kElr[] = "eligible.leader.replicas.version";

// The log has metadata version 3. Brokers 1 and 2 support the first levels of all features.
class FeatureLevelDecisionsTest : public FeatureDecisionsTest {
 protected:
  FeatureLevelDecisionsTest() {
    cluster_.UpgradeTo(3);
    for (const int32_t id : {1, 2}) Support(id, {{kGroups, 1}, {kTransactions, 1}, {kElr, 1}});
  }

  // Broker `id` registers as another incarnation with these highest levels; fenced.
  void Support(int32_t id, const std::vector<std::pair<const char*, uint32_t>>& levels) {
    auto request = cluster_.RegistrationOf(id, ++life_);
    request.clear_features();
    AddSupportedFeature(&request, metadata::kMetadataVersionFeature, 1, 3);
    for (const auto& [name, max_level] : levels) AddSupportedFeature(&request, name, 0, max_level);
    const auto decision =
        DecideRegisterBroker(cluster_.view(), request, {.registered_one_is_gone = true},
                             DecisionFixture::kClusterId, cluster_.context());
    ASSERT_EQ(decision.records.records_size(), 1);
    cluster_.Apply(decision);
  }

  ItemResult Update(const char* feature, uint32_t level, bool downgrade = false) {
    UpdateFeaturesRequest request = RequestFor(level, feature);
    request.mutable_updates(0)->set_downgrade(downgrade);
    const Decision<ItemResults> decision = Decide(request);
    cluster_.Apply(decision);
    return OnlyItem(decision);
  }

  uint32_t LevelOf(std::string_view feature) const {
    return cluster_.image().Get<metadata::FeaturesImage>().LevelOf(*metadata::FindFeature(feature));
  }

  uint16_t life_ = 1;
};

TEST_F(FeatureLevelDecisionsTest, RowByRow) {
  const struct {
    const char* feature;
    uint32_t before;
    uint32_t level;
    bool downgrade;
    const char* refusal;
  } rows[] = {
      {kGroups, 0, 0, false, ""},
      {kGroups, 0, 1, false, ""},
      {kGroups, 1, 1, true, ""},
      {kGroups, 1, 0, true, ""},
      {kGroups, 1, 0, false,
       "group.version is 1 and cannot become 0 in an upgrade; use 'quoratectl features downgrade'"},
      {kGroups, 0, 1, true, "group.version is 0, so a downgrade cannot make it 1"},
      {kGroups, 0, 2, false,
       "group.version cannot become 2: the active controller supports level 1 at most"},
      {kTransactions, 0, 2, false,
       "transaction.version cannot become 2: broker 1 supports the levels 0 to 1: restart it with "
       "a program that supports level 2, or unregister it if it is gone; broker 2 supports the "
       "levels 0 to 1: restart it with a program that supports level 2, or unregister it if it is "
       "gone"},
      {kTransactions, 2, 1, true, ""},
      {kTransactions, 2, 0, true, ""},
      {"share.version", 0, 1, false,
       "share.version cannot become 1: broker 1 supports the levels 0 to 0: restart it with a "
       "program that supports level 1, or unregister it if it is gone; broker 2 supports the "
       "levels 0 to 0: restart it with a program that supports level 1, or unregister it if it is "
       "gone"},
      {kElr, 0, 1, false, ""},
      {kElr, 1, 0, true, ""},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(absl::StrFormat("%s %d to %d", row.feature, row.before, row.level));
    cluster_.Append(metadata::MakeFeatureLevelRecord(row.feature, row.before));
    const ItemResult item = Update(row.feature, row.level, row.downgrade);
    EXPECT_EQ(item.message, row.refusal);
    const bool is_refused = std::string_view(row.refusal) != "";
    EXPECT_EQ(item.code, is_refused ? static_cast<int>(common::v1::INVALID_UPDATE_VERSION) : 0);
    EXPECT_EQ(LevelOf(row.feature), is_refused ? row.before : row.level);
    cluster_.Append(metadata::MakeFeatureLevelRecord(row.feature, 0));
  }
}

TEST_F(FeatureLevelDecisionsTest, AFencedBrokerCountsUntilItIsUnregistered) {
  Support(2, {});
  EXPECT_THAT(Update(kElr, 1).message, HasSubstr("broker 2 supports the levels 0 to 0"));
  cluster_.Append(metadata::MakeUnregisterBrokerRecord(
      BrokerId(2), cluster_.image().FindBroker(BrokerId(2))->broker_epoch));
  EXPECT_EQ(Update(kElr, 1).code, 0);
  EXPECT_EQ(LevelOf(kElr), 1u);
}

TEST_F(FeatureLevelDecisionsTest, ALevelThatDoesNotChangeWritesNothing) {
  EXPECT_TRUE(Decide(RequestFor(0, kGroups)).records.records().empty());
}

TEST_F(FeatureLevelDecisionsTest, SeveralFeaturesChangeInOneEntry) {
  UpdateFeaturesRequest request = RequestFor(1, kGroups);
  *request.add_updates() = RequestFor(1, kElr).updates(0);
  *request.add_updates() = RequestFor(9, kTransactions).updates(0);
  const Decision<ItemResults> decision = Decide(request);
  EXPECT_EQ(decision.records.records_size(), 2);
  EXPECT_EQ(decision.cause, "UpdateFeatures group.version 1, eligible.leader.replicas.version 1");
  const auto& items = std::get<ItemResults>(decision.answer);
  EXPECT_EQ(items.at(2).code, common::v1::INVALID_UPDATE_VERSION);
}

TEST_F(FeatureDecisionsTest, OtherFeaturesNeedMetadataVersion3) {
  EXPECT_EQ(
      Refusal(1, kElr),
      "eligible.leader.replicas.version cannot become 1: it needs metadata version 3, but the "
      "cluster has version 1; run 'quoratectl features upgrade' first");
}

TEST_F(FeatureDecisionsTest, TheNewMetadataVersionCountsInTheSameRequest) {
  cluster_.UpgradeTo(2);
  for (const int32_t id : {1, 2}) cluster_.Register(id, /*life=*/2);
  UpdateFeaturesRequest request = RequestFor(1, kElr);
  *request.add_updates() = RequestFor(3).updates(0);
  const Decision<ItemResults> decision = Decide(request);
  for (const ItemResult& item : std::get<ItemResults>(decision.answer)) {
    EXPECT_EQ(item.code, 0) << item.message;
  }
  cluster_.Apply(decision);
  EXPECT_TRUE(cluster_.image().Get<metadata::FeaturesImage>().has_eligible_leader_replicas());
}

TEST_F(FeatureLevelDecisionsTest, TheEndOfEligibleReplicasKeepsWhoMayLead) {
  cluster_.UseEligibleLeaderReplicas();
  for (const int32_t id : {1, 2}) cluster_.Heartbeat(id);
  cluster_.Create("t", {{1, 2}}, {{"min.insync.replicas", "2"}});
  const auto text = [this] { return ToText(cluster_.image().FindTopicByName("t")->partition(0)); };
  const struct {
    uint32_t isr_mask;
    metadata::PartitionExtras extras;
    const char* after;
  } rows[] = {
      {0, {.elr_mask = 0b11, .last_known_leader_position = 0}, "no leader, isr 1,2 of 1,2"},
      {0, {.elr_mask = 0b10, .last_known_leader_position = 0}, "no leader, isr 2 of 1,2"},
      {0, {.last_known_leader_position = 1}, "no leader, isr 2 of 1,2"},
      {0b01, {.elr_mask = 0b10}, "no leader, isr 1 of 1,2"},
      {0b01, {.recovering = true}, "no leader, isr 1 of 1,2"},
  };
  for (const auto& row : rows) {
    cluster_.Append(metadata::MakeFeatureLevelRecord(kElr, 1));
    cluster_.Change("t", {.isr_mask = row.isr_mask, .extras = row.extras});
    EXPECT_EQ(Update(kElr, 0, /*downgrade=*/true).code, 0);
    EXPECT_THAT(text(), StartsWith(row.after));
    EXPECT_THAT(text(), AllOf(Not(HasSubstr("eligible")), Not(HasSubstr("last leader"))));
  }
}

TEST_F(FeatureLevelDecisionsTest, TheEndOfManyEligibleReplicasIsSplit) {
  cluster_.UseEligibleLeaderReplicas();
  for (const int32_t id : {1, 2}) cluster_.Heartbeat(id);
  constexpr int kPartitions = 5'000;
  cluster_.Create("t", std::vector<std::vector<int32_t>>(kPartitions, {1}));
  std::vector<metadata::PartitionChange> changes;
  for (int i = 0; i < kPartitions; ++i) {
    changes.push_back(
        {.partition = i, .extras = metadata::PartitionExtras{.last_known_leader_position = 0}});
  }
  const metadata::TopicPtr topic = cluster_.image().FindTopicByName("t");
  cluster_.Append(metadata::MakePartitionChangesRecord(topic->id(), changes));

  UpdateFeaturesRequest request = RequestFor(0, kElr);
  request.mutable_updates(0)->set_downgrade(true);
  Context context = cluster_.context();
  int parts = 0;
  for (bool again = true; again; ++parts) {
    const auto decision = DecideUpdateFeatures(cluster_.view(), request, evidence_, context);
    again = decision.again;
    EXPECT_EQ(decision.records.records_size(), again ? 1 : 2);
    cluster_.Apply(decision);
    EXPECT_EQ(LevelOf(kElr), again ? 1u : 0u);
    context.settle_from = decision.settled.rest.value_or(PartitionPlace());
  }
  EXPECT_GT(parts, 1);
  for (int i = 0; i < kPartitions; ++i) {
    ASSERT_EQ(cluster_.image().FindTopicByName("t")->partition(i).isr_mask(), 1u) << i;
  }
}

}  // namespace
}  // namespace quorate::controller
