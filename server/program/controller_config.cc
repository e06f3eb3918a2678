#include "server/program/controller_config.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/check.h"
#include "base/quote.h"
#include "server/program/config_document.h"
#include "server/program/config_values.h"
#include "server/program/controller_manual.h"
#include "server/program/controller_timing.h"
#include "server/program/tls_options.h"

namespace quorate::server {
namespace {

constexpr int64_t kMaxBytes = int64_t{1} << 40;
constexpr int64_t kMaxSnapshotLogRatio = 1000;
constexpr int64_t kMaxAuditFiles = 1000;
constexpr int64_t kMaxPerSecond = 1'000'000'000;
// A request with more items would not fit into one entry of the log.
constexpr int64_t kMaxRequestItems = 10'000'000;

// The values that the checks still have to turn into values of ControllerConfig.
struct Raw {
  int64_t node_id = 0;
  std::optional<HostPort> peer_listen;
  std::optional<HostPort> peer_advertise;
  std::optional<HostPort> client_listen;
  std::optional<HostPort> client_advertise;
};

std::vector<Option> ControllerTlsOptions(ControllerConfig& config) {
  std::vector<Option> options = TlsOptions(
      config.tls,
      {.cert = "The certificate (PEM) that this controller shows to brokers and tools, followed by "
               "those of intermediate CAs. The files of this group are read again when they "
               "change; open connections stay open. Default: none, plain text.",
       .ca = "The CAs (PEM) that sign the certificates of controllers, brokers and tools. A caller "
             "without such a certificate is refused."});
  config.peer_tls.option_prefix = "peer-tls-";
  for (Option& option : TlsOptions(
           config.peer_tls,
           {.cert = "The certificate (PEM) that this controller shows to the other controllers. It "
                    "contains the URI quorate://cluster/ID/controller/N with the cluster id and "
                    "this node id. Default: the value of --tls-cert.",
           .ca = "The CAs (PEM) that sign the certificates of controllers. Default: the value of "
                 "--tls-ca, with --tls-crl."})) {
    options.push_back(std::move(option));
  }
  options.push_back(RolesFileOption(config.roles_file));
  options.push_back(RequireTlsOption(config.require_tls));
  return options;
}

std::vector<OptionGroup> Options(Raw& raw, ControllerConfig& config) {
  return {
      {"Identity",
       {ClusterIdOption(config),
        {.name = "node-id",
         .value_name = "N",
         .help = "The id of this controller, a number that is unique among the controllers.",
         .set = SetInteger(&raw.node_id, 0, INT32_MAX),
         .required = true},
        {.name = "voters",
         .value_name = "ID@HOST:PORT,...",
         .help =
             "All voters, this controller included, each with the address at which this controller "
             "dials its peer listener. The first start fixes the node ids. Afterwards only "
             "'quoratectl quorum add' and 'quoratectl quorum remove' change them; the addresses "
             "here may change. Use an odd number of voters: three tolerate one failure, five "
             "tolerate two.",
         .set = {[&config](const std::string& text) -> absl::Status {
                   ASSIGN_OR_RETURN(config.voters, ParseVoters(text));
                   return absl::OkStatus();
                 },
                 "ID@HOST:PORT,ID@HOST:PORT,..."},
         .required = true},
        {.name = "observer",
         .value_name = "",
         .help = "Join an existing cluster as an observer: receive its log without a vote, until "
                 "'quoratectl quorum add' makes this controller a voter. An observer never founds "
                 "a cluster. It need not be in --voters, which may list only some of the cluster's "
                 "controllers. This option has no effect on a controller that is a voter already.",
         .set = SetSwitch(&config.observer)},
        {.name = "data-dir",
         .value_name = "DIR",
         .help = "The directory of the log and the snapshots. The first start creates it. Only one "
                 "process may use it at a time.",
         .set = SetText(&config.data_dir),
         .required = true}}},
      {"Listeners",
       {{.name = "client-listen",
         .value_name = "HOST:PORT",
         .help = "The address on which brokers and tools connect. Port 0 selects a free port (see "
                 "--ready-file).",
         .set = SetListen(&raw.client_listen),
         .default_text = "127.0.0.1:9090"},
        {.name = "client-advertise",
         .value_name = "HOST:PORT",
         .help = "The address at which brokers and tools reach the client listener. Default: the "
                 "value of --client-listen. Required if that is a wildcard address.",
         .set = SetAdvertised(&raw.client_advertise)},
        {.name = "peer-listen",
         .value_name = "HOST:PORT",
         .help = "The address on which the other controllers connect. Default: the address of this "
                 "controller in --voters, or its port on all addresses if the entry has a host "
                 "name. Required if this controller has no entry in --voters.",
         .set = SetListen(&raw.peer_listen)},
        {.name = "peer-advertise",
         .value_name = "HOST:PORT",
         .help = "The address at which the other controllers reach the peer listener. Describe "
                 "calls show it, and controllers whose --voters do not list this one dial it. "
                 "Default: the address of this controller in --voters or, without an entry there, "
                 "the value of --peer-listen. Required if that is a wildcard address or has port "
                 "0.",
         .set = SetAdvertised(&raw.peer_advertise)},
        MetricsListenOption(config),
        {.name = "ready-file",
         .value_name = "FILE",
         .help = "A file that is written, in one step, once all listeners are open. It contains "
                 "the lines client_port=N, peer_port=N, metrics_port=N (if there is a metrics "
                 "listener) and pid=N.",
         .set = SetText(&config.ready_file)}}},
      {"TLS", ControllerTlsOptions(config)},
      TimingOptions(config),
      {"Requests",
       {{.name = "max-request-items",
         .value_name = "N",
         .help = "The maximum number of topics, resources and configuration changes in one "
                 "request. A larger request is refused. Use the same value on all controllers.",
         .set = SetInteger(&config.max_request_items, 1, kMaxRequestItems),
         .default_text = "20000"},
        {.name = "max-request-partitions",
         .value_name = "N",
         .help = "The maximum number of partitions that one request may create or alter. A larger "
                 "request is refused.",
         .set = SetInteger(&config.max_request_partitions, 1, kMaxRequestItems),
         .default_text = "200000"},
        {.name = "principal-calls-per-second",
         .value_name = "N",
         .help =
             "The maximum number of calls to AdminService and AuditService that one principal "
             "may make to this controller in a second. Callers without TLS count by host. A call "
             "above it gets RESOURCE_EXHAUSTED with a time to wait. 0: no limit.",
         .set = SetInteger(&config.principal_calls_per_second, 0, kMaxPerSecond),
         .default_text = "0"},
        {.name = "partition-mutations-per-second",
         .value_name = "N",
         .help = "How many partitions one principal may create and delete in a second, on average, "
                 "counted by the active controller. A principal may save ten seconds' worth. A "
                 "request is accepted while any of it is left, and delays the next one by what it "
                 "takes beyond that. Until then each topic of a request gets "
                 "THROTTLING_QUOTA_EXCEEDED with a time to wait. All callers without TLS are one "
                 "principal. Use the same value on all controllers. 0: no limit.",
         .set = SetInteger(&config.partition_mutations_per_second, 0, kMaxPerSecond),
         .default_text = "0"}}},
      {"Disk",
       {{.name = "min-free-disk-bytes",
         .value_name = "BYTES",
         .help = "If the volume of --data-dir has less free space than this, the active controller "
                 "refuses changes, reports that it is not ready, and offers leadership to another "
                 "controller.",
         .set = SetInteger(&config.min_free_disk_bytes, 1, kMaxBytes),
         .default_text = "536870912"}}},
      {"Audit log",
       {{.name = "audit-files",
         .value_name = "N",
         .help = "The number of files in the directory audit of --data-dir, which record each "
                 "request for a change that this controller received ('quoratectl audit'). The "
                 "oldest file is removed when another one begins. 0 turns the audit log off.",
         .set = SetInteger(&config.audit_files, 0, kMaxAuditFiles),
         .default_text = "8"},
        {.name = "audit-file-bytes",
         .value_name = "BYTES",
         .help = "The maximum size of one such file. A record takes about 300 bytes.",
         .set = SetInteger(&config.audit_file_bytes, int64_t{64} << 10, kMaxBytes),
         .default_text = "16777216"}}},
      {"Snapshots",
       {{.name = "snapshot-min-log-bytes",
         .value_name = "BYTES",
         .help = "A snapshot is written when the log has grown by this much since the last "
                 "snapshot, and also by --snapshot-log-ratio. The log up to that last snapshot is "
                 "then dropped.",
         .set = SetInteger(&config.snapshot_min_log_bytes, 1, kMaxBytes),
         .default_text = "67108864"},
        {.name = "snapshot-log-ratio",
         .value_name = "N",
         .help = "How many times the size of the last snapshot the log must grow before the next "
                 "snapshot. A lower value keeps the log shorter; a higher value saves work.",
         .set = SetInteger(&config.snapshot_log_ratio, 0, kMaxSnapshotLogRatio),
         .default_text = "4"},
        {.name = "snapshot-max-bytes-per-second",
         .value_name = "BYTES",
         .help = "The maximum rate at which a snapshot is written, so that it does not delay the "
                 "log.",
         .set = SetInteger(&config.snapshot_max_bytes_per_second, 1024, kMaxBytes),
         .default_text = "33554432"}}},
      ConnectionOptions(config),
      LogAndTestOptions(config),
  };
}

absl::Status CheckVoters(ControllerConfig& config) {
  std::vector<int32_t> ids;
  for (const ConfiguredVoter& voter : config.voters) ids.push_back(voter.node_id.value());
  if (config.observer) {
    if (ids != std::vector<int32_t>{config.node_id.value()}) return absl::OkStatus();
    return absl::InvalidArgumentError(
        "voters lists only this observer: list controllers of the cluster to join");
  }
  if (std::find(ids.begin(), ids.end(), config.node_id.value()) == ids.end()) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "this node (node-id %d) is not in voters, which lists %s: correct one of the two, or start "
        "it with --observer to join an existing cluster",
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

// Returns the default of peer-listen. A host name may resolve to a loopback address on its own
// host, where other controllers could not connect, so it listens on all addresses instead.
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
        "this observer is not in voters, so it needs an address on which the other controllers "
        "connect: set peer-listen");
  }
  config.peer_listen = *raw.peer_listen;
  config.peer_advertise = raw.peer_advertise.value_or(config.peer_listen);
  if (config.peer_advertise.IsWildcard() || config.peer_advertise.port == 0) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "peer-listen %s is not an address that others can dial: set peer-advertise to the host and "
        "port that the other controllers use",
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
        "client-listen %s is a wildcard, which others cannot dial: set client-advertise to the "
        "host and port that brokers and tools use",
        config.client_listen.ToString()));
  }
  if (config.client_listen == config.peer_listen && config.client_listen.port != 0) {
    return absl::InvalidArgumentError(
        absl::StrFormat("client-listen and peer-listen are both %s: give them different ports",
                        config.client_listen.ToString()));
  }
  return absl::OkStatus();
}

