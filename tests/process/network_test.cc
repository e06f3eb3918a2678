// The network drops, delays and cuts the traffic between controllers while every process is alive.
// The tests check which controller leads, what is served meanwhile, and that a controller that
// returns does no harm.
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/process/topic_stream.h"

namespace quorate::testing {
namespace {

using ::testing::Contains;
using ::testing::Not;

// The leader and its epoch.
struct Leadership {
  int leader = -1;
  int epoch = 0;

  friend bool operator==(const Leadership&, const Leadership&) = default;
  friend std::ostream& operator<<(std::ostream& os, const Leadership& l) {
    return os << "controller " << l.leader << " in epoch " << l.epoch;
  }
};

// Returns the leadership as `node` sees it. The leader is -1 if the node knows of none, and the
// epoch is 0 if the node does not answer.
Leadership SeenBy(Cluster& cluster, int node) {
  const auto seen = cluster.QuorumSeenBy(node);
  return seen ? Leadership{seen->leader_id(), seen->epoch()} : Leadership{};
}

Leadership AwaitLeadership(Cluster& cluster) {
  const int active = cluster.AwaitActive();
  return SeenBy(cluster, active);
}

bool KnowsOfNoLeader(Cluster& cluster, int node) {
  const auto seen = cluster.QuorumSeenBy(node);
  return seen && seen->leader_id() < 0;
}

// Returns whether one of `nodes` says that it leads in a later epoch itself.
bool LeadsAmong(Cluster& cluster, const std::vector<int>& nodes, const Leadership& before) {
  return std::any_of(nodes.begin(), nodes.end(), [&](int node) {
    const Leadership seen = SeenBy(cluster, node);
    return seen.leader == node && seen.epoch > before.epoch;
  });
}

// Expects that every controller sees this leadership.
void ExpectLeadership(Cluster& cluster, const Leadership& expected) {
  for (const int node : {1, 2, 3}) {
    EXPECT_EQ(SeenBy(cluster, node), expected) << "seen by controller " << node;
  }
}

client::AdminClient Impatient(const Cluster& cluster, int node) {
  return cluster.Client({node}, [](client::CallerOptions& options) {
    options.timeout = std::chrono::seconds(3);
    options.attempt_timeout = std::chrono::seconds(3);
  });
}

std::vector<std::string> StaleTopicNames(const Cluster& cluster, int node) {
  client::AdminClient client = cluster.Client({node});
  admin::v1::ListTopicsRequest request;
  request.set_allow_stale(true);
  std::vector<std::string> names;
  const auto response = Must(client.ListTopics(request));
  for (const auto& topic : response.topics()) names.push_back(topic.name());
  return names;
}

TEST(NetworkTest, AnIsolatedActiveControllerNeitherAcknowledgesNorServesReads) {
  Cluster cluster({.controllers = 3, .brokers = 1, .proxied_peers = true});
  cluster.Start();
  client::AdminClient client = cluster.Client();
  CreateTopic(client, "before", 1, 1);
  const Leadership old = AwaitLeadership(cluster);
  const std::vector<int> others = cluster.Others(old.leader);
  cluster.Isolate(old.leader);

  // The isolated leader still believes that it leads when these requests arrive, and must not rely
  // on that.
  admin::v1::CreateTopicsRequest request;
  request.add_topics()->set_name("unheard");
  client::AdminClient writer = Impatient(cluster, old.leader);
  const auto written = writer.CreateTopics(request);
  const auto* not_written = std::get_if<client::CallFailure>(&written);
  ASSERT_NE(not_written, nullptr) << "an isolated controller acknowledged a write";
  EXPECT_NE(not_written->kind, client::FailureKind::kRefused)
      << "it may have been appended: " << not_written->ToString();
  client::AdminClient reader = Impatient(cluster, old.leader);
  EXPECT_TRUE(std::holds_alternative<client::CallFailure>(reader.ListTopics({})))
      << "an isolated controller served a read";

  ASSERT_TRUE(WaitFor([&] { return LeadsAmong(cluster, others, old); }));
  client::AdminClient survivors = cluster.Client(others);
  CreateTopic(survivors, "during", 1, 1);
  EXPECT_THAT(StaleTopicNames(cluster, old.leader), Not(Contains("during")));
  EXPECT_TRUE(WaitFor([&] { return KnowsOfNoLeader(cluster, old.leader); }));

  cluster.Rejoin(old.leader);
  cluster.AwaitReady();
  const Leadership now = AwaitLeadership(cluster);
  EXPECT_NE(now.leader, old.leader);
  ExpectLeadership(cluster, now);
  client::AdminClient returned = cluster.Client({old.leader});
  EXPECT_EQ(TopicNames(returned), TopicNames(survivors));
  EXPECT_THAT(TopicNames(returned), Contains("during"));
}

// Because of pre-vote, a node that cannot win does not even raise its epoch.
TEST(NetworkTest, AFollowerThatReturnsDeposesNobody) {
  Cluster cluster({.controllers = 3, .brokers = 1, .proxied_peers = true});
  cluster.Start();
  const Leadership before = AwaitLeadership(cluster);
  const int lonely = cluster.Others(before.leader).front();
  TopicStream stream(cluster, "stream");
  for (int round = 0; round < 2; ++round) {
    cluster.Isolate(lonely);
    ASSERT_TRUE(WaitFor([&] { return KnowsOfNoLeader(cluster, lonely); }));
    stream.AwaitMore(20);  // it misses entries, and its election timeout may expire again
    EXPECT_EQ(SeenBy(cluster, lonely).epoch, before.epoch);
    cluster.Rejoin(lonely);
    cluster.AwaitReady();
    ExpectLeadership(cluster, before);
  }
  stream.Stop();
  client::AdminClient client = cluster.Client({lonely});
  ExpectExactlyAcknowledged(client, stream);
}

TEST(NetworkTest, AFollowerThatTheLeaderCannotReachDeposesNobody) {
  Cluster cluster({.controllers = 3,
                   .brokers = 1,
                   .proxied_peers = true,
                   .controller_flags = PatientElections()});
  cluster.Start();
  const Leadership before = AwaitLeadership(cluster);
  const int deaf = cluster.Others(before.leader).front();
  TopicStream stream(cluster, "stream");
  // If one direction is cut, the leader receives the vote requests of the deaf follower. If both
  // are cut, only the third controller does.
  for (const bool both : {false, true}) {
    if (both) {
      cluster.Separate(before.leader, deaf);
    } else {
      cluster.Swallow(before.leader, deaf);
    }
    ASSERT_TRUE(WaitFor([&] { return KnowsOfNoLeader(cluster, deaf); }));
    stream.AwaitMore(20);
    cluster.Rejoin(deaf);
    cluster.AwaitReady();
    ExpectLeadership(cluster, before);
  }
  stream.Stop();
  client::AdminClient client = cluster.Client({deaf});
  ExpectExactlyAcknowledged(client, stream);
}

// Both cases would last indefinitely if a leader were replaced only when it is silent.
TEST(NetworkTest, ALeaderThatIsOnlyHeardOrOnlyHearsIsReplaced) {
  Cluster cluster({.controllers = 3, .brokers = 1, .proxied_peers = true});
  cluster.Start();
  for (const bool is_heard : {true, false}) {
    const Leadership before = AwaitLeadership(cluster);
    const std::vector<int> others = cluster.Others(before.leader);
    for (const int other : others) {
      if (is_heard) {
        cluster.Swallow(other, before.leader);
      } else {
        cluster.Swallow(before.leader, other);
      }
    }
    ASSERT_TRUE(WaitFor([&] { return LeadsAmong(cluster, others, before); }))
        << "a leader that " << (is_heard ? "hears nobody" : "nobody hears") << " keeps its office";
    client::AdminClient survivors = cluster.Client(others);
    const std::string name = is_heard ? "heard" : "hears";
    CreateTopic(survivors, name, 1, 1);
    cluster.Rejoin(before.leader);
    cluster.AwaitReady();
    client::AdminClient returned = cluster.Client({before.leader});
    EXPECT_THAT(TopicNames(returned), Contains(name));
  }
}

TEST(NetworkTest, SlowLinksCommitAndFailOver) {
  Cluster cluster({.controllers = 3, .brokers = 1, .proxied_peers = true});
  cluster.Start();
  for (const int node : {1, 2, 3}) {
    for (const int peer : cluster.Others(node)) {
      cluster.PeerProxy(node, peer).Delay(std::chrono::milliseconds(20));
    }
  }
  const Leadership before = AwaitLeadership(cluster);
  TopicStream stream(cluster, "stream");
  stream.AwaitMore(30);
  ExpectLeadership(cluster, before);
  cluster.controller(before.leader).Kill();
  stream.AwaitMore(30);
  cluster.StartController(before.leader);
  cluster.AwaitReady();
  stream.Stop();
  for (const int node : {1, 2, 3}) {
    client::AdminClient client = cluster.Client({node});
    ExpectExactlyAcknowledged(client, stream);
  }
}

// A broken connection makes the follower suspect at once that the leader died. The pre-vote that
// follows finds that the leader is alive.
TEST(NetworkTest, ACutConnectionLosesNothingAndChangesNoLeader) {
  Cluster cluster({.controllers = 3, .brokers = 1, .proxied_peers = true});
  cluster.Start();
  const Leadership before = AwaitLeadership(cluster);
  const int follower = cluster.Others(before.leader).front();
  TopicStream stream(cluster, "stream");
  for (int round = 0; round < 20; ++round) {
    stream.AwaitMore(3);
    cluster.PeerProxy(before.leader, follower).Cut();
    if (round % 2 == 0) cluster.PeerProxy(follower, before.leader).Cut();
  }
  stream.AwaitMore(10);
  stream.Stop();
  cluster.AwaitReady();
  ExpectLeadership(cluster, before);
  client::AdminClient client = cluster.Client({follower});
  ExpectExactlyAcknowledged(client, stream);
}

}  // namespace
}  // namespace quorate::testing
