#include "cli/diagnosis.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/quorum.h"
#include "cli/text.h"

namespace quorate::cli {
namespace {

using admin::v1::DescribeClusterResponse;
using admin::v1::DescribeQuorumResponse;

// A voter that is further behind may need a snapshot to take over.
constexpr int64_t kManyOffsets = 10'000;
constexpr int64_t kToleratedSkewMs = 1'000;
// A loop that is busy for this long delays heartbeats.
constexpr double kLongTaskSeconds = 0.1;
constexpr double kMostDescriptors = 0.8;
constexpr size_t kMostNamed = 10;

template <typename T>
std::string Names(const std::vector<T>& items) {
  const size_t named = std::min(items.size(), kMostNamed);
  std::string text =
      absl::StrJoin(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(named), ", ");
  if (named < items.size()) absl::StrAppendFormat(&text, " and %d more", items.size() - named);
  return text;
}

// Collects the findings about one set of facts.
class Diagnosis {
 public:
  explicit Diagnosis(const ClusterFacts& facts) : facts_(facts) {
    for (const ProcessFacts& process : facts.processes) {
      if (process.quorum && process.quorum->from_leader()) quorum_ = &*process.quorum;
    }
  }

  std::vector<Finding> Run() {
    LookAtProcesses();
    LookAtVersions();
    LookAtClocks();
    LookAtLeadership();
    if (quorum_ != nullptr) LookAtQuorum(*quorum_);
    if (facts_.cluster) {
      LookAtBrokers(*facts_.cluster);
      LookAtPartitions(*facts_.cluster);
      LookAtMetadataVersion(*facts_.cluster);
    }
    if (facts_.topics) LookAtTopics(*facts_.topics);
    std::stable_sort(findings_.begin(), findings_.end(),
                     [](const Finding& a, const Finding& b) { return a.severity < b.severity; });
    return std::move(findings_);
  }

 private:
  void Add(Finding finding) { findings_.push_back(std::move(finding)); }

  static std::string NameOf(const ProcessFacts& process) {
    if (!process.quorum) return process.endpoint;
    return absl::StrFormat("controller %d (%s)", process.quorum->answered_by(), process.endpoint);
  }

  void LookAtProcesses() {
    for (const ProcessFacts& process : facts_.processes) {
      if (!process.problem.empty()) {
        Add({Severity::kWarning, "unreachable", process.endpoint + " does not answer", "",
             process.problem, "start it, or correct its address in --bootstrap"});
      }
      LookAtDisk(process);
      LookAtLoops(process);
      const auto open = Sample(process.metrics, "process_open_fds");
      const auto limit = Sample(process.metrics, "process_max_fds");
      if (open && limit && *open > kMostDescriptors * *limit) {
        Add({Severity::kWarning, "descriptors", NameOf(process) + " runs out of file descriptors",
             "", absl::StrFormat("%.0f of %.0f are open", *open, *limit),
             "raise its limit (LimitNOFILE, ulimit -n), or find the clients that open so many "
             "connections"});
      }
      if (Sample(process.metrics, "quorate_log_lines_dropped_total").value_or(0) > 0) {
        Add({Severity::kNote, "log-lines-dropped", NameOf(process) + " has dropped log lines",
             "the reader of its log was too slow or gone",
             absl::StrFormat("%.0f lines",
                             *Sample(process.metrics, "quorate_log_lines_dropped_total")),
             "check what reads its standard error, or use --log-dir"});
      }
    }
  }

  void LookAtDisk(const ProcessFacts& process) {
    if (!process.quorum || process.quorum->min_free_disk_bytes() == 0) return;
    const DescribeQuorumResponse& quorum = *process.quorum;
    const int64_t free_mib = quorum.free_disk_bytes() >> 20;
    const int64_t min_mib = quorum.min_free_disk_bytes() >> 20;
    const std::string evidence =
        absl::StrFormat("%d MiB are free, and below %d MiB an active controller refuses changes",
                        free_mib, min_mib);
    if (quorum.free_disk_bytes() < quorum.min_free_disk_bytes()) {
      Add({quorum.from_leader() ? Severity::kCritical : Severity::kWarning, "disk-full",
           "the disk of " + NameOf(process) + " is nearly full", "", evidence,
           "free some space on the volume of its --data-dir"});
    } else if (quorum.free_disk_bytes() < 2 * quorum.min_free_disk_bytes()) {
      Add({Severity::kWarning, "disk-filling", "the disk of " + NameOf(process) + " is filling up",
           "", evidence, "free some space on the volume of its --data-dir"});
    }
  }

