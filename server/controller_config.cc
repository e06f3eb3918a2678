#include "server/controller_config.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/check.h"
#include "server/config_values.h"
#include "server/controller_manual.h"

namespace quorate::server {
namespace {

constexpr int64_t kMaxMilliseconds = int64_t{24} * 60 * 60 * 1000;
constexpr int64_t kMaxBytes = int64_t{1} << 40;
constexpr int64_t kMaxSnapshotLogRatio = 1000;
// More would not fit one entry of the log.
constexpr int64_t kMaxRequestItems = 10'000'000;

// What the options write; the checks turn it into a ControllerConfig.
struct Raw {
  int64_t node_id = 0;
  std::optional<HostPort> peer_listen;
  std::optional<HostPort> peer_advertise;
  std::optional<HostPort> client_listen;
  std::optional<HostPort> client_advertise;
};

std::vector<OptionGroup> Options(Raw& raw, ControllerConfig& config) {
  return {
      {"Identity",
       {ClusterIdOption(config),
        {.name = "node-id",
         .value_name = "N",
         .help = "This controller's number, unique among the controllers.",
         .set = SetInteger(&raw.node_id, 0, INT32_MAX),
         .required = true},
        {.name = "voters",
         .value_name = "ID@HOST:PORT,...",
         .help =
             "All controllers, this one included, with the peer endpoints that this one dials. "
             "The node ids are fixed at the first start, and then changed by 'quoratectl quorum "
             "add' and 'remove' alone; addresses may change. An odd number: three tolerate one "
             "failure, five tolerate two.",
         .set = [&config](const std::string& text) -> absl::Status {
           ASSIGN_OR_RETURN(config.voters, ParseVoters(text));
           return absl::OkStatus();
         },
         .required = true},
        {.name = "observer",
         .value_name = "",
         .help = "Join a cluster that exists: receive its log without a vote, until 'quoratectl "
                 "quorum add' makes this controller a voter. It need not be in --voters, where "
                 "some of the cluster's controllers are enough, and never founds a cluster. For a "
                 "voter it means nothing.",
         .set = SetSwitch(&config.observer)},
        {.name = "data-dir",
         .value_name = "DIR",
         .help = "Where the log is kept; created at the first start, and used by one process.",
         .set = SetText(&config.data_dir),
         .required = true}}},
      {"Listeners",
       {{.name = "client-listen",
         .value_name = "HOST:PORT",
         .help = "Where brokers and tools connect. Port 0 takes a free one (see --ready-file).",
         .set = SetListen(&raw.client_listen),
         .default_text = "127.0.0.1:9090"},
        {.name = "client-advertise",
         .value_name = "HOST:PORT",
         .help = "How others reach that listener. Default: --client-listen; required if that is a "
                 "wildcard.",
         .set = SetAdvertised(&raw.client_advertise)},
        {.name = "peer-listen",
         .value_name = "HOST:PORT",
         .help = "Where the other controllers connect. Default: the port of this node's entry in "
                 "--voters, on that address, or on all of them if the entry has a name; required "
                 "if it has no entry.",
         .set = SetListen(&raw.peer_listen)},
        {.name = "peer-advertise",
         .value_name = "HOST:PORT",
         .help = "How others reach that listener: describe calls show it, and those whose --voters "
                 "do not list this node dial it. Default: this node's entry in --voters, else "
                 "--peer-listen; required if that is a wildcard or port 0.",
         .set = SetAdvertised(&raw.peer_advertise)},
        {.name = "ready-file",
         .value_name = "FILE",
         .help = "Written once both listeners are open, in one step: lines client_port=N, "
                 "peer_port=N, pid=N.",
         .set = SetText(&config.ready_file)}}},
      {"Timing",
       {{.name = "heartbeat-interval-ms",
         .value_name = "MS",
         .help = "How often the active controller tells the others that it is alive.",
         .set = SetMilliseconds(&config.heartbeat_interval, 1, kMaxMilliseconds),
         .default_text = "100"},
        {.name = "election-timeout-min-ms",
         .value_name = "MS",
         .help = "A controller that hears nothing stands for election after a random time from "
                 "here to the maximum. (A broken connection is noticed at once.)",
         .set = SetMilliseconds(&config.election_timeout_min, 2, kMaxMilliseconds),
         .default_text = "500"},
        {.name = "election-timeout-max-ms",
         .value_name = "MS",
         .help = "The maximum.",
         .set = SetMilliseconds(&config.election_timeout_max, 2, kMaxMilliseconds),
         .default_text = "1000"},
        {.name = "broker-session-timeout-ms",
         .value_name = "MS",
         .help = "A broker that is silent for so long is fenced.",
         .set = SetMilliseconds(&config.broker_session_timeout, 10, kMaxMilliseconds),
         .default_text = "9000"},
        {.name = "broker-connection-grace-ms",
         .value_name = "MS",
         .help = "A broker whose connection broke without proof of its death is fenced after so "
                 "long.",
         .set = SetMilliseconds(&config.broker_connection_grace, 1, kMaxMilliseconds),
         .default_text = "1000"},
        {.name = "broker-mass-loss-hold-ms",
         .value_name = "MS",
         .help = "While more than half of the brokers are out of contact without proof of their "
                 "death, leaders and ISRs stay as they are for so long; then those brokers are "
                 "fenced in one batch.",
         .set = SetMilliseconds(&config.broker_mass_loss_hold, 0, kMaxMilliseconds),
         .default_text = "60000"},
        {.name = "state-check-interval-ms",
         .value_name = "MS",
         .help = "How often the controllers compare their states. One that is alone with its state "
                 "ends; give all of them the same interval.",
         .set = SetMilliseconds(&config.state_check_interval, 100, kMaxMilliseconds),
         .default_text = "60000"}}},
      {"Requests",
       {{.name = "max-request-items",
         .value_name = "N",
         .help = "A request may name so many topics, resources and configuration changes; a larger "
                 "one is refused. Give all controllers the same limit.",
         .set = SetInteger(&config.max_request_items, 1, kMaxRequestItems),
         .default_text = "20000"},
        {.name = "max-request-partitions",
         .value_name = "N",
         .help = "A request may create or alter so many partitions; a larger one is refused.",
         .set = SetInteger(&config.max_request_partitions, 1, kMaxRequestItems),
         .default_text = "200000"}}},
      {"Disk",
       {{.name = "min-free-disk-bytes",
         .value_name = "BYTES",
         .help = "With less free space than this on the volume of --data-dir the active controller "
                 "refuses changes, is not ready, and offers leadership to another one.",
         .set = SetInteger(&config.min_free_disk_bytes, 1, kMaxBytes),
         .default_text = "536870912"}}},
      {"Snapshots",
       {{.name = "snapshot-min-log-bytes",
         .value_name = "BYTES",
         .help = "A snapshot is written when the log has grown by so much since the last one, and "
                 "by --snapshot-log-ratio. The log before that one is dropped then.",
         .set = SetInteger(&config.snapshot_min_log_bytes, 1, kMaxBytes),
         .default_text = "67108864"},
        {.name = "snapshot-log-ratio",
         .value_name = "N",
         .help = "How many times its size the log grows from one snapshot to the next: less keeps "
                 "the log shorter, more saves work.",
         .set = SetInteger(&config.snapshot_log_ratio, 0, kMaxSnapshotLogRatio),
         .default_text = "4"},
        {.name = "snapshot-max-bytes-per-second",
         .value_name = "BYTES",
         .help = "A snapshot is written no faster than this, so that it does not hold up the log.",
         .set = SetInteger(&config.snapshot_max_bytes_per_second, 1024, kMaxBytes),
         .default_text = "33554432"}}},
      LogAndTestOptions(config),
  };
}

absl::Status CheckVoters(ControllerConfig& config) {
  std::vector<int32_t> ids;
  for (const ConfiguredVoter& voter : config.voters) ids.push_back(voter.node_id.value());
  if (config.observer) {
    if (ids != std::vector<int32_t>{config.node_id.value()}) return absl::OkStatus();
    return absl::InvalidArgumentError(
        "voters lists this observer alone: name controllers of the cluster that it joins");
  }
  if (std::find(ids.begin(), ids.end(), config.node_id.value()) == ids.end()) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "this node (node-id %d) is not in voters, which lists %s: correct one of the two, or start "
        "it with --observer to join a cluster that exists",
        config.node_id.value(), absl::StrJoin(ids, ", ")));
  }
  if (ids.size() % 2 == 0) {
    config.warnings.push_back(absl::StrFormat(
        "%d voters tolerate no more failures (%d) than %d would, and each write needs one more "
        "acknowledgement: use an odd number",
        ids.size(), (ids.size() - 1) / 2, ids.size() - 1));
  }
  return absl::OkStatus();
}

