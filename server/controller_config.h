// What quorate-controller can be told, and its checks: everything that can be refused before
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
#include "server/process_config.h"

namespace quorate::server {

// One entry of --voters: a controller, and where this node dials its peer listener.
struct ConfiguredVoter {
  NodeId node_id;
  HostPort endpoint;

  friend bool operator==(const ConfiguredVoter&, const ConfiguredVoter&) = default;
};

struct ControllerConfig : ProcessConfig {
  NodeId node_id;
  std::string data_dir;
  // By ascending node id; this node included, unless it is an observer.
  std::vector<ConfiguredVoter> voters;
  // It joins a cluster that exists, and founds none.
  bool observer = false;

  HostPort peer_listen;
  // The one that is told to peers: who does not list this node dials it.
  HostPort peer_advertise;
  HostPort client_listen;
  // Port 0 where client_listen has port 0 and nothing else is advertised: the bound port.
  HostPort client_advertise;
  // Empty: none is written.
  std::string ready_file;

  Duration heartbeat_interval{};
  Duration election_timeout_min{};
  Duration election_timeout_max{};
  Duration broker_session_timeout{};
  Duration broker_connection_grace{};
  Duration broker_mass_loss_hold{};
  Duration state_check_interval{};

  int64_t max_request_items = 0;
  int64_t max_request_partitions = 0;

  int64_t min_free_disk_bytes = 0;

  int64_t snapshot_min_log_bytes = 0;
  // Bytes of the log for each byte of the last snapshot.
  int64_t snapshot_log_ratio = 0;
  int64_t snapshot_max_bytes_per_second = 0;

  // Questionable but not wrong, one sentence each: for the log.
  std::vector<std::string> warnings;
};

// "ID@HOST:PORT,…" by ascending id. INVALID_ARGUMENT: malformed, or an id or endpoint twice.
absl::StatusOr<std::vector<ConfiguredVoter>> ParseVoters(std::string_view text);

// Reads the configuration (LoadConfig). kShown: `config` is not written. INVALID_ARGUMENT and
// NOT_FOUND are one line.
absl::StatusOr<ConfigOutcome> LoadControllerConfig(
    int argc, const char* const* argv, const std::map<std::string, std::string>& environment,
    ControllerConfig* config);

}  // namespace quorate::server
