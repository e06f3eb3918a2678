#include "server/program/process_config.h"

#include "base/check.h"
#include "server/program/config_values.h"

namespace quorate::server {

Option ClusterIdOption(ProcessConfig& config) {
  return {.name = "cluster-id",
          .value_name = "ID",
          .help =
              "The id of the cluster, the same for all its controllers and brokers: 22 characters, "
              "generated once with `quoratectl cluster new-id`.",
          .set = SetClusterId(&config.cluster_id),
          .required = true};
}

Option MetricsListenOption(ProcessConfig& config) {
  return {.name = kMetricsListenOption,
          .value_name = "HOST:PORT",
          .help =
              "The address of an HTTP listener for monitoring: /metrics for Prometheus, /healthz "
              "and /readyz. Anyone who can connect to it can read the metrics. Port 0 selects a "
              "free port (see --ready-file). Default: no such listener.",
          .set = SetListen(&config.metrics_listen)};
}

OptionGroup ConnectionOptions(ProcessConfig& config) {
  ConnectionLimits& limits = config.connection_limits;
  return {
      "Connections",
      {{.name = "max-connection-descriptors",
        .value_name = "N",
        .help =
            "New connections of all ports are closed at once while this process has about this "
            "many file descriptors open, files included. (Connections of clients leave the last "
            "256 of them free.) A connection takes one descriptor and about 60 KiB of memory. "
            "The limit of the operating system (ulimit -n) counts if it is lower.",
        .set = SetInteger(&limits.max_descriptors, 1024, kWantedDescriptors),
        .default_text = "16384"},
       {.name = "max-connections-per-host",
        .value_name = "N",
        .help = "The maximum number of connections of one host to the port for clients. A host is "
                "an IPv4 address or a /64 network of IPv6. Raise it if more brokers and tools than "
                "this connect through one address.",
        .set = SetInteger(&limits.max_of_host, 16, 16'384),
        .default_text = "2048"},
       {.name = "connection-timeout-ms",
        .value_name = "MS",
        .help = "A new connection to the port for clients is closed if it does not send its first "
                "bytes, or complete its handshakes, in this time.",
        .set = SetMilliseconds(&limits.timeout, 100, 600'000),
        .default_text = "10000"}}};
}

OptionGroup LogAndTestOptions(ProcessConfig& config) {
  return {
      "Logs and tests",
      {{.name = "log-level",
        .value_name = "LEVEL",
        .help = "The least severe level that is logged: debug, info, warning or error. "
                "While the process runs, 'quoratectl debug log-level' changes it, and SIGUSR1 "
                "switches debug on and off.",
        .set = SetChoice(&config.log_level, {"debug", "info", "warning", "error"}),
        .default_text = "info",
        .changes_with = "`quoratectl debug log-level`, SIGUSR1"},
       {.name = "log-format",
        .value_name = "FORMAT",
        .help = "The format of log lines: text, or json with one object in each line (time, level, "
                "thread, source, message).",
        .set = SetChoice(&config.log_format, {"text", "json"}),
        .default_text = "text"},
       {.name = "log-dir",
        .value_name = "DIR",
        .help = "Log to the file PROGRAM-ID.log in this directory instead of standard error. The "
                "stack trace of a crash still goes to standard error. SIGHUP reopens the file, "
                "after it was renamed.",
        .set = SetText(&config.log_dir)},
       {.name = "failpoints",
        .value_name = "NAME=ACTION,...",
        .help = "For tests: actions at named places in the code: abort, error or delay:<N>ms. "
                "With @<N> an action starts at the Nth time that its place is passed.",
        .set = SetText(&config.failpoints)},
       {.name = "seed",
        .value_name = "N",
        .help = "For tests: the seed of all random choices; 0 means a random seed.",
        .set = SetInteger(&config.seed, 0, INT64_MAX),
        .default_text = "0"}}};
}

}  // namespace quorate::server