  void LookAtLoops(const ProcessFacts& process) {
    constexpr std::string_view kPrefix = "quorate_loop_longest_task_seconds{loop=\"";
    std::vector<std::string> slow;
    for (auto it = process.metrics.lower_bound(kPrefix);
         it != process.metrics.end() && it->first.starts_with(kPrefix); ++it) {
      if (it->second < kLongTaskSeconds) continue;
      const std::string loop =
          it->first.substr(kPrefix.size(), it->first.find('"', kPrefix.size()) - kPrefix.size());
      slow.push_back(
          absl::StrFormat("%s %s", loop, DurationText(static_cast<int64_t>(it->second * 1000))));
    }
    if (slow.empty()) return;
    Add({Severity::kNote, "slow-loop", "event loops of " + NameOf(process) + " were busy for long",
         "too little CPU time, or a large change", "longest task: " + Names(slow),
         "check the load of its host"});
  }

  void LookAtVersions() {
    std::set<std::string> versions;
    std::vector<std::string> evidence;
    for (const ProcessFacts& process : facts_.processes) {
      const std::string version = LabelOf(process.metrics, "quorate_build_info", "version");
      if (version.empty()) continue;
      versions.insert(version);
      evidence.push_back(NameOf(process) + ": " + version);
    }
    if (versions.size() > 1) {
      Add({Severity::kNote, "mixed-versions", "the programs have different versions",
           "an upgrade is not finished", Names(evidence),
           "finish the upgrade (docs/operations.md, Upgrade the programs)"});
    }
  }

  // Compares each clock with the clock of this machine, and so with each other.
  void LookAtClocks() {
    std::vector<std::string> evidence;
    std::optional<int64_t> least;
    std::optional<int64_t> most;
    int64_t uncertainty_ms = 0;
    for (const ProcessFacts& process : facts_.processes) {
      const auto clock = Sample(process.metrics, "quorate_clock_seconds");
      if (!clock) continue;
      const int64_t ahead_ms = static_cast<int64_t>(std::llround(*clock * 1000)) -
                               (process.metrics_at_ms - process.metrics_took_ms / 2);
      uncertainty_ms = std::max(uncertainty_ms, process.metrics_took_ms);
      least = std::min(least.value_or(ahead_ms), ahead_ms);
      most = std::max(most.value_or(ahead_ms), ahead_ms);
      evidence.push_back(absl::StrFormat("%s is %s %s of this machine", NameOf(process),
                                         DurationText(std::abs(ahead_ms)),
                                         ahead_ms < 0 ? "behind" : "ahead"));
    }
    if (least && *most - *least > kToleratedSkewMs + uncertainty_ms) {
      Add({Severity::kWarning, "clock-skew", "the clocks of the machines differ", "",
           Names(evidence), "check their time synchronization (chronyc tracking, timedatectl)"});
    }
    for (const ProcessFacts& process : facts_.processes) {
      if (!process.quorum || process.quorum->clock_behind_ms() == 0) continue;
      Add({Severity::kWarning, "clock-behind-log",
           "the clock of " + NameOf(process) + " is behind the log",
           "it is wrong, or the clock of an active controller was",
           "behind by " + DurationText(process.quorum->clock_behind_ms()),
           "check its time synchronization"});
    }
  }

