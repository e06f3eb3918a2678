// Judges the state of a cluster: what is wrong, why, and what to do. `quoratectl doctor` collects
// the facts and prints the findings. The judgement is a pure function of the facts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/metrics_text.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::cli {

// One process that was asked, a controller or a broker.
struct ProcessFacts {
  // HOST:PORT, as given by --bootstrap.
  std::string endpoint;
  // Why it did not answer; empty if it did.
  std::string problem;
  // What it knows of the quorum; nullopt if it is not a controller or did not answer.
  std::optional<admin::v1::DescribeQuorumResponse> quorum;
  // Its metrics, as text and parsed. Empty if it did not answer.
  std::string page;
  Metrics metrics;
  // When the metrics arrived, in ms since the Unix epoch, and how long the call took.
  int64_t metrics_at_ms = 0;
  int64_t metrics_took_ms = 0;
};

struct ClusterFacts {
  std::vector<ProcessFacts> processes;
  // From the active controller; nullopt if there is none or it does not answer.
  std::optional<admin::v1::DescribeClusterResponse> cluster;
  // All topics; nullopt if they are too many to ask for all.
  std::optional<admin::v1::DescribeTopicsResponse> topics;
};

enum class Severity {
  kCritical,  // the cluster does not do its work now
  kWarning,   // it works, and one more failure may stop it
  kNote,      // worth knowing
};

struct Finding {
  Severity severity;
  // A stable name for scripts, as in "no-active-controller".
  std::string id;
  // What is wrong, as a sentence without a full stop.
  std::string title;
  // Why, and what shows it. Either may be empty.
  std::string cause;
  std::string evidence;
  // What to do: a sentence, or a command to run.
  std::string action;
};

// Returns the findings, the most severe first.
std::vector<Finding> Diagnose(const ClusterFacts& facts);

// "CRITICAL", "WARNING" or "NOTE".
std::string SeverityName(Severity severity);

}  // namespace quorate::cli
