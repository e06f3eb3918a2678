#include "cli/events.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/history.h"
#include "cli/json.h"
#include "cli/text.h"
#include "metadata/cluster_events.h"

namespace quorate::cli {
namespace {

using metadata::MetadataImage;
using metadata::v1::Batch;
using metadata::v1::ClusterEvent;

struct EventsArguments {
  std::string since;
  bool follow = false;
};

bool IsTooEarly(const Batch& batch, const std::optional<LogPoint>& since) {
  if (!since) return false;
  return since->offset ? batch.base_offset() + batch.record_count() <= *since->offset
                       : batch.append_time_ms() < *since->ms;
}

void Print(Session& session, const Batch& batch, const MetadataImage& before,
           const MetadataImage& after) {
  bool is_first = true;
  for (const ClusterEvent& event : metadata::EventsOf(batch, before, after)) {
    session.out() << (session.json() ? ToJson(event).dump() + "\n" : EventText(event, is_first));
    is_first = false;
  }
  session.out().flush();
}

// Says that the story does not begin with the cluster, if it matters to who asks.
void TellBeginning(Session& session, const MetadataImage& image,
                   const std::optional<LogPoint>& since) {
  const bool asks_for_earlier =
      !since || (since->offset ? *since->offset < image.end_offset().value()
                               : *since->ms < image.last_append_time_ms());
  if (!asks_for_earlier) return;
  session.Complain(absl::StrFormat(
      "the story begins at offset %d (%s): the controllers have what happened before only as a "
      "snapshot of its result",
      image.end_offset().value(), TimeText(image.last_append_time_ms())));
}

ExitCode Events(Session& session, const EventsArguments& arguments) {
  std::optional<LogPoint> since;
  if (!arguments.since.empty()) {
    const absl::StatusOr<LogPoint> point = ParseLogPoint(arguments.since);
    if (!point.ok()) {
      return session.RefuseUsage("--since: " + std::string(point.status().message()));
    }
    since = *point;
  }
  return ReadHistory(
      session, {.follow = arguments.follow},
      [&](const MetadataImage& image) {
        TellBeginning(session, image, since);
        return true;
      },
      [&](const Batch& batch, const MetadataImage& before, const MetadataImage& after) {
        if (!IsTooEarly(batch, since)) Print(session, batch, before, after);
        return session.out().good();
      });
}

}  // namespace

std::string EventText(const ClusterEvent& event, bool is_first) {
  std::string text = absl::StrFormat("%s  %8d  %s", TimeText(event.time_ms()), event.offset(),
                                     TerminalText(event.text()));
  if (is_first && !absl::StrContains(event.text(), event.cause())) {
    absl::StrAppend(&text, " (", TerminalText(event.cause()), ")");
  }
  if (is_first && !event.principal().empty() && event.principal() != "controller") {
    absl::StrAppend(&text, ", by ", TerminalText(event.principal()));
  }
  return text + "\n";
}

void AddEvents(CommandLine& line) {
  auto arguments = std::make_shared<EventsArguments>();
  CLI::App* verb = line.AddCommand(
      line.app(),
      {.name = "events",
       .summary = "tell what happened in the cluster",
       .description =
           "Reads the metadata log and prints what it says, one line for each event: which "
           "controller was elected and why, which broker was fenced and why, how many leaders "
           "moved and to which brokers, who created a topic. Each line begins with the time and "
           "the offset of the log entry.\n"
           "The story goes back to the oldest snapshot of the controller that answers. If an "
           "earlier time or offset is requested, a message says where it begins. With --output "
           "json it prints one JSON object per line for each event.",
       .examples =
           {"quoratectl events", "quoratectl events --since 15m", "quoratectl events --follow",
            "quoratectl events --output json | jq -r 'select(.kind == \"BROKER_FENCED\")'"}},
      CommonFlags::kCluster, [arguments](Session& session) { return Events(session, *arguments); });
  verb->add_option("--since", arguments->since,
                   "Begin with this offset, or at this time: a UTC time such as '2026-11-30 "
                   "10:22:01', or how long it is ago, such as 15m. Default: the oldest event.")
      ->type_name("TIME|OFFSET");
  verb->add_flag("--follow", arguments->follow,
                 "Continue with what happens from now on, until interrupted.");
}

}  // namespace quorate::cli
