#include "cli/check.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/uuid.h"
#include "cli/json.h"
#include "cli/parse.h"
#include "cli/stop_condition.h"
#include "cli/text.h"
#include "cli/write_meter.h"
#include "client/admin_client.h"

namespace quorate::cli {
namespace {

using client::CallFailure;
using client::CallResult;
using common::v1::Error;

constexpr char kDefaultDuration[] = "10s";
// Retries follow almost immediately, so that the measured gap is that of the cluster, not the
// client's.
constexpr Duration kRetryPause = std::chrono::milliseconds(5);

struct WriteGapFlags {
  std::string duration;
  bool until_eof = false;
  std::string attempt_timeout = "100ms";
};

std::string ProbeTopic() {
  Rng rng(Rng::SystemSeed());
  return "quorate-write-probe-" + Uuid::Random(rng).ToString();
}

client::CallerOptions ProbeOptions(const Session& session, Duration attempt_timeout) {
  client::CallerOptions options = session.caller_options();
  options.attempt_timeout = attempt_timeout;
  options.max_attempt_timeout = attempt_timeout;
  options.connect_timeout = attempt_timeout;
  options.initial_backoff = kRetryPause;
  options.max_backoff = kRetryPause;
  return options;
}

// Writes by alternately creating and deleting its own topic. This is the smallest write that works
// on every cluster, and it leaves nothing behind.
class WriteProbe {
 public:
  WriteProbe(Session& session, Duration attempt_timeout)
      : session_(session), topic_(ProbeTopic()), client_(ProbeOptions(session, attempt_timeout)) {}

  const std::string& topic() const { return topic_; }
  const WriteMeter& meter() const { return meter_; }

  // Makes two writes. Returns nullopt on success. Otherwise prints the error and returns the exit
  // code.
  std::optional<ExitCode> CreateAndDelete() {
    admin::v1::CreateTopicsRequest create;
    admin::v1::NewTopic* topic = create.add_topics();
    topic->set_name(topic_);
    topic->set_partition_count(1);
    topic->set_replication_factor(1);
    if (auto code = Write([&] { return client_.CreateTopics(create); })) return code;
    exists_ = true;

    admin::v1::DeleteTopicsRequest remove;
    remove.add_topics()->set_name(topic_);
    if (auto code = Write([&] { return client_.DeleteTopics(remove); })) return code;
    exists_ = false;
    return std::nullopt;
  }

 private:
  template <typename Call>
  std::optional<ExitCode> Write(const Call& call) {
    const MonoTime sent = SystemClock().Now();
    const auto result = call();
    if (const auto* failure = std::get_if<CallFailure>(&result)) return Fail(*failure);
    for (const auto& item : std::get<0>(result).results()) {
      if (item.has_error()) return Refuse(item.error());
    }
    meter_.Acknowledged(sent, SystemClock().Now());
    return std::nullopt;
  }

  ExitCode Fail(const CallFailure& failure) {
    const ExitCode code = session_.Fail(failure);
    if ((exists_ || failure.kind == client::FailureKind::kUnknown) && !session_.json()) {
      session_.Complain(
          "the topic of the probe may still exist; delete it with: quoratectl topics delete " +
          topic_);
    }
    return code;
  }

  ExitCode Refuse(const Error& error) {
    if (error.code() != common::v1::INVALID_REPLICATION_FACTOR) {
      return session_.FailItem("topic " + topic_, error);
    }
    Error explained = error;
    explained.set_message(
        "the probe writes by creating and deleting a topic, and no broker can "
        "hold its replica: " +
        error.message());
    return session_.FailItem("topic " + topic_, explained);
  }