// A name may resolve to a loopback address on its own host, where others would not get through.
HostPort DefaultPeerListen(const HostPort& own) {
  return own.IsAddress() ? own : HostPort{"0.0.0.0", own.port};
}

absl::Status ResolvePeerListener(const Raw& raw, ControllerConfig& config) {
  const auto self =
      std::find_if(config.voters.begin(), config.voters.end(),
                   [&](const ConfiguredVoter& voter) { return voter.node_id == config.node_id; });
  if (self != config.voters.end()) {
    config.peer_listen = raw.peer_listen.value_or(DefaultPeerListen(self->endpoint));
    config.peer_advertise = raw.peer_advertise.value_or(self->endpoint);
    return absl::OkStatus();
  }
  if (!raw.peer_listen) {
    return absl::InvalidArgumentError(
        "this observer is not in voters, so it must be told where the other controllers connect: "
        "set peer-listen");
  }
  config.peer_listen = *raw.peer_listen;
  config.peer_advertise = raw.peer_advertise.value_or(config.peer_listen);
  if (config.peer_advertise.IsWildcard() || config.peer_advertise.port == 0) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "peer-listen %s is nothing that can be dialled: name the host and port that the other "
        "controllers use with peer-advertise",
        config.peer_listen.ToString()));
  }
  return absl::OkStatus();
}

