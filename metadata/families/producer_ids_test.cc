// Applies blocks of producer ids to an image, and checks which are refused.
#include "metadata/families/producer_ids.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "metadata/image_state.h"
#include "metadata/record_builders.h"
#include "metadata/testing/golden_records.h"
#include "metadata/testing/replay_fixture.h"

namespace quorate::metadata {
namespace {

using ::testing::HasSubstr;

const GoldenRecords kGolden([] {
  return std::vector<GoldenRecord>{
      {MakeProducerIdsRecord(BrokerId(2), 1000, 3000), "7a08080210e80718b817"},
      {MakeProducerIdsRecord(BrokerId(-1), -1, 1000),
       "7a1908ffffffffffffffffff0110ffffffffffffffffff0118e807"},
  };
});

class ProducerIdsTest : public ReplayTest {
 protected:
  ProducerIdsTest() { log_.MustAppend({MakeMetadataVersionRecord(kProducerIdsVersion)}); }

  int64_t next() { return image().Get<ProducerIdsImage>().next_producer_id(); }
};

TEST_F(ProducerIdsTest, TheNextIdGrows) {
  EXPECT_EQ(next(), 0);
  log_.MustAppend({MakeProducerIdsRecord(BrokerId(0), 0, 1000)});
  EXPECT_EQ(next(), 1000);
  log_.MustAppend({MakeProducerIdsRecord(BrokerId(2), 7, 2000)});
  EXPECT_EQ(next(), 2000);
  EXPECT_THAT(Contradicts(MakeProducerIdsRecord(BrokerId(2), 7, 2000)),
              HasSubstr("the next producer id is 2000 after 2000"));
}

TEST_F(ProducerIdsTest, MalformedBlocksAreRefused) {
  EXPECT_THAT(IsMalformed(MakeProducerIdsRecord(BrokerId(2), 7, 0)),
              HasSubstr("the next producer id is 0"));
  EXPECT_THAT(IsMalformed(MakeProducerIdsRecord(BrokerId(-1), -1, 1000)),
              HasSubstr("broker -1 with epoch -1"));
  EXPECT_THAT(IsMalformed(MakeProducerIdsRecord(BrokerId(2), -1, 1000)),
              HasSubstr("broker 2 with epoch -1"));
}

TEST(ProducerIdsVersionTest, ABlockNeedsMetadataVersion3) {
  TestLog log;
  log.MustAppend({MakeMetadataVersionRecord(2)});
  EXPECT_EQ(log.Append({MakeProducerIdsRecord(BrokerId(2), 7, 1000)}).code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace quorate::metadata
