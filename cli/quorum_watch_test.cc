#include "cli/quorum_watch.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "absl/strings/str_format.h"
#include "base/check.h"

namespace quorate::cli {
namespace {

std::optional<admin::v1::DescribeQuorumResponse> View(int epoch, int leader, bool from_leader,
                                                      int64_t age_of_2_ms = 10) {
  admin::v1::DescribeQuorumResponse view;
  CHECK(google::protobuf::TextFormat::ParseFromString(
      absl::StrFormat("epoch: %d leader_id: %d from_leader: %s "
                      "voters { node_id: 1 } "
                      "voters { node_id: 2 last_contact_age_ms: %d } "
                      "voters { node_id: 3 last_contact_age_ms: 20 }",
                      epoch, leader, from_leader ? "true" : "false", age_of_2_ms),
      &view));
  return view;
}

TEST(QuorumWatchTest, TheLeadersViewCounts) {
  EXPECT_EQ(QuorumStateText({View(3, 1, false), View(3, 1, true), std::nullopt}),
            "leader 1 in epoch 3; 3 of 3 voters in contact");
  EXPECT_EQ(QuorumStateText({View(3, 1, true, 60'000)}),
            "leader 1 in epoch 3; 2 of 3 voters in contact, without 2");
}

// A leader that was cut off may still believe that it leads.
TEST(QuorumWatchTest, TheLatestEpochCounts) {
  EXPECT_EQ(QuorumStateText({View(3, 1, true), View(4, -1, false)}), "no leader in epoch 4");
  EXPECT_EQ(QuorumStateText({View(3, 1, true), View(4, 2, false)}),
            "leader 2 in epoch 4; it does not answer here");
}

TEST(QuorumWatchTest, NobodyAnswers) {
  EXPECT_EQ(QuorumStateText({std::nullopt, std::nullopt}), "no controller answers");
}

TEST(QuorumWatchTest, ObserversAreCounted) {
  auto view = View(3, 1, true);
  view->add_observers()->set_node_id(4);
  EXPECT_EQ(QuorumStateText({view}), "leader 1 in epoch 3; 3 of 3 voters in contact; 1 observer");
}

}  // namespace
}  // namespace quorate::cli
