// quoratectl log tail: the entries that a running quorum commits.
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <variant>

#include "cli/log.h"
#include "cli/logged_entry.h"
#include "client/admin_client.h"
#include "client/log_follower.h"

namespace quorate::cli {
namespace {

using admin::v1::DescribeClusterResponse;
using client::CallFailure;
using metadata::v1::Batch;

struct TailArguments {
  bool from_start = false;
  std::optional<int32_t> entries;
};

LoggedEntry ToLoggedEntry(const Batch& batch) {
  LoggedEntry entry{.base_offset = batch.base_offset(),
                    .record_count = batch.record_count(),
                    .epoch = batch.epoch(),
                    .append_time_ms = batch.append_time_ms(),
                    .principal = batch.principal(),
                    .cause = batch.cause()};
  if (!batch.records().empty()) entry.records = RecordLines(batch.records());
  return entry;
}

ExitCode Tail(Session& session, const TailArguments& arguments) {
  if (arguments.entries && *arguments.entries < 1) {
    return session.RefuseUsage("--entries: must be at least 1");
  }
  client::AdminClient admin(session.caller_options());
  const auto result = admin.DescribeCluster({});
  if (const auto* failure = std::get_if<CallFailure>(&result)) return session.Fail(*failure);
  const auto& cluster = std::get<DescribeClusterResponse>(result);
  client::LogPosition from;
  // The answer was confirmed by a quorum, so its end offset includes the barrier of its epoch.
  if (!arguments.from_start) from = {cluster.controller_epoch(), cluster.end_offset()};

  int32_t printed = 0;
  client::LogFollower follower(session.caller_options(), cluster.cluster_id(), from);
  const auto failure = follower.Follow([&](const Batch& batch) {
    const LoggedEntry entry = ToLoggedEntry(batch);
    session.out() << (session.json() ? EntryJsonLine(entry) : EntryText(entry)) << std::flush;
    return session.out().good() && arguments.entries != ++printed;
  });
  return failure ? session.Fail(*failure) : ExitCode::kDone;
}

}  // namespace

void AddLogTail(CommandLine& line, CLI::App* log) {
  auto arguments = std::make_shared<TailArguments>();
  CLI::App* verb = line.AddCommand(
      log,
      {.name = "tail",
       .summary = "print the log's entries as they are committed",
       .description =
           "Prints each entry that is committed from now on once, with its offsets, epoch, append "
           "time, cause and principal, and its records. It continues through failovers until it is "
           "interrupted or no controller has answered for --timeout. With --output json it prints "
           "one JSON object per line for each entry.",
       .examples = {"quoratectl log tail", "quoratectl log tail --from-start --entries 10",
                    "quoratectl log tail --output json | jq -c '[.base_offset, .cause]'"}},
      CommonFlags::kCluster, [arguments](Session& session) { return Tail(session, *arguments); });
  verb->add_flag(
      "--from-start", arguments->from_start,
      "Begin with the first entry that is still in the controllers' logs. Entries that are "
      "only in a snapshot are omitted.");
  verb->add_option("--entries", arguments->entries,
                   "End after this many entries. Default: no limit.")
      ->type_name("N")
      ->check(CommandLine::WholeNumber());
}

}  // namespace quorate::cli