absl::Status ResolveTls(ControllerConfig& config) {
  const security::TlsFiles& tls = config.tls;
  security::TlsFiles& peer = config.peer_tls;
  if (!peer.is_set()) {
    peer = tls;
  } else {
    if (peer.cert.empty() && peer.key.empty()) {
      peer.cert = tls.cert;
      peer.key = tls.key;
    }
    if (peer.ca.empty()) {
      peer.ca = tls.ca;
      if (peer.crl.empty()) peer.crl = tls.crl;
    }
  }
  RETURN_IF_ERROR(CheckRolesFile(config, tls.is_set() || peer.is_set()));
  RETURN_IF_ERROR(CheckTls(tls, "client-listen", config.client_listen, config));
  return CheckTls(peer, "peer-listen", config.peer_listen, config);
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
          absl::StrFormat("'%s' is not ID@HOST:PORT, as in 1@controller-1:9091", Printable(piece)));
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
  const auto check = [&]() -> absl::StatusOr<std::vector<std::string>> {
    loaded.node_id = NodeId(static_cast<int32_t>(raw.node_id));
    RETURN_IF_ERROR(CheckVoters(loaded));
    RETURN_IF_ERROR(ResolveListeners(raw, loaded));
    RETURN_IF_ERROR(ResolveTls(loaded));
    RETURN_IF_ERROR(CheckTiming(loaded));
    return loaded.warnings;
  };
  ASSIGN_OR_RETURN(
      const ConfigOutcome outcome,
      LoadConfig({ControllerManual(), Options(raw, loaded), check}, argc, argv, environment));
  if (outcome == ConfigOutcome::kRun) *config = std::move(loaded);
  return outcome;
}

std::string DescribeControllerOptions() {
  Raw raw;
  ControllerConfig config;
  return DescribeOptions({ControllerManual(), Options(raw, config)});
}

}  // namespace quorate::server