absl::Status ResolveListeners(const Raw& raw, ControllerConfig& config) {
  RETURN_IF_ERROR(ResolvePeerListener(raw, config));
  config.client_listen = *raw.client_listen;
  config.client_advertise = raw.client_advertise.value_or(config.client_listen);
  if (config.client_advertise.IsWildcard()) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "client-listen %s is a wildcard, which nobody can dial: name the host that brokers and "
        "tools use with client-advertise",
        config.client_listen.ToString()));
  }
  if (config.client_listen == config.peer_listen && config.client_listen.port != 0) {
    return absl::InvalidArgumentError(
        absl::StrFormat("client-listen and peer-listen are both %s: give them different ports",
                        config.client_listen.ToString()));
  }
  return absl::OkStatus();
}

absl::Status CheckTiming(ControllerConfig& config) {
  if (config.election_timeout_min > config.election_timeout_max) {
    return absl::InvalidArgumentError(
        absl::StrFormat("election-timeout-min-ms %d is above election-timeout-max-ms %d",
                        ToMs(config.election_timeout_min), ToMs(config.election_timeout_max)));
  }
  if (config.heartbeat_interval * 2 > config.election_timeout_min) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "heartbeat-interval-ms %d is more than half of election-timeout-min-ms %d: one late "
        "heartbeat would cost the leader its office",
        ToMs(config.heartbeat_interval), ToMs(config.election_timeout_min)));
  }
  if (config.broker_connection_grace > config.broker_session_timeout) {
    return absl::InvalidArgumentError(
        absl::StrFormat("broker-connection-grace-ms %d is above broker-session-timeout-ms %d",
                        ToMs(config.broker_connection_grace), ToMs(config.broker_session_timeout)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<ConfiguredVoter>> ParseVoters(std::string_view text) {
  std::vector<ConfiguredVoter> voters;
  for (const auto part : absl::StrSplit(std::string(text), ',')) {
    const std::string piece(part);
    const size_t at = piece.find('@');
    int32_t id = -1;
    if (at == std::string::npos || !absl::SimpleAtoi(piece.substr(0, at), &id) || id < 0) {
      return absl::InvalidArgumentError(
          absl::StrFormat("'%s' is not ID@HOST:PORT, as in 1@controller-1:9091", piece));
    }
    ASSIGN_OR_RETURN(HostPort endpoint, ParseAdvertised(std::string_view(piece).substr(at + 1)));
    for (const ConfiguredVoter& other : voters) {
      if (other.node_id == NodeId(id)) {
        return absl::InvalidArgumentError(absl::StrFormat("node %d is listed twice", id));
      }
      if (other.endpoint == endpoint) {
        return absl::InvalidArgumentError(
            absl::StrFormat("nodes %d and %d have the same endpoint %s", other.node_id.value(), id,
                            endpoint.ToString()));
      }
    }
    voters.push_back({NodeId(id), std::move(endpoint)});
  }
  std::sort(voters.begin(), voters.end(), [](const ConfiguredVoter& a, const ConfiguredVoter& b) {
    return a.node_id < b.node_id;
  });
  return voters;
}

absl::StatusOr<ConfigOutcome> LoadControllerConfig(
    int argc, const char* const* argv, const std::map<std::string, std::string>& environment,
    ControllerConfig* config) {
  ControllerConfig loaded;
  Raw raw;
  const ProgramOptions options = {ControllerManual(), Options(raw, loaded)};
  ASSIGN_OR_RETURN(const ConfigOutcome outcome, LoadConfig(options, argc, argv, environment));
  if (outcome == ConfigOutcome::kShown) return outcome;
  loaded.node_id = NodeId(static_cast<int32_t>(raw.node_id));
  RETURN_IF_ERROR(CheckVoters(loaded));
  RETURN_IF_ERROR(ResolveListeners(raw, loaded));
  RETURN_IF_ERROR(CheckTiming(loaded));
  *config = std::move(loaded);
  return outcome;
}

}  // namespace quorate::server