  void LookAtLeadership() {
    if (quorum_ != nullptr) return;
    std::vector<std::string> down;
    std::vector<std::string> evidence;
    for (const ProcessFacts& process : facts_.processes) {
      if (!process.problem.empty()) {
        down.push_back(process.endpoint);
      } else if (process.quorum) {
        evidence.push_back(process.quorum->leader_id() < 0
                               ? NameOf(process) + " knows no leader"
                               : absl::StrFormat("%s follows controller %d", NameOf(process),
                                                 process.quorum->leader_id()));
      }
    }
    const bool led_elsewhere = std::any_of(
        facts_.processes.begin(), facts_.processes.end(),
        [](const auto& process) { return process.quorum && process.quorum->leader_id() >= 0; });
    if (led_elsewhere) {
      Add({Severity::kWarning, "active-not-asked", "the active controller was not asked",
           "it is not in --bootstrap, or it has just changed", Names(evidence),
           "name all controllers in --bootstrap and run this again"});
      return;
    }
    Add({Severity::kCritical, "no-active-controller", "there is no active controller",
         down.empty() ? "no majority of the voters is in contact"
                      : "these do not answer: " + Names(down),
         Names(evidence),
         "start the stopped controllers: a quorum is more than half of the voters. If they are "
         "lost, see docs/operations.md, Most controllers are lost permanently"});
  }

  void LookAtQuorum(const DescribeQuorumResponse& quorum) {
    const std::optional<int> tolerated = ToleratedFailures(quorum);
    std::vector<int32_t> out_of_contact;
    for (const auto& voter : quorum.voters()) {
      if (!InContact(quorum, voter)) {
        out_of_contact.push_back(voter.node_id());
        Add({Severity::kWarning, "voter-out-of-contact",
             absl::StrFormat("controller %d is out of contact with the active controller, %d",
                             voter.node_id(), quorum.leader_id()),
             voter.contact_problem(),
             absl::StrFormat(
                 "last contact %s at %s", AgeText(voter.last_contact_age_ms()),
                 voter.peer_address().empty() ? "an unknown address" : voter.peer_address()),
             "start it, or check the network between the two"});
      } else if (voter.lag() > kManyOffsets) {
        Add({Severity::kWarning, "voter-lags",
             absl::StrFormat("controller %d lags behind", voter.node_id()),
             "its disk or its network is slow, or it was away",
             absl::StrFormat("%s behind, caught up %s", Plural(voter.lag(), "offset"),
                             AgeText(voter.last_caught_up_age_ms())),
             "watch whether the lag shrinks: quoratectl quorum describe"});
      }
      if (!voter.expected_peer_address().empty()) {
        Add({Severity::kNote, "voter-moved",
             absl::StrFormat("controller %d is not at its configured address", voter.node_id()), "",
             absl::StrFormat("it is at %s, and expected at %s", voter.peer_address(),
                             voter.expected_peer_address()),
             "correct its address in --voters of the other controllers"});
      }
    }
    if (tolerated == 0 && quorum.voters_size() > 1) {
      Add({Severity::kWarning, "no-redundancy", "the quorum tolerates no failure",
           out_of_contact.empty()
               ? "there are only two voters"
               : absl::StrFormat("out of contact: controller%s %s",
                                 out_of_contact.size() == 1 ? "" : "s", Names(out_of_contact)),
           ToleranceText(quorum), "quoratectl quorum describe"});
    }
    if (quorum.voters_size() == 1) {
      Add({Severity::kNote, "single-voter", "the cluster has a single voter",
           "its failure stops the cluster, and the loss of its disk loses the metadata", "",
           "add controllers: quoratectl quorum add"});
    } else if (quorum.voters_size() % 2 == 0) {
      Add({Severity::kNote, "even-quorum",
           absl::StrFormat("%d voters tolerate no more failures than %d", quorum.voters_size(),
                           quorum.voters_size() - 1),
           "", "", "add or remove a controller: quoratectl quorum add, quoratectl quorum remove"});
    }
  }

