// Applies configs to an image, and checks which are refused.
#include "metadata/families/configs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "metadata/image_state.h"
#include "metadata/record_builders.h"
#include "metadata/testing/golden_records.h"
#include "metadata/testing/replay_fixture.h"

namespace quorate::metadata {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Lt;
using ::testing::Not;
using ::testing::SizeIs;

using ConfigsTest = ReplayTest;

const GoldenRecords kGolden([] {
  return std::vector<GoldenRecord>{
      {MakeConfigRecord(ConfigResourceType::kTopic, "orders", "k", "v"),
       "5210080212066f72646572731a016b220176"},
      {MakeConfigRecord(ConfigResourceType::kTopic, "orders", "k", ""),
       "520f080212066f72646572731a016b2200"},
      {MakeConfigRecord(ConfigResourceType::kBroker, "2", "k", std::nullopt),
       "520808041201321a016b"},
      {MakeConfigRecord(ConfigResourceType::kBroker, kDefaultOfBrokers, "k", "v"),
       "520808041a016b220176"},
  };
});

TEST_F(ConfigsTest, ConfigsAreSetAndDeleted) {
  CreateOrders(1);
  const auto topic = ConfigResourceType::kTopic;
  log_.MustAppend({MakeConfigRecord(topic, "orders", "a", "1"),
                   MakeConfigRecord(topic, "orders", "b", ""),
                   MakeConfigRecord(ConfigResourceType::kBroker, "3", "a", "2")});
  EXPECT_THAT(image().Configs(topic, "orders"),
              ElementsAre(std::pair("a", "1"), std::pair("b", "")));
  EXPECT_THAT(image().Configs(ConfigResourceType::kBroker, "3"), ElementsAre(std::pair("a", "2")));
  log_.MustAppend({MakeConfigRecord(topic, "orders", "a", std::nullopt),
                   MakeConfigRecord(topic, "orders", "none", std::nullopt)});
  EXPECT_THAT(image().Configs(topic, "orders"), ElementsAre(std::pair("b", "")));
  log_.MustAppend({MakeConfigRecord(topic, "orders", "b", std::nullopt)});
  int resources = 0;
  image().ForEachConfiguredResource([&](auto, const auto& name, const auto&) {
    ++resources;
    EXPECT_EQ(name, "3");
  });
  EXPECT_EQ(resources, 1);
}

TEST_F(ConfigsTest, TheDefaultOfAllBrokersNeedsMetadataVersion3) {
  const auto broker = ConfigResourceType::kBroker;
  const v1::Record record = MakeConfigRecord(broker, kDefaultOfBrokers, "a", "1");
  EXPECT_THAT(Contradicts(record), HasSubstr("needs metadata version 3"));
  log_.MustAppend({MakeMetadataVersionRecord(3), record, MakeConfigRecord(broker, "3", "a", "2")});
  EXPECT_THAT(image().Configs(broker, ""), ElementsAre(std::pair("a", "1")));
  EXPECT_THAT(image().Configs(broker, "3"), ElementsAre(std::pair("a", "2")));
  log_.MustAppend({MakeConfigRecord(broker, kDefaultOfBrokers, "a", std::nullopt)});
  EXPECT_THAT(image().Configs(broker, ""), IsEmpty());
}

TEST_F(ConfigsTest, ChangedResourcesAreFound) {
  CreateOrders(1);
  const auto topic = ConfigResourceType::kTopic;
  log_.MustAppend({MakeConfigRecord(topic, "orders", "a", "1"),
                   MakeConfigRecord(ConfigResourceType::kBroker, "3", "a", "2")});
  const MetadataImage before = image();
  const auto changes = [&] {
    std::vector<std::string> texts;
    image().Get<ConfigsImage>().ForEachChangedResource(
        before.Get<ConfigsImage>(),
        [&](ConfigResourceType, const std::string& name, const ConfigsImage::Values* old,
            const ConfigsImage::Values* now) {
          texts.push_back(absl::StrCat(name, ": ", old == nullptr ? "-" : old->at("a"), " ",
                                       now == nullptr ? "-" : now->at("a")));
        });
    std::sort(texts.begin(), texts.end());
    return texts;
  };
  EXPECT_THAT(changes(), IsEmpty());
  log_.MustAppend({MakeConfigRecord(topic, "orders", "a", "5"),
                   MakeConfigRecord(ConfigResourceType::kBroker, "3", "a", std::nullopt),
                   MakeConfigRecord(ConfigResourceType::kBroker, "4", "a", "7")});
  EXPECT_THAT(changes(), ElementsAre("3: 2 -", "4: - 7", "orders: 1 5"));
}

TEST_F(ConfigsTest, ConfigsOfNothingAreRefused) {
  const auto topic = ConfigResourceType::kTopic;
  EXPECT_THAT(Contradicts(MakeConfigRecord(topic, "orders", "a", "1")), HasSubstr("orders"));
  IsMalformed(MakeConfigRecord(ConfigResourceType::kBroker, "one", "a", "1"));
  IsMalformed(MakeConfigRecord(ConfigResourceType::kBroker, "03", "a", "1"));
  IsMalformed(MakeConfigRecord(ConfigResourceType::kBroker, "3", "", "1"));
  IsMalformed(MakeConfigRecord(static_cast<ConfigResourceType>(0), "3", "a", "1"));
  Refuse(absl::StatusCode::kUnimplemented,
         MakeConfigRecord(static_cast<ConfigResourceType>(16), "3", "a", "1"));
}

TEST_F(ConfigsTest, AnErrorIsShortAndPrintable) {
  const std::string name(5000, '\n');
  const std::string unknown =
      Contradicts(MakeConfigRecord(ConfigResourceType::kTopic, name, "a", "1"));
  EXPECT_THAT(unknown, AllOf(HasSubstr("\\n"), Not(HasSubstr("\n")), SizeIs(Lt(1000u))));
  const std::string malformed =
      IsMalformed(MakeConfigRecord(ConfigResourceType::kBroker, name, "a", "1"));
  EXPECT_THAT(malformed, AllOf(HasSubstr("\\n"), Not(HasSubstr("\n")), SizeIs(Lt(1000u))));
}

}  // namespace
}  // namespace quorate::metadata