  Session& session_;
  const std::string topic_;
  client::AdminClient client_;
  // Whether the topic exists after the last acknowledged write.
  bool exists_ = false;
  WriteMeter meter_;
};

double Milliseconds(Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

void Report(Session& session, const WriteMeter& meter, Duration elapsed) {
  const double median_ms = Milliseconds(meter.Latency(0.5));
  const double p99_ms = Milliseconds(meter.Latency(0.99));
  const double gap_ms = Milliseconds(meter.widest_gap());
  if (session.json()) {
    session.out() << JsonText({{"acknowledged_writes", meter.count()},
                               {"elapsed_ms", ToMs(elapsed)},
                               {"median_latency_ms", median_ms},
                               {"p99_latency_ms", p99_ms},
                               {"widest_gap_ms", gap_ms}});
    return;
  }
  session.out() << absl::StrFormat(
      "Acknowledged writes: %d in %s\n"
      "Write latency: median %.1f ms, p99 %.1f ms\n"
      "Widest write gap: %.1f ms\n",
      meter.count(), DurationText(ToMs(elapsed)), median_ms, p99_ms, gap_ms);
}

ExitCode Run(Session& session, std::optional<Duration> duration, Duration attempt_timeout) {
  const MonoTime start = SystemClock().Now();
  StopCondition stop(duration);
  WriteProbe probe(session, attempt_timeout);
  if (!session.json()) {
    session.err() << absl::StrFormat("Writing continuously %s (topic %s) ...",
                                     duration.has_value()
                                         ? "for " + DurationText(ToMs(*duration))
                                         : std::string("until standard input ends"),
                                     probe.topic())
                  << std::endl;
  }
  do {
    if (const auto code = probe.CreateAndDelete()) return *code;
  } while (!stop.Reached());
  Report(session, probe.meter(), SystemClock().Now() - start);
  return ExitCode::kDone;
}

ExitCode WriteGap(Session& session, const WriteGapFlags& flags) {
  if (flags.until_eof && !flags.duration.empty()) {
    return session.RefuseUsage(
        "--duration and --until-eof exclude each other: give only one of them");
  }
  const auto duration = ParseTimeout(flags.duration.empty() ? kDefaultDuration : flags.duration);
  if (!duration.ok()) {
    return session.RefuseUsage(absl::StrFormat("--duration: %s", duration.status().message()));
  }
  const auto attempt = ParseTimeout(flags.attempt_timeout);
  if (!attempt.ok()) {
    return session.RefuseUsage(
        absl::StrFormat("--attempt-timeout: %s", attempt.status().message()));
  }
  return Run(session, flags.until_eof ? std::nullopt : std::optional<Duration>(*duration),
             *attempt);
}

}  // namespace

void AddCheck(CommandLine& line) {
  CLI::App* check = line.AddNoun("check", "measure a running cluster");
  auto flags = std::make_shared<WriteGapFlags>();
  CLI::App* verb = line.AddCommand(
      check,
      {.name = "write-gap",
       .summary = "measure the longest gap between writes",
       .description =
           "Writes continuously with one write in flight, and prints the number of acknowledged "
           "writes, their latency, and the widest gap between two consecutive acknowledgements. "
           "The gap is what a client notices of a failover that happens meanwhile. The command "
           "alternately creates and deletes its own topic, named quorate-write-probe- and random "
           "characters, which does not exist when the command ends. --timeout limits one write "
           "with all its retries at all endpoints. Ctrl-C ends the measurement and prints the "
           "result.\n"
           "\n"
           "Like the writes of any client, each write uses one of the 100,000 request ids that the "
           "controllers remember: do not run the command longer than necessary.",
       .examples = {"quoratectl check write-gap --duration 30s",
                    "quoratectl check write-gap --until-eof",
                    "quoratectl check write-gap --duration 5s --output json | jq .widest_gap_ms"}},
      CommonFlags::kCluster, [flags](Session& session) { return WriteGap(session, *flags); });
  verb->add_option("--duration", flags->duration,
                   absl::StrFormat("How long to write, for example 30s or 2m. Default: %s.",
                                   kDefaultDuration))
      ->type_name("TIME");
  verb->add_flag("--until-eof", flags->until_eof,
                 "Write until standard input ends (at a terminal: Ctrl-D), instead of for a "
                 "--duration.");
  verb->add_option("--attempt-timeout", flags->attempt_timeout,
                   "How long to wait for the answer of one endpoint before trying the next one. "
                   "Increase it on a slow network. Default: 100ms.")
      ->type_name("TIME");
}

}  // namespace quorate::cli
