#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "cli/diagnosis_parts.h"
#include "cli/text.h"

namespace quorate::cli {
namespace {

using admin::v1::DescribeClusterResponse;

void LookAtDirectories(const admin::v1::Broker& broker, Findings& findings) {
  const auto& failed = broker.offline_log_directories();
  if (failed.empty()) return;
  findings.push_back({Severity::kWarning, "log-directory-failed",
                      absl::StrFormat("broker %d has lost %s", broker.broker_id(),
                                      failed.size() == 1 ? "a log directory" : "log directories"),
                      "a disk failed; its replicas there are in no ISR",
                      Names(std::vector<std::string>(failed.begin(), failed.end())),
                      "read the broker's log, replace the disk, and restart the broker"});
}

void LookAtBrokers(const DescribeClusterResponse& cluster, Findings& findings) {
  std::set<std::string> racks;
  std::vector<int32_t> idle;
  for (const auto& broker : cluster.brokers()) {
    if (!broker.fenced()) racks.insert(broker.rack());
    LookAtDirectories(broker, findings);
    if (broker.fenced() && broker.replica_count() == 0) {
      idle.push_back(broker.broker_id());
    } else if (broker.fenced()) {
      findings.push_back(
          {Severity::kWarning, "broker-fenced",
           absl::StrFormat("broker %d is fenced", broker.broker_id()),
           broker.endpoint_verified() ? "" : "it did not answer at " + broker.endpoint(),
           absl::StrFormat("it holds %s, last contact %s",
                           Plural(broker.replica_count(), "replica"),
                           AgeText(broker.last_contact_age_ms())),
           "start it, and read its log; if it is gone permanently: quoratectl brokers "
           "unregister " +
               std::to_string(broker.broker_id())});
    } else if (broker.metadata_end_offset() >= 0 &&
               cluster.end_offset() - broker.metadata_end_offset() > kManyOffsets) {
      findings.push_back(
          {Severity::kWarning, "broker-lags",
           absl::StrFormat("the metadata of broker %d lags behind", broker.broker_id()), "",
           absl::StrFormat("it has replayed up to offset %d of %d", broker.metadata_end_offset(),
                           cluster.end_offset()),
           "quoratectl brokers view --bootstrap " + broker.endpoint()});
    }
  }
  if (cluster.lost_broker_count() > 0) {
    findings.push_back(
        {Severity::kCritical, "brokers-out-of-contact",
         "most brokers are out of contact with the active controller",
         "the network between them is broken, or they hang",
         absl::StrFormat("%d are lost; leaders and ISRs stay unchanged meanwhile",
                         cluster.lost_broker_count()),
         "check the network; see docs/operations.md, Most brokers are out of contact"});
  }
  if (!idle.empty()) {
    findings.push_back({Severity::kNote, "idle-brokers", "brokers are registered that do not run",
                        "they are fenced and hold no replica", "brokers " + Names(idle),
                        "nothing: they are unregistered after ten minutes of silence"});
  }
  if (cluster.brokers_size() > 1 && racks.size() == 1 && !racks.begin()->empty()) {
    findings.push_back({Severity::kNote, "one-rack", "all brokers are in the same rack",
                        "its failure takes all replicas", "rack " + *racks.begin(),
                        "run brokers in other racks (--rack)"});
  }
}

void LookAtPartitions(const DescribeClusterResponse& cluster, Findings& findings) {
  if (cluster.offline_partition_count() > 0) {
    findings.push_back(
        {Severity::kCritical, "offline-partitions",
         Plural(cluster.offline_partition_count(), "partition") + " without a leader",
         "no broker of their ISR is unfenced",
         absl::StrFormat("%d of %d", cluster.offline_partition_count(), cluster.partition_count()),
         "start the fenced brokers; quoratectl topics describe shows the ISRs"});
  }
  if (cluster.under_replicated_partition_count() > 0) {
    findings.push_back(
        {Severity::kWarning, "under-replicated",
         Plural(cluster.under_replicated_partition_count(), "under-replicated partition"),
         "a replica is fenced or has not caught up",
         absl::StrFormat("%d of %d", cluster.under_replicated_partition_count(),
                         cluster.partition_count()),
         "quoratectl topics describe shows the ISRs"});
  }
}

// Names the unfenced brokers whose replicas are not in the ISR. Those of fenced brokers have a
// finding of their own.
void LookAtReplicas(const DescribeClusterResponse& cluster,
                    const admin::v1::DescribeTopicsResponse& topics, Findings& findings) {
  std::map<int32_t, std::vector<std::string>> behind;
  for (const auto& topic : topics.topics()) {
    for (const auto& partition : topic.partitions()) {
      for (const int32_t replica : partition.replicas()) {
        if (std::find(partition.isr().begin(), partition.isr().end(), replica) ==
            partition.isr().end()) {
          behind[replica].push_back(absl::StrFormat("%s-%d", topic.name(), partition.partition()));
        }
      }
    }
  }
  for (const auto& broker : cluster.brokers()) {
    const auto it = behind.find(broker.broker_id());
    if (broker.fenced() || it == behind.end()) continue;
    findings.push_back(
        {Severity::kWarning, "replicas-behind",
         absl::StrFormat("broker %d is unfenced and has not caught up", broker.broker_id()),
         "it returned a short time ago, or its disk or network is slow",
         Plural(static_cast<int64_t>(it->second.size()), "replica") +
             " outside the ISR: " + Names(it->second),
         "quoratectl brokers view --bootstrap " + broker.endpoint()});
  }
}

void LookAtMetadataVersion(const DescribeClusterResponse& cluster, Findings& findings) {
  uint32_t supported = UINT32_MAX;
  for (const auto& controller : cluster.controllers()) {
    supported = std::min(supported, controller.max_metadata_version());
  }
  for (const auto& broker : cluster.brokers()) {
    if (!broker.fenced()) supported = std::min(supported, broker.max_metadata_version());
  }
  if (supported == UINT32_MAX || supported <= cluster.metadata_version()) return;
  findings.push_back(
      {Severity::kNote, "old-metadata-version", "the log has an older metadata version",
       "all programs were upgraded, and the feature was not raised yet",
       absl::StrFormat("finalized %d, supported by all %d", cluster.metadata_version(), supported),
       "quoratectl features upgrade"});
}

void LookAtTopics(const admin::v1::DescribeTopicsResponse& topics, Findings& findings) {
  std::vector<std::string> strict;
  std::vector<std::string> alone;
  for (const auto& topic : topics.topics()) {
    if (topic.replication_factor() == 1) alone.push_back(topic.name());
    for (const auto& config : topic.configs()) {
      int64_t min_isr = 0;
      if (config.key() == "min.insync.replicas" && absl::SimpleAtoi(config.value(), &min_isr) &&
          topic.replication_factor() > 1 && min_isr >= topic.replication_factor()) {
        strict.push_back(topic.name());
      }
    }
  }
  if (!strict.empty()) {
    findings.push_back(
        {Severity::kNote, "min-isr-equals-factor",
         "topics accept no writes while one of their brokers is down",
         "min.insync.replicas equals the replication factor", Names(strict),
         "lower it: quoratectl configs alter --topic NAME --set min.insync.replicas=N"});
  }
  if (!alone.empty()) {
    findings.push_back({Severity::kNote, "single-replica", "topics have a single replica",
                        "they are offline while its broker is down, and are lost with its disk",
                        Names(alone), "create important topics with --replication-factor 3"});
  }
}

}  // namespace

void DiagnoseCluster(const ClusterFacts& facts, Findings& findings) {
  if (facts.cluster) {
    LookAtBrokers(*facts.cluster, findings);
    LookAtPartitions(*facts.cluster, findings);
    LookAtMetadataVersion(*facts.cluster, findings);
  }
  if (facts.cluster && facts.topics) LookAtReplicas(*facts.cluster, *facts.topics, findings);
  if (facts.topics) LookAtTopics(*facts.topics, findings);
}

}  // namespace quorate::cli
