// A controller whose state differs from the others'. A failpoint falsifies the hash of its state,
// as defective memory would change the state itself.
#include <gmock/gmock.h>

#include "tests/process/topic_stream.h"

namespace quorate::testing {
namespace {

using ::testing::HasSubstr;

constexpr char kBroken[] = "--failpoints=server.state_hash=error";

class StateAuditTest : public ::testing::Test {
 protected:
  Cluster cluster_{{.controllers = 3,
                    .observers = 2,
                    .brokers = 1,
                    .controller_flags = {"--state-check-interval-ms=300"}}};
};

TEST_F(StateAuditTest, TheOneThatIsAloneWithItsStateEndsAndTheOthersGoOn) {
  cluster_.Start();
  const int broken = cluster_.Others(cluster_.AwaitActive()).front();
  cluster_.controller(broken).Kill();
  cluster_.StartController(broken, {kBroken});
  TopicStream stream(cluster_, "stream");
  const auto status = cluster_.controller(broken).Wait(kPatience);
  ASSERT_TRUE(status) << "it goes on with a state of its own";
  EXPECT_EQ(status->code, 1) << status->ToString();
  EXPECT_THAT(cluster_.controller(broken).Log(),
              HasSubstr("this controller is not with the majority and stops"));
  stream.AwaitMore(10);
  cluster_.StartController(broken);
  cluster_.AwaitReady();
  stream.AwaitMore(10);
  stream.Stop();
  client::AdminClient client = cluster_.Client();
  ExpectExactlyAcknowledged(client, stream);
}

TEST_F(StateAuditTest, AnActiveOneEndsToo) {
  cluster_.Start();
  const int broken = cluster_.AwaitActive();
  cluster_.controller(broken).Kill();
  // The others have much longer election timeouts, so the broken controller leads again.
  for (const int node : cluster_.Others(broken)) {
    cluster_.controller(node).Kill();
    cluster_.StartController(node,
                             {"--election-timeout-min-ms=5000", "--election-timeout-max-ms=6000"});
  }
  cluster_.StartController(broken, {kBroken});
  TopicStream stream(cluster_, "stream");
  const auto status = cluster_.controller(broken).Wait(kPatience);
  ASSERT_TRUE(status) << "it goes on with a state of its own";
  EXPECT_EQ(status->code, 1) << status->ToString();
  stream.AwaitMore(10);
  stream.Stop();
}

// There are as many broken observers as a majority of three, but observers do not count.
TEST_F(StateAuditTest, ObserversEndWithoutOutvotingTheVoters) {
  cluster_.Start();
  for (const int observer : {4, 5}) cluster_.StartController(observer, {kBroken});
  TopicStream stream(cluster_, "stream");
  for (const int observer : {4, 5}) {
    const auto status = cluster_.controller(observer).Wait(kPatience);
    ASSERT_TRUE(status) << "it goes on with a state of its own";
    EXPECT_EQ(status->code, 1) << status->ToString();
  }
  stream.AwaitMore(10);
  for (const int voter : {1, 2, 3}) EXPECT_TRUE(cluster_.controller(voter).Running());
  stream.Stop();
}

TEST_F(StateAuditTest, WithoutAMajorityAllSayItAndNobodyEnds) {
  cluster_.Start();
  // All controllers are stopped, so that none knows what controller 1 reported. Controller 1 stays
  // dead.
  for (const int node : {1, 2, 3}) cluster_.controller(node).Kill();
  cluster_.StartController(2, {kBroken});
  cluster_.StartController(3);
  TopicStream stream(cluster_, "stream");
  for (const int node : {2, 3}) {
    EXPECT_TRUE(WaitFor([&] {
      return cluster_.controller(node).Log().find("no state has a majority") != std::string::npos;
    })) << "controller "
        << node << " is silent";
  }
  stream.AwaitMore(10);
  for (const int node : {2, 3}) EXPECT_TRUE(cluster_.controller(node).Running());
  stream.Stop();
}

}  // namespace
}  // namespace quorate::testing
