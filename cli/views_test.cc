// Tests of the text output for fixed responses. The texts are compared exactly, because scripts
// read them too.
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>

#include "cli/broker_description.h"
#include "cli/brokers.h"
#include "cli/cluster.h"
#include "cli/cluster_wait.h"
#include "cli/features.h"
#include "cli/quorum.h"
#include "cli/status.h"
#include "cli/topics.h"

namespace quorate::cli {
namespace {

template <typename Message>
Message FromText(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

constexpr int64_t kNowMs = 1'709'202'124'000;

// Three controllers, of which controller 3 has not answered for a long time.
admin::v1::DescribeQuorumResponse Quorum() {
  return FromText<admin::v1::DescribeQuorumResponse>(R"(
    cluster_id: "MkU3OEVBNTcwNTJENDM2Qg" leader_id: 2 epoch: 7 high_watermark: 12345
    answered_by: 2 from_leader: true leader_since_ms: 1709202120800
    voters { node_id: 1 directory_id: "2v_wzNH7TGO7YqAlKUKcpw" log_end_offset: 12345 lag: 0
             last_contact_age_ms: 40 last_caught_up_age_ms: 40 }
    voters { node_id: 2 directory_id: "JVmS8BqhS2mHLM7kAZBoJA" log_end_offset: 12345 lag: 0
             last_contact_age_ms: 0 last_caught_up_age_ms: 0 }
    voters { node_id: 3 log_end_offset: 11000 lag: 1345
             last_contact_age_ms: 250000 last_caught_up_age_ms: -1 })");
}

admin::v1::DescribeClusterResponse Cluster() {
  return FromText<admin::v1::DescribeClusterResponse>(R"(
    cluster_id: "MkU3OEVBNTcwNTJENDM2Qg" active_controller_id: 2 controller_epoch: 7
    active_since_ms: 1709202120800
    controllers { node_id: 1 client_endpoint: "127.0.0.1:9091" peer_endpoint: "127.0.0.1:9191"
                  in_session: true }
    controllers { node_id: 2 client_endpoint: "127.0.0.1:9092" peer_endpoint: "127.0.0.1:9192"
                  in_session: true }
    controllers { node_id: 3 peer_endpoint: "127.0.0.1:9193" }
    brokers { broker_id: 1 endpoint: "127.0.0.1:9291" rack: "a" endpoint_verified: true
              last_contact_age_ms: 700 metadata_end_offset: 12345 leader_count: 3 replica_count: 6
              reported_leader_count: 3 }
    brokers { broker_id: 2 endpoint: "127.0.0.1:9292" endpoint_verified: false fenced: true
              last_contact_age_ms: -1 metadata_end_offset: -1 replica_count: 6
              reported_leader_count: -1 }
    brokers { broker_id: 10 endpoint: "127.0.0.1:9293" endpoint_verified: true
              in_controlled_shutdown: true last_contact_age_ms: 12 metadata_end_offset: 12340
              leader_count: 2 replica_count: 6 reported_leader_count: 1 }
    topic_count: 1 partition_count: 6 offline_partition_count: 1
    under_replicated_partition_count: 6 end_offset: 12345 from_active_controller: true)");
}

TEST(ViewsTest, TopicsDescribe) {
  const auto topic = FromText<admin::v1::TopicDescription>(R"(
    name: "orders" topic_id: "8FZ4qjH1TLSPe-5nZVrbCQ" replication_factor: 3
    configs { key: "min.insync.replicas" value: "2" } configs { key: "retention.ms" value: "1" }
    partitions { partition: 0 leader_id: 1 leader_epoch: 0 replicas: [1, 2, 3] isr: [1, 2, 3] }
    partitions { partition: 1 leader_id: -1 leader_epoch: 12 replicas: [2, 3, 10] })");
  EXPECT_EQ(
      TopicText(topic),
      "Topic: orders  TopicId: 8FZ4qjH1TLSPe-5nZVrbCQ  PartitionCount: 2  ReplicationFactor: 3  "
      "Configs: min.insync.replicas=2,retention.ms=1\n"
      "  Topic: orders  Partition: 0  Leader: 1     Replicas: 1,2,3   Isr: 1,2,3  LeaderEpoch: 0\n"
      "  Topic: orders  Partition: 1  Leader: none  Replicas: 2,3,10  Isr:        LeaderEpoch: "
      "12\n");
}

TEST(ViewsTest, TopicsDescribeShowsWhatFewPartitionsHaveOnlyIfItIsSet) {
  const auto topic = FromText<admin::v1::TopicDescription>(R"(
    name: "orders" topic_id: "8FZ4qjH1TLSPe-5nZVrbCQ" replication_factor: 3
    partitions { partition: 0 leader_id: 1 replicas: [1, 2, 3] isr: [1] adding_replicas: [3]
                 removing_replicas: [1, 2] recovering: true
                 directories: ["9f-xw6GhS1CrhHuWmJ5fYg", "", ""] }
    partitions { partition: 1 leader_id: -1 replicas: [0, 2] eligible_leader_replicas: [2]
                 last_known_leader_id: 0 }
    partitions { partition: 2 leader_id: 1 replicas: [1, 2] isr: [1, 2] })");
  EXPECT_THAT(
      TopicText(topic),
      testing::EndsWith(
          "  Topic: orders  Partition: 0  Leader: 1     Replicas: 1,2,3  Isr: 1    LeaderEpoch: 0  "
          "AddingReplicas: 3  RemovingReplicas: 1,2  Recovering: yes  "
          "Directories: 9f-xw6GhS1CrhHuWmJ5fYg,-,-\n"
          "  Topic: orders  Partition: 1  Leader: none  Replicas: 0,2    Isr:      LeaderEpoch: 0  "
          "Elr: 2  LastKnownLeader: 0\n"
          "  Topic: orders  Partition: 2  Leader: 1     Replicas: 1,2    Isr: 1,2  "
          "LeaderEpoch: 0\n"));
}

TEST(ViewsTest, Status) {
  EXPECT_EQ(StatusText(Cluster(), Quorum(), kNowMs),
            R"(Cluster            MkU3OEVBNTcwNTJENDM2Qg
Active controller  2 in epoch 7 since 2024-02-29 10:22:00 UTC (3.2 s ago)
Quorum             2 of 3 voters in contact: tolerates no more failure
Brokers            2 of 3 running; fenced: 2
Partitions         6 in 1 topic: 1 offline, 6 under-replicated
High watermark     12345

NODE  ROLE    ENDPOINT        LOG END   LAG  LAST CONTACT    CAUGHT UP
   1  voter   127.0.0.1:9091    12345     0  40 ms ago       40 ms ago
   2  leader  127.0.0.1:9092    12345     0  -               -
   3  voter   ?                 11000  1345  4 min 10 s ago  ?

BROKER  ENDPOINT        RACK  LAST CONTACT  OFFSET  REPLICAS  LEADERS  TAKEN UP  STATE
     1  127.0.0.1:9291  a     700 ms ago     12345         6        3         3  running
     2  127.0.0.1:9292  -     ?                  ?         6        0         ?  fenced, did not answer at its endpoint
    10  127.0.0.1:9293  -     12 ms ago      12340         6        2         1  running, stopping
)");
}

TEST(ViewsTest, BrokersWithFailedLogDirectories) {
  auto cluster = Cluster();
  cluster.mutable_brokers(0)->add_offline_log_directories("8FZ4qjH1TLSPe-5nZVrbCQ");
  EXPECT_THAT(BrokersText(cluster), ::testing::HasSubstr("running, 1 log directory failed\n"));
  cluster.mutable_brokers(0)->add_offline_log_directories("9f-xw6GhS1CrhHuWmJ5fYg");
  EXPECT_THAT(BrokersText(cluster), ::testing::HasSubstr("running, 2 log directories failed\n"));
}

TEST(ViewsTest, BrokersDescribe) {
  const auto broker = FromText<admin::v1::Broker>(R"(
    broker_id: 3 broker_epoch: 20 incarnation_id: "2v_wzNH7TGO7YqAlKUKcpw"
    endpoint: "127.0.0.1:9293" rack: "a" endpoint_verified: true replica_count: 6 leader_count: 2
    listeners { name: "PUBLIC" endpoint: "b3:9092" security_protocol: SSL }
    features { name: "metadata.version" min_level: 1 max_level: 3 }
    log_directories: ["8FZ4qjH1TLSPe-5nZVrbCQ"]
    offline_log_directories: ["9f-xw6GhS1CrhHuWmJ5fYg"])");
  EXPECT_EQ(BrokerText(broker),
            R"(Broker         3, epoch 20, incarnation 2v_wzNH7TGO7YqAlKUKcpw
Endpoint       127.0.0.1:9293
Rack           a
State          running, 1 log directory failed
Partitions     holds 6, leads 2
Listener       PUBLIC, SSL at b3:9092
Feature        metadata.version, levels 1 to 3
Log directory  8FZ4qjH1TLSPe-5nZVrbCQ, online
Log directory  9f-xw6GhS1CrhHuWmJ5fYg, failed
)");
}

TEST(ViewsTest, StatusSaysThatMostBrokersAreOutOfContact) {
  auto cluster = Cluster();
  cluster.set_lost_broker_count(2);
  EXPECT_THAT(StatusText(cluster, Quorum(), kNowMs),
              ::testing::HasSubstr("2 of 3 running; fenced: 2; 2 OUT OF CONTACT with the active"));
}

TEST(ViewsTest, Features) {
  auto cluster = Cluster();
  cluster.set_metadata_version(1);
  cluster.mutable_controllers(0)->set_max_metadata_version(3);
  cluster.mutable_controllers(1)->set_max_metadata_version(2);
  cluster.mutable_brokers(0)->set_max_metadata_version(2);
  auto* observer = cluster.add_controllers();
  observer->set_node_id(4);
  observer->set_observer(true);
  observer->set_in_session(true);
  observer->set_max_metadata_version(10);
  EXPECT_EQ(FeaturesText(cluster), R"(FEATURE           FINALIZED  SUPPORTED
metadata.version          1          2

PROGRAM       METADATA VERSION  STATE
controller 1                 3  voter
controller 2                 2  voter
controller 3                 ?  voter, not in session
controller 4                10  observer
broker 1                     2  running
broker 2                     ?  fenced
broker 10                    ?  running
)");
}

TEST(ViewsTest, FeaturesBesidesTheMetadataVersion) {
  admin::v1::DescribeClusterResponse cluster;
  cluster.set_metadata_version(3);
  const auto add_feature = [&](const char* name, uint32_t level, uint32_t max_level) {
    auto* feature = cluster.add_features();
    feature->set_name(name);
    feature->set_level(level);
    feature->set_max_level(max_level);
  };
  add_feature("group.version", 0, 1);
  add_feature("transaction.version", 1, 2);
  for (const uint32_t max_level : {2, 1}) {
    auto* range = cluster.add_brokers()->add_features();
    range->set_name("transaction.version");
    range->set_max_level(max_level);
  }
  EXPECT_THAT(FeaturesText(cluster),
              ::testing::StartsWith("FEATURE              FINALIZED  SUPPORTED\n"
                                    "metadata.version             3          ?\n"
                                    "group.version                0          0\n"
                                    "transaction.version          1          1\n"));
}

// Any client can register brokers that never start.
TEST(ViewsTest, StatusDoesNotCountBrokersThatNeverTookPart) {
  auto cluster = Cluster();
  for (int32_t id = 100; id < 123; ++id) {
    auto* broker = cluster.add_brokers();
    broker->set_broker_id(id);
    broker->set_fenced(true);
  }
  EXPECT_THAT(
      StatusText(cluster, Quorum(), kNowMs),
      ::testing::HasSubstr("2 of 3 running; fenced: 2; registered, but fenced and without "
                           "a replica: 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, "
                           "110, 111, 112, 113, 114, 115, 116, 117, 118, 119 and 3 more\n"));
}

TEST(ViewsTest, StatusTellsOfTheDiskAndTheClockOfWhoAnswers) {
  auto quorum = Quorum();
  quorum.set_free_disk_bytes(int64_t{513} << 20);
  quorum.set_min_free_disk_bytes(int64_t{512} << 20);
  const std::string good = StatusText(Cluster(), quorum, kNowMs);
  EXPECT_THAT(good, ::testing::HasSubstr("Disk               513 MiB free at controller 2\n"));
  EXPECT_THAT(good, ::testing::Not(::testing::HasSubstr("Clock")));

  quorum.set_free_disk_bytes(int64_t{100} << 20);
  quorum.set_clock_behind_ms(90'000);
  const std::string bad = StatusText(Cluster(), quorum, kNowMs);
  EXPECT_THAT(
      bad, ::testing::HasSubstr("Disk               NEARLY FULL at controller 2: 100 MiB are free, "
                                "and below 512 MiB (--min-free-disk-bytes)"));
  EXPECT_THAT(bad,
              ::testing::HasSubstr("Clock              1 min 30 s BEHIND the time of the log at "
                                   "controller 2"));
}

TEST(ViewsTest, ToleranceCountsOnlyVotersInContact) {
  auto quorum = Quorum();
  quorum.mutable_voters(2)->set_last_contact_age_ms(80);
  EXPECT_EQ(ToleranceText(quorum), "3 of 3 voters in contact: tolerates 1 more failure");
  EXPECT_EQ(ToleratedFailures(quorum), 1);
  quorum.mutable_voters(0)->set_last_contact_age_ms(-1);
  quorum.mutable_voters(2)->set_last_contact_age_ms(60'000);
  EXPECT_EQ(ToleranceText(quorum),
            "1 of 3 voters in contact: no majority, so nothing can be decided");
  EXPECT_EQ(ToleratedFailures(quorum), -1);
}

TEST(ViewsTest, ObserversStandBehindTheVotersAndCountForNothing) {
  auto quorum = Quorum();
  *quorum.add_observers() = quorum.voters(0);
  quorum.mutable_observers(0)->set_node_id(4);
  EXPECT_EQ(ToleranceText(quorum), "2 of 3 voters in contact: tolerates no more failure");
  EXPECT_EQ(ToleratedFailures(quorum), 0);
  EXPECT_THAT(
      QuorumText(quorum, kNowMs),
      ::testing::EndsWith(
          "   3  voter     ?                         11000  1345  4 min 10 s ago  ?\n"
          "   4  observer  2v_wzNH7TGO7YqAlKUKcpw    12345     0  40 ms ago       40 ms ago\n"));
  EXPECT_THAT(StatusText(Cluster(), quorum, kNowMs), ::testing::HasSubstr("   4  observer  ?"));
}

TEST(ViewsTest, ControllersOutOfReachAreNamedWithTheAddressTried) {
  auto quorum = Quorum();
  EXPECT_EQ(ContactsText(quorum), "");
  quorum.set_answered_by(2);
  quorum.mutable_voters(0)->set_peer_address("127.0.0.1:9193");
  quorum.mutable_voters(0)->set_expected_peer_address("127.0.0.1:9191");
  quorum.mutable_voters(2)->set_peer_address("127.0.0.1:9393");
  quorum.mutable_voters(2)->set_contact_problem("Connection refused");
  EXPECT_EQ(ContactsText(quorum),
            "\nController 2 reaches controller 1 at 127.0.0.1:9193 instead of 127.0.0.1:9191: "
            "correct the address in its --voters\n"
            "Controller 2 cannot reach controller 3 at 127.0.0.1:9393: Connection refused\n");
  EXPECT_THAT(StatusText(Cluster(), quorum, kNowMs),
              ::testing::HasSubstr("cannot reach controller 3 at 127.0.0.1:9393"));
  EXPECT_THAT(QuorumText(quorum, kNowMs), ::testing::EndsWith(ContactsText(quorum)));
}

TEST(ViewsTest, AFollowerDoesNotPretendToKnow) {
  auto quorum = Quorum();
  quorum.set_from_leader(false);
  quorum.set_answered_by(1);
  EXPECT_EQ(ToleranceText(quorum), "3 voters; only the leader knows which are in contact");
  EXPECT_EQ(ToleratedFailures(quorum), std::nullopt);
  EXPECT_NE(QuorumText(quorum, kNowMs).find("Answered by     1, which is not the leader"),
            std::string::npos);
}

TEST(ViewsTest, QuorumDescribe) {
  EXPECT_EQ(QuorumText(Quorum(), kNowMs),
            R"(Cluster         MkU3OEVBNTcwNTJENDM2Qg
Leader          2 in epoch 7 since 2024-02-29 10:22:00 UTC (3.2 s ago)
Quorum          2 of 3 voters in contact: tolerates no more failure
High watermark  12345

NODE  ROLE    DIRECTORY               LOG END   LAG  LAST CONTACT    CAUGHT UP
   1  voter   2v_wzNH7TGO7YqAlKUKcpw    12345     0  40 ms ago       40 ms ago
   2  leader  JVmS8BqhS2mHLM7kAZBoJA    12345     0  -               -
   3  voter   ?                         11000  1345  4 min 10 s ago  ?
)");
}

TEST(ViewsTest, WithoutALeader) {
  auto quorum = Quorum();
  quorum.set_leader_id(-1);
  quorum.set_from_leader(false);
  EXPECT_EQ(LeaderText(quorum, kNowMs), "none (epoch 7)");
  EXPECT_EQ(ToleranceText(quorum), "no leader: 2 of 3 voters must be up and in contact");
}

TEST(ViewsTest, ALeaderWhoseClockIsAheadTookOverNow) {
  EXPECT_EQ(LeaderText(Quorum(), /*now_ms=*/1'709'202'000'000),
            "2 in epoch 7 since 2024-02-29 10:22:00 UTC (0 ms ago)");
}

TEST(ViewsTest, ClusterDescribe) {
  auto cluster = Cluster();
  cluster.mutable_controllers(2)->set_observer(true);
  EXPECT_EQ(ClusterText(cluster),
            R"(Cluster            MkU3OEVBNTcwNTJENDM2Qg
Active controller  2 in epoch 7
Brokers            3
Topics             1
Partitions         6 (1 offline, 6 under-replicated)
End offset         12345

CONTROLLER  ROLE      CLIENTS         PEERS           IN SESSION
         1  voter     127.0.0.1:9091  127.0.0.1:9191  yes
         2  voter     127.0.0.1:9092  127.0.0.1:9192  yes
         3  observer  ?               127.0.0.1:9193  no
)");
}

TEST(ViewsTest, BrokersView) {
  client::BrokerView view;
  view.broker = FromText<broker::v1::DescribeBrokerResponse>(R"(
    broker_id: 1 broker_epoch: 17 state: NO_CONTROLLER last_contact_age_ms: 4200
    last_metadata_age_ms: 5100 metadata_end_offset: 120 metadata_epoch: 3 leader_count: 1
    follower_count: 1 metadata_endpoint: "127.0.0.1:9092")");
  view.roles = FromText<broker::v1::ListRolesResponse>(R"(
    roles { topic: "orders" partition: 0 role: ROLE_LEADER leader_epoch: 2 leader_id: 1
            metadata_end_offset: 99 }
    roles { topic: "orders" partition: 1 role: ROLE_FOLLOWER leader_epoch: 0 leader_id: -1
            metadata_end_offset: 42 })");
  EXPECT_EQ(BrokerViewText(view),
            R"(Broker      1, epoch 17
State       no controller: keeps its last image and roles
Controller  -, last contact 4.2 s ago
Metadata    end offset 120 of epoch 3, from 127.0.0.1:9092, last update 5.1 s ago
Roles       leads 1, follows 1

TOPIC   PARTITION  ROLE      LEADER  LEADER EPOCH  OFFSET
orders          0  leader         1             2      99
orders          1  follower    none             0      42
)");

  view.roles.clear_roles();
  view.topics = FromText<broker::v1::DescribeTopicsResponse>(R"(
    topics { name: "a" topic_id: "8FZ4qjH1TLSPe-5nZVrbCQ" replication_factor: 1
             partitions { leader_id: 1 replicas: 1 isr: 1 } })");
  EXPECT_THAT(BrokerViewText(view),
              testing::EndsWith("leads 1, follows 1\n\n" + TopicText(view.topics->topics(0))));
}

TEST(ViewsTest, VotersBehind) {
  auto quorum = Quorum();
  const std::string gone = "voter 3: not in contact with the active controller, 2";
  EXPECT_THAT(VotersBehind(quorum, 1000), testing::ElementsAre(gone));
  quorum.mutable_voters(0)->set_lag(1);
  EXPECT_THAT(
      VotersBehind(quorum, 0),
      testing::ElementsAre("voter 1: more than 0 offsets behind the active controller, 2", gone));
  quorum.mutable_voters(2)->set_last_contact_age_ms(80);
  EXPECT_THAT(VotersBehind(quorum, 1), testing::ElementsAre("voter 3: more than 1 offset behind "
                                                            "the active controller, 2"));
  EXPECT_THAT(VotersBehind(quorum, 1345), testing::IsEmpty());
  quorum.mutable_voters(2)->set_lag(-1);
  EXPECT_THAT(VotersBehind(quorum, 1345),
              testing::ElementsAre("voter 3: its lag is not known yet"));
}

}  // namespace
}  // namespace quorate::cli
