#include "cli/cluster_wait.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/clock.h"
#include "cli/json.h"
#include "cli/quorum.h"
#include "cli/text.h"
#include "client/admin_client.h"
#include "client/probes.h"

namespace quorate::cli {
namespace {

using admin::v1::DescribeClusterResponse;
using admin::v1::DescribeQuorumResponse;
using client::CallFailure;

// The pause between two checks.
constexpr Duration kPause = std::chrono::milliseconds(100);
// The timeout of each call of a check. A process that hangs counts as missing, and the check goes
// on with the others.
constexpr Duration kQuestionTimeout = std::chrono::seconds(1);

struct WaitFlags {
  bool ready = false;
  std::optional<int32_t> brokers;
  std::optional<int32_t> max_lag;
};

// Checks the conditions that the flags name.
class Waiter {
 public:
  Waiter(const WaitFlags& flags, const Settings& settings)
      : flags_(flags),
        deadline_(SystemClock().Now() + settings.timeout),
        client_({.endpoints = settings.bootstrap,
                 .tls = settings.tls.get(),
                 .timeout = std::min(settings.timeout, kQuestionTimeout)}) {
    for (const HostPort& endpoint : settings.bootstrap) {
      probes_.push_back(std::make_unique<client::ReadinessProbe>(endpoint, settings.tls.get()));
    }
  }

  bool expired() const { return SystemClock().Now() >= deadline_; }

  // Returns the conditions that do not hold now, a phrase for each.
  std::vector<std::string> Look() {
    std::vector<std::string> missing;
    if (flags_.ready) {
      for (const auto& probe : probes_) {
        if (const auto why = probe->WhyNotReady(kQuestionTimeout)) {
          missing.push_back(absl::StrFormat("%s: %s", probe->endpoint().ToString(), *why));
        }
      }
    }
    // The read is linearizable, so an answer proves that there is a quorum.
    const auto result = client_.DescribeCluster({});
    if (const auto* failure = std::get_if<CallFailure>(&result)) {
      missing.push_back("quorum: " + failure->error.message());
      return missing;
    }
    AddMissingBrokers(std::get<DescribeClusterResponse>(result), missing);
    AddMissingVoters(missing);
    return missing;
  }

 private:
  void AddMissingBrokers(const DescribeClusterResponse& cluster,
                         std::vector<std::string>& missing) const {
    if (!flags_.brokers.has_value()) return;
    const auto running =
        std::count_if(cluster.brokers().begin(), cluster.brokers().end(),
                      [](const admin::v1::Broker& broker) { return !broker.fenced(); });
    if (running < *flags_.brokers) {
      missing.push_back(
          absl::StrFormat("brokers: %d of %d running and unfenced", running, *flags_.brokers));
    }
  }

  void AddMissingVoters(std::vector<std::string>& missing) {
    if (!flags_.max_lag.has_value()) return;
    const auto result = client_.DescribeQuorum({});
    if (const auto* failure = std::get_if<CallFailure>(&result)) {
      missing.push_back("quorum: " + failure->error.message());
    } else {
      const auto voters = VotersBehind(std::get<DescribeQuorumResponse>(result), *flags_.max_lag);
      missing.insert(missing.end(), voters.begin(), voters.end());
    }
  }

  const WaitFlags& flags_;
  const MonoTime deadline_;
  client::AdminClient client_;
  std::vector<std::unique_ptr<client::ReadinessProbe>> probes_;
};

ExitCode GiveUp(Session& session, const std::vector<std::string>& missing) {
  const std::string waited = DurationText(ToMs(session.settings().timeout));
  if (session.json()) {
    session.err() << JsonText({{"error",
                                {{"kind", "unreachable"},
                                 {"message", "timed out after " + waited},
                                 {"missing", missing}}}});
  } else {
    session.Complain(absl::StrFormat("timed out after %s; missing:\n  %s", waited,
                                     absl::StrJoin(missing, "\n  ")));
  }
  return ExitCode::kUnreachable;
}

ExitCode Wait(Session& session, const WaitFlags& flags) {
  if (!flags.ready && !flags.brokers.has_value() && !flags.max_lag.has_value()) {
    return session.RefuseUsage(
        "no condition given: use --ready, --brokers N, --max-lag OFFSETS, or several of them");
  }
  if (flags.max_lag.value_or(0) < 0) {
    return session.RefuseUsage(absl::StrFormat("--max-lag: %d is less than 0", *flags.max_lag));
  }
  const MonoTime start = SystemClock().Now();
  Waiter waiter(flags, session.settings());
  std::vector<std::string> told;
  while (true) {
    const std::vector<std::string> missing = waiter.Look();
    if (missing.empty()) break;
    if (waiter.expired()) return GiveUp(session, missing);
    if (missing != told && !session.json()) {
      session.err() << "waiting for " << absl::StrJoin(missing, "; ") << std::endl;
      told = missing;
    }
    std::this_thread::sleep_for(kPause);
  }
  const int64_t waited_ms = ToMs(SystemClock().Now() - start);
  if (session.json()) session.out() << JsonText({{"ready", true}, {"waited_ms", waited_ms}});
  session.Say(absl::StrFormat("Ready after %s.", DurationText(waited_ms)));
  return ExitCode::kDone;
}

}  // namespace

std::vector<std::string> VotersBehind(const DescribeQuorumResponse& quorum, int64_t max_lag) {
  std::vector<std::string> behind;
  for (const auto& voter : quorum.voters()) {
    if (!InContact(quorum, voter)) {
      behind.push_back(absl::StrFormat("voter %d: not in contact with the active controller, %d",
                                       voter.node_id(), quorum.leader_id()));
    } else if (voter.lag() < 0) {
      behind.push_back(absl::StrFormat("voter %d: its lag is not known yet", voter.node_id()));
    } else if (voter.lag() > max_lag) {
      behind.push_back(absl::StrFormat("voter %d: more than %s behind the active controller, %d",
                                       voter.node_id(), Plural(max_lag, "offset"),
                                       quorum.leader_id()));
    }
  }
  return behind;
}

void AddClusterWait(CommandLine& line, CLI::App* cluster) {
  auto flags = std::make_shared<WaitFlags>();
  CLI::App* verb = line.AddCommand(
      cluster,
      {.name = "wait",
       .summary = "wait until the cluster can be used",
       .description =
           "Waits until there is a quorum and all conditions given by the options hold. Meanwhile "
           "it prints to standard error what is missing (with --output json only at the end). If "
           "--timeout passes first, the exit status is 3.",
       .examples = {"quoratectl cluster wait --ready --timeout 60s",
                    "quoratectl cluster wait --ready --brokers 3",
                    "quoratectl cluster wait --ready --max-lag 1000",
                    "quoratectl cluster wait --ready --bootstrap 127.0.0.1:9092"}},
      CommonFlags::kCluster, [flags](Session& session) { return Wait(session, *flags); });
  verb->add_flag(
      "--ready", flags->ready,
      "Wait until every endpoint of --bootstrap is ready: it is the active controller or "
      "in session with it, and has applied everything that was committed.");
  verb->add_option("--brokers", flags->brokers, "Wait until this many brokers are unfenced.")
      ->type_name("N")
      ->check(CommandLine::WholeNumber());
  verb->add_option("--max-lag", flags->max_lag,
                   "Wait until every voter has been in contact with the active controller within "
                   "the last 2 s and is at most this many offsets behind it.")
      ->type_name("OFFSETS")
      ->check(CommandLine::WholeNumber());
}

}  // namespace quorate::cli
