// quoratectl log dump and verify: the log of a stopped controller.
#include <cstdint>
#include <limits>
#include <memory>
#include <ostream>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "cli/log.h"
#include "cli/logged_entry.h"
#include "cli/parse.h"
#include "cli/text.h"
#include "storage/offline_log.h"

namespace quorate::cli {
namespace {

using storage::OfflineLog;

struct DumpArguments {
  std::string data_dir;
  int64_t from = 1;
  int64_t to = std::numeric_limits<int64_t>::max();
};

// Returns a readable line for each voter of a voters entry.
std::vector<std::string> VoterLines(const raft::Entry& entry) {
  const absl::StatusOr<raft::VoterSet> voters = raft::VoterSet::Parse(entry.payload());
  if (!voters.ok()) return {std::string(voters.status().message())};
  std::vector<std::string> lines;
  for (const raft::Voter& voter : voters->voters()) {
    lines.push_back(absl::StrFormat("Voter %d directory=%s endpoint=%s", voter.key.node_id.value(),
                                    voter.key.directory_id.ToString(), voter.peer_endpoint));
    if (!voter.client_endpoint.empty()) lines.back() += " client=" + voter.client_endpoint;
    if (!voter.kafka_endpoint.empty()) lines.back() += " kafka=" + voter.kafka_endpoint;
  }
  return lines;
}

std::vector<std::string> LinesOf(const raft::Entry& entry) {
  switch (entry.header().type) {
    case raft::EntryType::kBarrier:
      return {};
    case raft::EntryType::kVoters:
      return VoterLines(entry);
    case raft::EntryType::kRecords:
      return RecordLines(std::string(entry.payload()));
  }
  return {};
}

LoggedEntry ToLoggedEntry(const raft::Entry& entry) {
  const raft::EntryHeader& header = entry.header();
  LoggedEntry logged{.index = header.index.value(),
                     .base_offset = header.base_offset.value(),
                     .record_count = header.record_count,
                     .epoch = header.epoch.value(),
                     .append_time_ms = header.append_time_ms,
                     .principal = header.principal,
                     .cause = header.cause,
                     .records = LinesOf(entry)};
  if (header.request_id) {
    logged.request_id = absl::StrFormat("%s:%d", header.request_id->client_uuid.ToString(),
                                        header.request_id->sequence);
  }
  return logged;
}

ExitCode Dump(Session& session, const DumpArguments& arguments) {
  const auto log = OfflineLog::Open(arguments.data_dir);
  if (!log.ok()) return session.Fail(log.status());
  const absl::Status status = (*log)->Scan(
      LogIndex(arguments.from), LogIndex(arguments.to), [&session](const raft::Entry& entry) {
        const LoggedEntry logged = ToLoggedEntry(entry);
        session.out() << (session.json() ? EntryJsonLine(logged) : EntryText(logged));
      });
  if (status.ok()) return ExitCode::kDone;
  session.out().flush();
  return session.Fail(absl::Status(
      status.code(), absl::StrFormat("%s. 'quoratectl log verify' prints the remedy; --from with a "
                                     "later index continues behind the damage",
                                     std::string(status.message()))));
}

ExitCode Verify(Session& session, const std::string& data_dir) {
  const auto log = OfflineLog::Open(data_dir);
  if (!log.ok()) return session.Fail(log.status());
  const auto verified = (*log)->Verify();
  if (!verified.ok()) return session.Fail(verified.status());

  const storage::LogState& state = verified->state;
  const raft::RestoredLog& restored = verified->restored;
  const int64_t end_offset = restored.last_entry ? restored.last_entry->end_offset().value()
                             : restored.start    ? restored.start->id.end_offset.value()
                                                 : 0;
  const int64_t entries = state.last_index - state.first_index + 1;
  const std::string directory = (*log)->directory().directory_id().ToString();
  if (session.json()) {
    session.out() << JsonText({{"directory_id", directory},
                               {"node_id", (*log)->directory().owner().node_id},
                               {"first_index", state.first_index.value()},
                               {"last_index", state.last_index.value()},
                               {"end_offset", end_offset},
                               {"epoch", state.hard_state.epoch.value()},
                               {"write_id", state.write_id}});
    return ExitCode::kDone;
  }
  session.Say(absl::StrFormat(
      "The log is intact: %s (index %d to %d, end offset %d), epoch %d, directory %s of "
      "controller %d.",
      entries == 1 ? "1 entry" : absl::StrFormat("%d entries", entries), state.first_index.value(),
      state.last_index.value(), end_offset, state.hard_state.epoch.value(), directory,
      (*log)->directory().owner().node_id));
  return ExitCode::kDone;
}

void AddDataDir(CLI::App* verb, std::string* data_dir) {
  verb->add_option("--data-dir", *data_dir, "The data directory of a stopped controller.")
      ->type_name("DIR")
      ->required();
}

void AddDump(CommandLine& line, CLI::App* log) {
  auto arguments = std::make_shared<DumpArguments>();
  CLI::App* verb = line.AddCommand(
      log,
      {.name = "dump",
       .summary = "print the entries of a stopped controller's log",
       .description =
           "Prints a line for each entry (index, offsets of its records, epoch, append time, "
           "cause, principal and request id), then its records. With --output json it prints one "
           "JSON object per line for each entry. It changes nothing, and refuses the directory of "
           "a running controller (see 'quoratectl log tail').\n"
           "The last entries of the log may not be committed, so their changes were not "
           "necessarily acknowledged. At the first damaged entry the command ends with exit status "
           "1, after it has printed all entries before it.",
       .examples = {"quoratectl log dump --data-dir /var/lib/quorate",
                    "quoratectl log dump --data-dir /var/lib/quorate --from 1200 --to 1300",
                    "quoratectl log dump --data-dir /var/lib/quorate --output json | jq .cause"}},
      CommonFlags::kOutput, [arguments](Session& session) { return Dump(session, *arguments); });
  AddDataDir(verb, &arguments->data_dir);
  verb->add_option("--from", arguments->from,
                   "The first index to print. Default: the first of the log.")
      ->type_name("INDEX");
  verb->add_option("--to", arguments->to, "The last index to print. Default: the last of the log.")
      ->type_name("INDEX");
}

void AddVerify(CommandLine& line, CLI::App* log) {
  auto data_dir = std::make_shared<std::string>();
  CLI::App* verb = line.AddCommand(
      log,
      {.name = "verify",
       .summary = "check every entry of a stopped controller's log",
       .description =
           "Performs the checks of a starting controller, and also checks every entry: checksums, "
           "the chain from each entry to the next, and indexes and offsets without gaps. It also "
           "checks that the log contains everything that it contained when its watermark was "
           "saved. If a check fails, it prints the first bad entry and the remedy, and ends with "
           "exit status 1. It changes nothing.",
       .examples = {"quoratectl log verify --data-dir /var/lib/quorate",
                    "quoratectl log verify --data-dir /var/lib/quorate --output json"}},
      CommonFlags::kOutput, [data_dir](Session& session) { return Verify(session, *data_dir); });
  AddDataDir(verb, data_dir.get());
}

}  // namespace

void AddOfflineLog(CommandLine& line, CLI::App* log) {
  AddDump(line, log);
  AddVerify(line, log);
}

}  // namespace quorate::cli
