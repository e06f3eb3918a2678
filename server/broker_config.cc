#include "server/broker_config.h"

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "server/broker_manual.h"
#include "server/config_values.h"

namespace quorate::server {
namespace {

constexpr int64_t kMaxMilliseconds = int64_t{24} * 60 * 60 * 1000;

// What the options write; the checks turn it into a BrokerConfig.
struct Raw {
  int64_t broker_id = 0;
  std::optional<HostPort> listen;
  std::optional<HostPort> advertise;
};

std::vector<OptionGroup> Options(Raw& raw, BrokerConfig& config) {
  return {
      {"Identity",
       {ClusterIdOption(config),
        {.name = "broker-id",
         .value_name = "N",
         .help = "This broker's number, unique among the brokers; 0 is one, too.",
         .set = SetInteger(&raw.broker_id, 0, INT32_MAX),
         .required = true},
        {.name = "rack",
         .value_name = "NAME",
         .help = "Where the broker stands: replicas of a partition are spread over racks.",
         .set = SetText(&config.rack)},
        {.name = "data-dir",
         .value_name = "DIR",
         .help = "Remembers whose broker this is, and is used by one process at a time: a "
                 "directory of another cluster or broker is refused. Brokers hold no messages yet, "
                 "so nothing else is kept there. Default: none.",
         .set = SetText(&config.data_dir)}}},
      {"Network",
       {{.name = "bootstrap",
         .value_name = "HOST:PORT,...",
         .help = "The controllers' client listeners: all of them, or those that are always there. "
                 "The broker dials these, and the active controller that one of them names.",
         .set = SetEndpoints(&config.bootstrap),
         .required = true},
        {.name = "listen",
         .value_name = "HOST:PORT",
         .help = "Where the controllers and tools connect. Port 0 takes a free one (see "
                 "--ready-file).",
         .set = SetListen(&raw.listen),
         .default_text = "127.0.0.1:9092"},
        {.name = "advertise",
         .value_name = "HOST:PORT",
         .help = "How others reach that listener. The active controller dials it when the broker "
                 "registers: if it answers, the broker's death is noticed at once. Default: "
                 "--listen; required if that is a wildcard.",
         .set = SetAdvertised(&raw.advertise)},
        {.name = "ready-file",
         .value_name = "FILE",
         .help = "Written once the listener is open, in one step: lines port=N, pid=N.",
         .set = SetText(&config.ready_file)}}},
      {"Timing",
       {{.name = "heartbeat-interval-ms",
         .value_name = "MS",
         .help = "How often the broker tells the active controller that it is alive. Well below "
                 "the controllers' broker-session-timeout-ms.",
         .set = SetMilliseconds(&config.heartbeat_interval, 1, kMaxMilliseconds),
         .default_text = "1000"},
        {.name = "registration-timeout-ms",
         .value_name = "MS",
         .help = "How long the broker asks for its id while another live process holds it, before "
                 "it gives up.",
         .set = SetMilliseconds(&config.registration_timeout, 0, kMaxMilliseconds),
         .default_text = "60000"},
        {.name = "controlled-shutdown-timeout-ms",
         .value_name = "MS",
         .help = "How long a stop may wait for the broker's leaderships to be moved.",
         .set = SetMilliseconds(&config.controlled_shutdown_timeout, 0, kMaxMilliseconds),
         .default_text = "5000"}}},
      LogAndTestOptions(config),
  };
}

absl::Status ResolveListener(const Raw& raw, BrokerConfig& config) {
  config.listen = *raw.listen;
  config.advertise = raw.advertise.value_or(config.listen);
  if (config.advertise.IsWildcard()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("listen %s is a wildcard, which nobody can dial: name the host that the "
                        "controllers and tools use with advertise",
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
  const ProgramOptions options = {BrokerManual(), Options(raw, loaded)};
  ASSIGN_OR_RETURN(const ConfigOutcome outcome, LoadConfig(options, argc, argv, environment));
  if (outcome == ConfigOutcome::kShown) return outcome;
  loaded.broker_id = BrokerId(static_cast<int32_t>(raw.broker_id));
  RETURN_IF_ERROR(ResolveListener(raw, loaded));
  *config = std::move(loaded);
  return outcome;
}

}  // namespace quorate::server
