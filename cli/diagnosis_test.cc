#include "cli/diagnosis.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "cli/doctor.h"

namespace quorate::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int64_t kNowMs = 1'800'000'000'000;

template <typename T>
T FromText(const std::string& text) {
  T message;
  CHECK(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

// A controller that answers with its metrics. Controller 1 is active.
ProcessFacts Controller(int id) {
  ProcessFacts facts = {.endpoint = absl::StrFormat("127.0.0.1:909%d", id)};
  facts.quorum = FromText<admin::v1::DescribeQuorumResponse>(absl::StrFormat(
      R"(leader_id: 1 epoch: 3 high_watermark: 100 answered_by: %d from_leader: %s
         free_disk_bytes: 100000000000 min_free_disk_bytes: 500000000
         voters { node_id: 1 log_end_offset: 100 }
         voters { node_id: 2 log_end_offset: 100 last_contact_age_ms: 20 }
         voters { node_id: 3 log_end_offset: 100 last_contact_age_ms: 30 })",
      id, id == 1 ? "true" : "false"));
  facts.metrics = ParseMetrics(
      "# HELP x y\n"
      "process_open_fds 50\nprocess_max_fds 1000\n"
      "quorate_build_info{program=\"quorate-controller\",version=\"0.1.0\"} 1\n"
      "quorate_clock_seconds 1800000000\n"
      "quorate_loop_longest_task_seconds{loop=\"raft\"} 0.001\n");
  facts.metrics_at_ms = kNowMs + 5;
  facts.metrics_took_ms = 10;
  return facts;
}

ClusterFacts Healthy() {
  ClusterFacts facts;
  facts.processes = {Controller(1), Controller(2), Controller(3)};
  facts.cluster = FromText<admin::v1::DescribeClusterResponse>(R"(
    active_controller_id: 1 topic_count: 1 partition_count: 6 end_offset: 100 metadata_version: 2
    controllers { node_id: 1 max_metadata_version: 2 }
    controllers { node_id: 2 max_metadata_version: 2 }
    brokers { broker_id: 1 rack: "a" endpoint: "b1:1" endpoint_verified: true replica_count: 6
              metadata_end_offset: 100 last_contact_age_ms: 5 max_metadata_version: 2 }
    brokers { broker_id: 2 rack: "b" endpoint: "b2:1" endpoint_verified: true replica_count: 6
              metadata_end_offset: 100 last_contact_age_ms: 5 max_metadata_version: 2 })");
  facts.topics = FromText<admin::v1::DescribeTopicsResponse>(R"(
    topics { name: "orders" replication_factor: 2 })");
  return facts;
}

// Returns the ids of the findings, in order.
std::vector<std::string> Ids(const ClusterFacts& facts) {
  std::vector<std::string> ids;
  for (const Finding& finding : Diagnose(facts)) {
    ids.push_back(SeverityName(finding.severity) + " " + finding.id);
  }
  return ids;
}

TEST(DiagnosisTest, AHealthyClusterHasNoFinding) {
  EXPECT_THAT(Ids(Healthy()), IsEmpty());
  EXPECT_EQ(FindingsText(Diagnose(Healthy())), "Nothing is wrong.\n");
}

TEST(DiagnosisTest, WithoutAnActiveController) {
  ClusterFacts facts = Healthy();
  facts.cluster.reset();
  facts.topics.reset();
  for (ProcessFacts& process : facts.processes) {
    process.quorum->set_leader_id(-1);
    process.quorum->set_from_leader(false);
  }
  facts.processes[1] = {.endpoint = "127.0.0.1:9092", .problem = "connection refused"};
  facts.processes[2] = {.endpoint = "127.0.0.1:9093", .problem = "connection refused"};
  EXPECT_THAT(Ids(facts), ElementsAre("CRITICAL no-active-controller", "WARNING unreachable",
                                      "WARNING unreachable"));
  EXPECT_THAT(Diagnose(facts)[0].cause, "these do not answer: 127.0.0.1:9092, 127.0.0.1:9093");
}

TEST(DiagnosisTest, TheActiveControllerMayNotBeAsked) {
  ClusterFacts facts = Healthy();
  facts.processes.erase(facts.processes.begin());
  EXPECT_THAT(Ids(facts), ElementsAre("WARNING active-not-asked"));
  EXPECT_THAT(Diagnose(facts)[0].evidence,
              HasSubstr("controller 2 (127.0.0.1:9092) follows controller 1"));
}

TEST(DiagnosisTest, AVoterOutOfContactLeavesNoRedundancy) {
  ClusterFacts facts = Healthy();
  auto* voter = facts.processes[0].quorum->mutable_voters(1);
  voter->set_last_contact_age_ms(60'000);
  voter->set_peer_address("127.0.0.1:9192");
  voter->set_contact_problem("Connection refused");
  EXPECT_THAT(Ids(facts), ElementsAre("WARNING voter-out-of-contact", "WARNING no-redundancy"));
  EXPECT_THAT(
      FindingsText(Diagnose(facts)),
      AllOf(HasSubstr("WARNING   controller 2 is out of contact with the active controller, "
                      "1\n          Cause     Connection refused\n"
                      "          Evidence  last contact 1 min 0 s ago at 127.0.0.1:9192\n"),
            HasSubstr("\n2 WARNING\n")));
}

TEST(DiagnosisTest, ALaggingAndAMovedVoter) {
  ClusterFacts facts = Healthy();
  facts.processes[0].quorum->mutable_voters(1)->set_lag(20'000);
  facts.processes[0].quorum->mutable_voters(2)->set_expected_peer_address("a:1");
  EXPECT_THAT(Ids(facts), ElementsAre("WARNING voter-lags", "NOTE voter-moved"));
}

TEST(DiagnosisTest, EvenAndSingleVoters) {
  ClusterFacts facts = Healthy();
  facts.processes[0].quorum->mutable_voters()->RemoveLast();
  EXPECT_THAT(Ids(facts), ElementsAre("WARNING no-redundancy", "NOTE even-quorum"));
  facts.processes[0].quorum->mutable_voters()->RemoveLast();
  EXPECT_THAT(Ids(facts), ElementsAre("NOTE single-voter"));
}

TEST(DiagnosisTest, Disks) {
  ClusterFacts facts = Healthy();
  facts.processes[0].quorum->set_free_disk_bytes(1);
  facts.processes[1].quorum->set_free_disk_bytes(2);
  facts.processes[2].quorum->set_free_disk_bytes(600'000'000);
  EXPECT_THAT(Ids(facts),
              ElementsAre("CRITICAL disk-full", "WARNING disk-full", "WARNING disk-filling"));
}

TEST(DiagnosisTest, Clocks) {
  ClusterFacts facts = Healthy();
  facts.processes[1].metrics["quorate_clock_seconds"] = 1'800'000'000 + 0.9;
  EXPECT_THAT(Ids(facts), IsEmpty());
  facts.processes[1].metrics["quorate_clock_seconds"] = 1'800'000'000 + 30;
  EXPECT_THAT(Ids(facts), ElementsAre("WARNING clock-skew"));
  EXPECT_THAT(Diagnose(facts)[0].evidence,
              HasSubstr("controller 2 (127.0.0.1:9092) is 30.0 s ahead of this machine"));
  // An answer that took long says less about the clock.
  facts.processes[1].metrics_took_ms = 60'000;
  EXPECT_THAT(Ids(facts), IsEmpty());
  facts.processes[2].quorum->set_clock_behind_ms(70'000);
  EXPECT_THAT(Ids(facts), ElementsAre("WARNING clock-behind-log"));
}

TEST(DiagnosisTest, ProcessesUnderPressure) {
  ClusterFacts facts = Healthy();
  facts.processes[0].metrics["process_open_fds"] = 900;
  facts.processes[1].metrics["quorate_loop_longest_task_seconds{loop=\"raft\"}"] = 1.5;
  facts.processes[2].metrics["quorate_log_lines_dropped_total"] = 3;
  EXPECT_THAT(Ids(facts),
              ElementsAre("WARNING descriptors", "NOTE slow-loop", "NOTE log-lines-dropped"));
  EXPECT_EQ(Diagnose(facts)[1].evidence, "longest task: raft 1.5 s");
}

TEST(DiagnosisTest, FrequentElectionsAndTheirCause) {
  ClusterFacts facts = Healthy();
  const auto elections = [&facts](int controller, int died, int timeout) {
    facts.processes[controller - 1].metrics.merge(
        ParseMetrics(absl::StrFormat("process_start_time_seconds 1799996400\n"
                                     "quorate_raft_elections_total{cause=\"start\"} 1\n"
                                     "quorate_raft_elections_total{cause=\"transfer\"} 20\n"
                                     "quorate_raft_elections_total{cause=\"leader_died\"} %d\n"
                                     "quorate_raft_elections_total{cause=\"timeout\"} %d\n",
                                     died, timeout)));
  };
  elections(1, 1, 1);
  EXPECT_THAT(Ids(facts), IsEmpty());
  elections(2, 4, 1);
  facts.processes[0].metrics["quorate_peer_deaths_total{peer=\"2\"}"] = 1;
  facts.processes[0].metrics["quorate_peer_deaths_total{peer=\"3\"}"] = 3;
  facts.processes[1].metrics["quorate_peer_deaths_total{peer=\"3\"}"] = 4;
  EXPECT_THAT(Ids(facts), ElementsAre("WARNING frequent-elections"));
  EXPECT_EQ(Diagnose(facts)[0].evidence,
            "controller 1 (127.0.0.1:9091) stood 2 times in 1 h 0 min (leader died 1, timeout 1), "
            "controller 2 (127.0.0.1:9092) stood 5 times in 1 h 0 min (leader died 4, timeout 1)");
  EXPECT_EQ(Diagnose(facts)[0].cause,
            "the connections to controller 3 broke most often: its process ends, or its network "
            "fails");
  facts.processes[0].metrics["quorate_raft_leadership_ends_total{reason=\"disk_stalled\"}"] = 2;
  EXPECT_THAT(Diagnose(facts)[0].cause,
              HasSubstr("the disk of controller 1 (127.0.0.1:9091) hung; the connections"));
  // The same number in ten days is not frequent.
  for (const int i : {0, 1}) {
    facts.processes[i].metrics["process_start_time_seconds"] -= 240 * 3600;
  }
  EXPECT_THAT(Ids(facts), IsEmpty());
}

TEST(DiagnosisTest, ElectionsByTimeoutPointToTheNetwork) {
  ClusterFacts facts = Healthy();
  facts.processes[2].metrics.merge(
      ParseMetrics("process_start_time_seconds 1799999400\n"
                   "quorate_raft_elections_total{cause=\"timeout\"} 3\n"));
  EXPECT_THAT(Ids(facts), ElementsAre("WARNING frequent-elections"));
  EXPECT_THAT(Diagnose(facts)[0].cause, HasSubstr("heartbeats came too late"));
}

TEST(DiagnosisTest, ElectionsOfAllControllersCountTogether) {
  ClusterFacts facts = Healthy();
  for (ProcessFacts& process : facts.processes) {
    process.metrics.merge(
        ParseMetrics("process_start_time_seconds 1799999400\n"
                     "quorate_raft_elections_total{cause=\"leader_died\"} 1\n"));
  }
  EXPECT_THAT(Ids(facts), ElementsAre("WARNING frequent-elections"));
  EXPECT_THAT(Diagnose(facts)[0].evidence,
              HasSubstr("controller 3 (127.0.0.1:9093) stood 1 time in 10 min 0 s"));
}

TEST(DiagnosisTest, SlowDisks) {
  ClusterFacts facts = Healthy();
  const auto syncs = [&facts](int within_10_ms, int within_50_ms, int within_500_ms) {
    facts.processes[1].metrics =
        ParseMetrics(absl::StrFormat("quorate_raft_election_timeout_seconds 1\n"
                                     "quorate_log_sync_seconds_bucket{le=\"0.01\"} %d\n"
                                     "quorate_log_sync_seconds_bucket{le=\"0.05\"} %d\n"
                                     "quorate_log_sync_seconds_bucket{le=\"0.5\"} %d\n"
                                     "quorate_log_sync_seconds_bucket{le=\"+Inf\"} 1000\n"
                                     "quorate_log_sync_seconds_count 1000\n",
                                     within_10_ms, within_50_ms, within_500_ms));
  };
  syncs(995, 1000, 1000);
  EXPECT_THAT(Ids(facts), IsEmpty());
  syncs(900, 995, 1000);
  EXPECT_THAT(Ids(facts), ElementsAre("NOTE slow-disk"));
  EXPECT_EQ(Diagnose(facts)[0].evidence,
            "99% of the writes are durable within 50 ms, with an election timeout of 1.0 s");
  syncs(900, 950, 995);
  EXPECT_THAT(Ids(facts), ElementsAre("WARNING slow-disk"));
  syncs(900, 950, 960);
  EXPECT_THAT(Diagnose(facts)[0].evidence, HasSubstr("within more than 10 s"));
}

TEST(DiagnosisTest, Certificates) {
  ClusterFacts facts = Healthy();
  double& end =
      facts.processes[0].metrics["quorate_tls_certificate_expiry_timestamp_seconds{port=\"peer\"}"];
  end = 1'800'000'000 + 30 * 24 * 3600;
  EXPECT_THAT(Ids(facts), IsEmpty());
  end = 1'800'000'000 + 2 * 24 * 3600 + 60;
  EXPECT_THAT(Ids(facts), ElementsAre("WARNING certificate-expires"));
  EXPECT_EQ(Diagnose(facts)[0].title,
            "the certificate of controller 1 (127.0.0.1:9091), peer port, expires in 2 d 0 h");
  end = 1'799'999'999;
  EXPECT_THAT(Ids(facts), ElementsAre("CRITICAL certificate-expires"));
}

TEST(DiagnosisTest, WhatControllersHaveCounted) {
  ClusterFacts facts = Healthy();
  facts.processes[0].metrics["quorate_refused_proposals_total{reason=\"uncommitted_bytes\"}"] = 7;
  facts.processes[1].metrics["quorate_snapshot_failures_total"] = 1;
  facts.processes[2].metrics["quorate_state_comparisons_total{result=\"different\"}"] = 1;
  EXPECT_THAT(Ids(facts), ElementsAre("CRITICAL states-differ", "WARNING snapshot-failed",
                                      "NOTE writes-refused"));
}

TEST(DiagnosisTest, ReplicasOfUnfencedBrokersOutsideTheIsr) {
  ClusterFacts facts = Healthy();
  facts.topics = FromText<admin::v1::DescribeTopicsResponse>(R"(
    topics { name: "orders" replication_factor: 2
             partitions { partition: 0 replicas: [ 1, 2 ] isr: 1 }
             partitions { partition: 1 replicas: [ 2, 1 ] isr: [ 1, 2 ] }
             partitions { partition: 2 replicas: [ 2, 1 ] isr: 1 } })");
  EXPECT_THAT(Ids(facts), ElementsAre("WARNING replicas-behind"));
  EXPECT_EQ(Diagnose(facts)[0].evidence, "2 replicas outside the ISR: orders-0, orders-2");
  // A fenced broker has only the finding that it is fenced.
  facts.cluster->mutable_brokers(1)->set_fenced(true);
  EXPECT_THAT(Ids(facts), ElementsAre("WARNING broker-fenced", "NOTE one-rack"));
}

TEST(DiagnosisTest, Versions) {
  ClusterFacts facts = Healthy();
  facts.processes[1].metrics =
      ParseMetrics("quorate_build_info{program=\"quorate-controller\",version=\"0.2.0\"} 1\n");
  EXPECT_THAT(Ids(facts), ElementsAre("NOTE mixed-versions"));
  facts = Healthy();
  facts.cluster->set_metadata_version(1);
  EXPECT_THAT(Ids(facts), ElementsAre("NOTE old-metadata-version"));
  // One program is too old.
  facts.cluster->mutable_brokers(1)->set_max_metadata_version(1);
  EXPECT_THAT(Ids(facts), IsEmpty());
}

TEST(DiagnosisTest, Brokers) {
  ClusterFacts facts = Healthy();
  facts.cluster->mutable_brokers(0)->set_fenced(true);
  facts.cluster->mutable_brokers(0)->set_endpoint_verified(false);
  facts.cluster->mutable_brokers(1)->set_metadata_end_offset(1);
  facts.cluster->set_end_offset(20'000);
  auto* idle = facts.cluster->add_brokers();
  idle->set_broker_id(9);
  idle->set_fenced(true);
  facts.cluster->set_lost_broker_count(2);
  facts.cluster->set_offline_partition_count(1);
  facts.cluster->set_under_replicated_partition_count(6);
  EXPECT_THAT(Ids(facts),
              ElementsAre("CRITICAL brokers-out-of-contact", "CRITICAL offline-partitions",
                          "WARNING broker-fenced", "WARNING broker-lags",
                          "WARNING under-replicated", "NOTE idle-brokers", "NOTE one-rack"));
  EXPECT_THAT(Diagnose(facts)[1].title, "1 partition without a leader");
  EXPECT_THAT(Diagnose(facts)[2].cause, "it did not answer at b1:1");
}

TEST(DiagnosisTest, FailedLogDirectories) {
  ClusterFacts facts = Healthy();
  facts.cluster->mutable_brokers(1)->add_offline_log_directories("8FZ4qjH1TLSPe-5nZVrbCQ");
  EXPECT_THAT(Ids(facts), ElementsAre("WARNING log-directory-failed"));
  EXPECT_EQ(Diagnose(facts)[0].title, "broker 2 has lost a log directory");
  EXPECT_EQ(Diagnose(facts)[0].evidence, "8FZ4qjH1TLSPe-5nZVrbCQ");
}

TEST(DiagnosisTest, BrokersWithoutRacksAreNotInOneRack) {
  ClusterFacts facts = Healthy();
  for (auto& broker : *facts.cluster->mutable_brokers()) broker.clear_rack();
  EXPECT_THAT(Ids(facts), IsEmpty());
}

TEST(DiagnosisTest, Topics) {
  ClusterFacts facts = Healthy();
  facts.topics = FromText<admin::v1::DescribeTopicsResponse>(R"(
    topics { name: "strict" replication_factor: 2
             configs { key: "min.insync.replicas" value: "2" } }
    topics { name: "alone" replication_factor: 1
             configs { key: "min.insync.replicas" value: "1" } }
    topics { name: "good" replication_factor: 3
             configs { key: "min.insync.replicas" value: "2" } })");
  EXPECT_THAT(Ids(facts), ElementsAre("NOTE min-isr-equals-factor", "NOTE single-replica"));
  EXPECT_EQ(Diagnose(facts)[0].evidence, "strict");
}

TEST(DiagnosisTest, LongListsAreCut) {
  ClusterFacts facts = Healthy();
  for (int i = 0; i < 15; ++i) {
    auto* topic = facts.topics->add_topics();
    topic->set_name("t" + std::to_string(i));
    topic->set_replication_factor(1);
  }
  EXPECT_EQ(Diagnose(facts)[0].evidence, "t0, t1, t2, t3, t4, t5, t6, t7, t8, t9 and 5 more");
}

}  // namespace
}  // namespace quorate::cli
