#include "server/program/controller_timing.h"

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "server/program/config_values.h"

namespace quorate::server {
namespace {

constexpr int64_t kMaxMilliseconds = int64_t{24} * 60 * 60 * 1000;
constexpr int64_t kMaxBalancePerSecond = 1'000'000;
// A pre-vote and a vote take a round trip each. The rest is for messages that are late.
constexpr int kRoundTripsOfAnElection = 5;

// Returns the error with a hint at the source of the values that the user has not set.
absl::Status Contradiction(const ControllerConfig& config, const std::string& what) {
  return absl::InvalidArgumentError(
      absl::StrFormat("%s (values that are not set come from profile %s)", what, config.profile));
}

}  // namespace

OptionGroup TimingOptions(ControllerConfig& config) {
  return {
      "Timing",
      {{.name = kProfileOption,
        .value_name = "NAME",
        .help = "The network between the controllers, which decides the defaults of this group: "
                "lan (one site, a round trip takes less than 5 ms), wan (several sites, up to 100 "
                "ms) or noisy (one site, but machines or the network stall for up to a second). "
                "The controllers of one cluster should have the same profile. They work together "
                "if they do not, for example while it is being changed.",
        .set = SetChoice(&config.profile, {"lan", "wan", "noisy"}),
        .default_text = "lan"},
       {.name = "peer-round-trip-ms",
        .value_name = "MS",
        .help = "How long a message to another controller and its answer take at most, as a rule. "
                "A controller whose connection broke is taken for dead if it does not connect "
                "again within this time. After the death of the active controller, the others "
                "stand for election one after the other, three times this value apart.",
        .set = SetMilliseconds(&config.peer_round_trip, 1, kMaxMilliseconds),
        .default_text = "5",
        .profile_defaults = {{"wan", "100"}, {"noisy", "20"}}},
       {.name = "heartbeat-interval-ms",
        .value_name = "MS",
        .help = "The interval at which the active controller sends heartbeats to the others.",
        .set = SetMilliseconds(&config.heartbeat_interval, 1, kMaxMilliseconds),
        .default_text = "100",
        .profile_defaults = {{"wan", "300"}, {"noisy", "200"}}},
       {.name = "election-timeout-min-ms",
        .value_name = "MS",
        .help = "A controller that receives nothing from the active controller starts an election "
                "after a random time between this value and --election-timeout-max-ms. (It "
                "notices a broken connection at once.)",
        .set = SetMilliseconds(&config.election_timeout_min, 2, kMaxMilliseconds),
        .default_text = "500",
        .profile_defaults = {{"wan", "2000"}, {"noisy", "2000"}}},
       {.name = "election-timeout-max-ms",
        .value_name = "MS",
        .help = "The upper limit of that time. An active controller that hears from no majority "
                "for this long resigns.",
        .set = SetMilliseconds(&config.election_timeout_max, 2, kMaxMilliseconds),
        .default_text = "1000",
        .profile_defaults = {{"wan", "4000"}, {"noisy", "4000"}}},
       {.name = "broker-session-timeout-ms",
        .value_name = "MS",
        .help = "A broker that sends no heartbeat for this long is fenced.",
        .set = SetMilliseconds(&config.broker_session_timeout, 10, kMaxMilliseconds),
        .default_text = "9000",
        .profile_defaults = {{"wan", "18000"}, {"noisy", "18000"}}},
       {.name = "broker-connection-grace-ms",
        .value_name = "MS",
        .help = "How long a broker whose connection broke may take to reconnect before it is "
                "fenced. A broker that is proved dead is fenced at once.",
        .set = SetMilliseconds(&config.broker_connection_grace, 1, kMaxMilliseconds),
        .default_text = "1000",
        .profile_defaults = {{"wan", "3000"}, {"noisy", "3000"}}},
       {.name = "broker-mass-loss-hold-ms",
        .value_name = "MS",
        .help = "While more than half of the brokers are out of contact without proof that they "
                "are dead, leaders and ISRs stay unchanged for this long. Then those brokers are "
                "fenced in one batch.",
        .set = SetMilliseconds(&config.broker_mass_loss_hold, 0, kMaxMilliseconds),
        .default_text = "60000"},
       {.name = "leader-balance-interval-ms",
        .value_name = "MS",
        .help = "How long a broker must have been back before it leads the partitions again of "
                "which it is the first replica. 0 leaves the leaders where they are.",
        .set = SetMilliseconds(&config.leader_balance_interval, 0, kMaxMilliseconds),
        .default_text = "10000"},
       {.name = "leader-balance-max-per-second",
        .value_name = "N",
        .help = "The maximum number of leaders that the controller gives back in one second.",
        .set = SetInteger(&config.leader_balance_max_per_second, 10, kMaxBalancePerSecond),
        .default_text = "10000"},
       {.name = "state-check-interval-ms",
        .value_name = "MS",
        .help = "The interval at which the controllers compare their states. A controller whose "
                "state contradicts a majority of the voters ends itself. Use the same value on "
                "all controllers.",
        .set = SetMilliseconds(&config.state_check_interval, 100, kMaxMilliseconds),
        .default_text = "60000"}}};
}

absl::Status CheckTiming(const ControllerConfig& config) {
  if (config.election_timeout_min > config.election_timeout_max) {
    return Contradiction(
        config,
        absl::StrFormat("election-timeout-min-ms %d is above election-timeout-max-ms %d",
                        ToMs(config.election_timeout_min), ToMs(config.election_timeout_max)));
  }
  if (config.heartbeat_interval * 2 > config.election_timeout_min) {
    return Contradiction(
        config,
        absl::StrFormat("heartbeat-interval-ms %d is more than half of "
                        "election-timeout-min-ms %d: a single late heartbeat could start "
                        "an election",
                        ToMs(config.heartbeat_interval), ToMs(config.election_timeout_min)));
  }
  if (config.peer_round_trip * kRoundTripsOfAnElection > config.election_timeout_min) {
    return Contradiction(
        config, absl::StrFormat("election-timeout-min-ms %d is less than %d times "
                                "peer-round-trip-ms %d: an election could end before its votes "
                                "arrive",
                                ToMs(config.election_timeout_min), kRoundTripsOfAnElection,
                                ToMs(config.peer_round_trip)));
  }
  if (config.broker_connection_grace > config.broker_session_timeout) {
    return Contradiction(
        config,
        absl::StrFormat("broker-connection-grace-ms %d is above broker-session-timeout-ms %d",
                        ToMs(config.broker_connection_grace), ToMs(config.broker_session_timeout)));
  }
  return absl::OkStatus();
}

}  // namespace quorate::server
