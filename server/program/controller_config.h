// The configuration of quorate-controller and its checks. Every mistake that can be found before
// anything is opened is refused here.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/host_port.h"
#include "base/ids.h"
#include "security/tls_files.h"
#include "server/program/process_config.h"

namespace quorate::server {

// One entry of --voters: a controller and the address at which this node dials its peer listener.
struct ConfiguredVoter {
  NodeId node_id;
  HostPort endpoint;

  friend bool operator==(const ConfiguredVoter&, const ConfiguredVoter&) = default;
};

struct ControllerConfig : ProcessConfig {
  NodeId node_id;
  std::string data_dir;
  // Sorted by node id. Contains this node unless it is an observer, which may be in it.
  std::vector<ConfiguredVoter> voters;
  // Joins an existing cluster, and never founds one.
  bool observer = false;

  HostPort peer_listen;
  // The address that peers receive from this node. Controllers whose --voters do not list this node
  // dial it.
  HostPort peer_advertise;
  HostPort client_listen;
  // Port 0 means the bound port. It is 0 only if client_listen has port 0 and --client-advertise is
  // not given.
  HostPort client_advertise;
  // Of the client listener and the probes of brokers; not set: plain text.
  security::TlsFiles tls;
  // Of the peer listener and the connections to peers; not set: plain text. Equal to `tls` by
  // default.
  security::TlsFiles peer_tls;
  // Empty: no ready file is written.
  std::string ready_file;

  // "lan", "wan" or "noisy": the source of the times below that are not set.
  std::string profile;
  // How long a message to another controller and its answer take at most, as a rule.
  Duration peer_round_trip{};
  Duration heartbeat_interval{};
  Duration election_timeout_min{};
  Duration election_timeout_max{};
  Duration broker_session_timeout{};
  Duration broker_connection_grace{};
  Duration broker_mass_loss_hold{};
  Duration state_check_interval{};
  // Zero: leaders stay where they are.
  Duration leader_balance_interval{};
  int64_t leader_balance_max_per_second = 0;

  int64_t max_request_items = 0;
  int64_t max_request_partitions = 0;
  // 0: no limit.
  int64_t principal_calls_per_second = 0;
  int64_t partition_mutations_per_second = 0;

  int64_t min_free_disk_bytes = 0;

  int64_t audit_file_bytes = 0;
  // 0: there is no audit log.
  int64_t audit_files = 0;

  int64_t snapshot_min_log_bytes = 0;
  // How many bytes the log grows for each byte of the last snapshot before the next one is due.
  int64_t snapshot_log_ratio = 0;
  int64_t snapshot_max_bytes_per_second = 0;
};

// Parses "ID@HOST:PORT,…" and returns the voters sorted by id. Returns INVALID_ARGUMENT if the text
// is malformed or contains an id or an endpoint twice.
absl::StatusOr<std::vector<ConfiguredVoter>> ParseVoters(std::string_view text);

// Reads the configuration with LoadConfig and checks it. Writes `config` only if it returns kRun.
// Errors are INVALID_ARGUMENT or NOT_FOUND, with a message of one line.
absl::StatusOr<ConfigOutcome> LoadControllerConfig(
    int argc, const char* const* argv, const std::map<std::string, std::string>& environment,
    ControllerConfig* config);

// Returns the part of docs/configuration.md about this program.
std::string DescribeControllerOptions();

}  // namespace quorate::server