  void LookAtBrokers(const DescribeClusterResponse& cluster) {
    std::set<std::string> racks;
    std::vector<int32_t> idle;
    for (const auto& broker : cluster.brokers()) {
      if (!broker.fenced()) racks.insert(broker.rack());
      if (broker.fenced() && broker.replica_count() == 0) {
        idle.push_back(broker.broker_id());
      } else if (broker.fenced()) {
        Add({Severity::kWarning, "broker-fenced",
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
        Add({Severity::kWarning, "broker-lags",
             absl::StrFormat("the metadata of broker %d lags behind", broker.broker_id()), "",
             absl::StrFormat("it has replayed up to offset %d of %d", broker.metadata_end_offset(),
                             cluster.end_offset()),
             "quoratectl brokers view --bootstrap " + broker.endpoint()});
      }
    }
    if (cluster.lost_broker_count() > 0) {
      Add({Severity::kCritical, "brokers-out-of-contact",
           "most brokers are out of contact with the active controller",
           "the network between them is broken, or they hang",
           absl::StrFormat("%d are lost; leaders and ISRs stay unchanged meanwhile",
                           cluster.lost_broker_count()),
           "check the network; see docs/operations.md, Most brokers are out of contact"});
    }
    if (!idle.empty()) {
      Add({Severity::kNote, "idle-brokers", "brokers are registered that do not run",
           "they are fenced and hold no replica", "brokers " + Names(idle),
           "nothing: they are unregistered after ten minutes of silence"});
    }
    if (cluster.brokers_size() > 1 && racks.size() == 1 && !racks.begin()->empty()) {
      Add({Severity::kNote, "one-rack", "all brokers are in the same rack",
           "its failure takes all replicas", "rack " + *racks.begin(),
           "run brokers in other racks (--rack)"});
    }
  }

  void LookAtPartitions(const DescribeClusterResponse& cluster) {
    if (cluster.offline_partition_count() > 0) {
      Add({Severity::kCritical, "offline-partitions",
           Plural(cluster.offline_partition_count(), "partition") + " without a leader",
           "no broker of their ISR is unfenced",
           absl::StrFormat("%d of %d", cluster.offline_partition_count(),
                           cluster.partition_count()),
           "start the fenced brokers; quoratectl topics describe shows the ISRs"});
    }
    if (cluster.under_replicated_partition_count() > 0) {
      Add({Severity::kWarning, "under-replicated",
           Plural(cluster.under_replicated_partition_count(), "under-replicated partition"),
           "a replica is fenced or has not caught up",
           absl::StrFormat("%d of %d", cluster.under_replicated_partition_count(),
                           cluster.partition_count()),
           "quoratectl topics describe shows the ISRs"});
    }
  }

  void LookAtMetadataVersion(const DescribeClusterResponse& cluster) {
    uint32_t supported = UINT32_MAX;
    for (const auto& controller : cluster.controllers()) {
      supported = std::min(supported, controller.max_metadata_version());
    }
    for (const auto& broker : cluster.brokers()) {
      if (!broker.fenced()) supported = std::min(supported, broker.max_metadata_version());
    }
    if (supported == UINT32_MAX || supported <= cluster.metadata_version()) return;
    Add({Severity::kNote, "old-metadata-version", "the log has an older metadata version",
         "all programs were upgraded, and the feature was not raised yet",
         absl::StrFormat("finalized %d, supported by all %d", cluster.metadata_version(),
                         supported),
         "quoratectl features upgrade"});
  }

  void LookAtTopics(const admin::v1::DescribeTopicsResponse& topics) {
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
      Add({Severity::kNote, "min-isr-equals-factor",
           "topics accept no writes while one of their brokers is down",
           "min.insync.replicas equals the replication factor", Names(strict),
           "lower it: quoratectl configs alter --topic NAME --set min.insync.replicas=N"});
    }
    if (!alone.empty()) {
      Add({Severity::kNote, "single-replica", "topics have a single replica",
           "they are offline while its broker is down, and are lost with its disk", Names(alone),
           "create important topics with --replication-factor 3"});
    }
  }

  const ClusterFacts& facts_;
  // The answer of the active controller; null if there is none.
  const DescribeQuorumResponse* quorum_ = nullptr;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> Diagnose(const ClusterFacts& facts) { return Diagnosis(facts).Run(); }

std::string SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kCritical:
      return "CRITICAL";
    case Severity::kWarning:
      return "WARNING";
    case Severity::kNote:
      return "NOTE";
  }
  return "";
}

}  // namespace quorate::cli
