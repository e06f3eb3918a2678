#include "server/program/broker_config.h"

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "server/program/broker_manual.h"
#include "server/program/config_document.h"
#include "server/program/config_values.h"
#include "server/program/tls_options.h"

namespace quorate::server {
namespace {

constexpr int64_t kMaxMilliseconds = int64_t{24} * 60 * 60 * 1000;

// The values that the checks still have to turn into values of BrokerConfig.
struct Raw {
  int64_t broker_id = 0;
  std::optional<HostPort> listen;
  std::optional<HostPort> advertise;
};

std::vector<Option> BrokerTlsOptions(BrokerConfig& config) {
  std::vector<Option> options = TlsOptions(
      config.tls,
      {.cert = "The certificate (PEM) that this broker shows to controllers and tools, followed by "
               "those of intermediate CAs. The files of this group are read again when they "
               "change; open connections stay open. Default: none, plain text.",
       .ca = "The CAs (PEM) that sign the certificates of controllers, brokers and tools. A caller "
             "without such a certificate is refused."});
  options.push_back(RolesFileOption(config.roles_file));
  options.push_back(RequireTlsOption(config.require_tls));
  return options;
}

std::vector<OptionGroup> Options(Raw& raw, BrokerConfig& config) {
  return {
      {"Identity",
       {ClusterIdOption(config),
        {.name = "broker-id",
         .value_name = "N",
         .help = "The id of this broker, a number that is unique among the brokers. 0 is a valid "
                 "id.",
         .set = SetInteger(&raw.broker_id, 0, INT32_MAX),
         .required = true},
        {.name = "rack",
         .value_name = "NAME",
         .help = "The rack of this broker. The replicas of a partition are spread over racks.",
         .set = SetText(&config.rack)},
        {.name = "data-dir",
         .value_name = "DIR",
         .help = "The directory that stores the identity of this broker. The broker refuses a "
                 "directory that belongs to another cluster or broker, or that another process "
                 "uses. Brokers hold no messages yet, so it contains nothing else. Default: none.",
         .set = SetText(&config.data_dir)}}},
      {"Network",
       {{.name = "bootstrap",
         .value_name = "HOST:PORT,...",
         .help = "The client listeners of the controllers: all of them, or those that are always "
                 "available. The broker dials these, and the active controller that one of them "
                 "names.",
         .set = SetEndpoints(&config.bootstrap),
         .required = true},
        {.name = "listen",
         .value_name = "HOST:PORT",
         .help = "The address on which controllers and tools connect. Port 0 selects a free port "
                 "(see --ready-file).",
         .set = SetListen(&raw.listen),
         .default_text = "127.0.0.1:9092"},
        {.name = "advertise",
         .value_name = "HOST:PORT",
         .help = "The address at which others reach the listener. The active controller dials it "
                 "when the broker registers. If the broker answers, the controller can later "
                 "notice its death at once. Default: the value of --listen. Required if that is a "
                 "wildcard address.",
         .set = SetAdvertised(&raw.advertise)},
        MetricsListenOption(config),
        {.name = "ready-file",
         .value_name = "FILE",
         .help =
             "A file that is written, in one step, once all listeners are open. It contains the "
             "lines port=N, metrics_port=N (if there is a metrics listener) and pid=N.",
         .set = SetText(&config.ready_file)}}},
      {"TLS", BrokerTlsOptions(config)},
      {"Timing",
       {{.name = "heartbeat-interval-ms",
         .value_name = "MS",
         .help = "The interval at which the broker sends heartbeats to the active controller. It "
                 "should be well below the controllers' --broker-session-timeout-ms.",
         .set = SetMilliseconds(&config.heartbeat_interval, 1, kMaxMilliseconds),
         .default_text = "1000"},
        {.name = "registration-timeout-ms",
         .value_name = "MS",
         .help = "How long the broker retries to register while another live process has its id. "
                 "Then it exits.",
         .set = SetMilliseconds(&config.registration_timeout, 0, kMaxMilliseconds),
         .default_text = "60000"},
        {.name = "controlled-shutdown-timeout-ms",
         .value_name = "MS",
         .help = "How long a stop may wait until the broker's leaderships have moved to other "
                 "brokers.",
         .set = SetMilliseconds(&config.controlled_shutdown_timeout, 0, kMaxMilliseconds),
         .default_text = "5000"}}},
      ConnectionOptions(config),
      LogAndTestOptions(config),
  };
}

absl::Status ResolveListener(const Raw& raw, BrokerConfig& config) {
  config.listen = *raw.listen;
  config.advertise = raw.advertise.value_or(config.listen);
  if (config.advertise.IsWildcard()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("listen %s is a wildcard, which others cannot dial: set advertise to the "
                        "host and port that the controllers and tools use",
                        config.listen.ToString()));
  }
  for (const HostPort& controller : config.bootstrap) {
    if (controller == config.advertise && controller.port != 0) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "bootstrap names %s, which is this broker itself: name the controllers' client listeners",
          controller.ToString()));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ConfigOutcome> LoadBrokerConfig(
    int argc, const char* const* argv, const std::map<std::string, std::string>& environment,
    BrokerConfig* config) {
  BrokerConfig loaded;
  Raw raw;
  const auto check = [&]() -> absl::StatusOr<std::vector<std::string>> {
    loaded.broker_id = BrokerId(static_cast<int32_t>(raw.broker_id));
    RETURN_IF_ERROR(ResolveListener(raw, loaded));
    RETURN_IF_ERROR(CheckRolesFile(loaded, loaded.tls.is_set()));
    RETURN_IF_ERROR(CheckTls(loaded.tls, "listen", loaded.listen, loaded));
    return loaded.warnings;
  };
  ASSIGN_OR_RETURN(
      const ConfigOutcome outcome,
      LoadConfig({BrokerManual(), Options(raw, loaded), check}, argc, argv, environment));
  if (outcome == ConfigOutcome::kRun) *config = std::move(loaded);
  return outcome;
}

std::string DescribeBrokerOptions() {
  Raw raw;
  BrokerConfig config;
  return DescribeOptions({BrokerManual(), Options(raw, config)});
}

}  // namespace quorate::server
