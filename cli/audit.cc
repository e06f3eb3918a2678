#include "cli/audit.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "audit/audit_files.h"
#include "audit/audit_pages.h"
#include "cli/ask_each.h"
#include "cli/audit_reader.h"
#include "cli/audit_text.h"
#include "cli/json.h"
#include "cli/parse.h"
#include "cli/stop_condition.h"
#include "client/admin_client.h"
#include "client/probes.h"

namespace quorate::cli {
namespace {

using audit::v1::AuditRecord;
using audit::v1::ListAuditRecordsRequest;
using common::v1::Error;

constexpr int32_t kMaxLimit = 100'000;
// How often --follow asks for new records.
constexpr Duration kFollowInterval = std::chrono::seconds(1);

struct AuditArguments {
  std::string data_dir;
  std::string since;
  ListAuditRecordsRequest conditions;
  int32_t limit = 100;
  bool follow = false;
};

// One audit log that the command reads.
struct Source {
  std::string name;
  AuditPages pages;
  // Everything before was read; 0 if nothing was read yet.
  int64_t position = 0;
  // An error was reported, and the log was not read since then.
  bool has_complained = false;
};

Error MakeError(common::v1::ErrorCode code, const std::string& message) {
  Error error;
  error.set_code(code);
  error.set_message(message);
  return error;
}

// The audit log of a running controller. `deadline` is read before each page.
Source RunningController(const HostPort& endpoint, const Session& session,
                         const std::shared_ptr<MonoTime>& deadline) {
  auto probe = std::make_shared<client::AuditProbe>(endpoint, session.tls());
  const Duration page_timeout = ProbeTimeout(session.settings());
  return {.name = endpoint.ToString(),
          .pages = [probe, deadline, page_timeout](const ListAuditRecordsRequest& request)
              -> std::variant<audit::v1::ListAuditRecordsResponse, Error> {
            const Duration left = *deadline - SystemClock().Now();
            if (left <= Duration(0)) {
              return MakeError(common::v1::REQUEST_TIMED_OUT,
                               "older records were not read in time: increase --timeout, or read "
                               "less with --since");
            }
            return probe->List(request, std::min(left, page_timeout));
          }};
}

// The files of a controller, which may be running.
Source Files(const std::string& directory) {
  return {.name = directory,
          .pages = [directory](const ListAuditRecordsRequest& request)
              -> std::variant<audit::v1::ListAuditRecordsResponse, Error> {
            auto page = audit::ReadAuditPage(directory, request);
            if (page.ok()) return *std::move(page);
            return MakeError(common::v1::UNKNOWN_SERVER_ERROR,
                             std::string(page.status().message()));
          }};
}

// Reads all sources and prints what it finds.
class AuditCommand {
 public:
  AuditCommand(Session& session, const AuditArguments& arguments)
      : session_(session), arguments_(arguments), conditions_(arguments.conditions) {
    if (!arguments.data_dir.empty()) {
      sources_.push_back(Files(arguments.data_dir + "/" + audit::kAuditName));
    } else {
      for (const HostPort& endpoint : session.settings().bootstrap) {
        sources_.push_back(RunningController(endpoint, session, deadline_));
      }
    }
  }

  ExitCode Run() {
    const ExitCode code = Show(/*titled=*/true);
    if (!arguments_.follow) return code;
    // Only a signal ends the command.
    StopCondition stop(Duration::max() / 2);
    while (!stop.Reached() && session_.out().good()) {
      stop.WaitFor(kFollowInterval);
      Show(/*titled=*/false);
    }
    return ExitCode::kDone;
  }

 private:
  // Prints the records after the positions that were reached before. The first time, `titled`, only
  // the newest ones.
  ExitCode Show(bool titled) {
    *deadline_ = SystemClock().Now() + session_.settings().timeout;
    const auto limit = static_cast<size_t>(arguments_.limit);
    constexpr size_t kNoLimit = std::numeric_limits<size_t>::max();
    const std::vector<AuditPart> parts = AskEach(sources_, [&](const Source& source) {
      ListAuditRecordsRequest request = conditions_;
      request.set_after(source.position);
      return ReadAudit(source.pages, std::move(request), source.position == 0 ? limit : kNoLimit);
    });
    const ExitCode code = Complain(parts);
    if (titled) ComplainAboutOthers(parts);
    for (size_t i = 0; i < parts.size(); ++i) {
      // Records before an error are shown now, so they must not be read again.
      if (!parts[i].error || !parts[i].records.empty()) sources_[i].position = parts[i].end;
    }
    Print(MergeAudits(parts, titled ? limit : kNoLimit), parts, titled);
    return code;
  }

  void Print(const std::vector<AuditRecord>& records, const std::vector<AuditPart>& parts,
             bool titled) {
    if (session_.json() && arguments_.follow) {
      for (const AuditRecord& record : records) session_.out() << AuditJsonLine(record);
    } else if (session_.json()) {
      Json listed = Json::array();
      for (const AuditRecord& record : records) listed.push_back(ToJson(record));
      Json logs = Json::array();
      for (size_t i = 0; i < parts.size(); ++i) {
        logs.push_back({{"name", sources_[i].name},
                        {"unreadable_lines", parts[i].unreadable_lines},
                        {"error", parts[i].error ? ToJson(*parts[i].error) : Json(nullptr)}});
      }
      session_.out() << AsciiJsonText({{"records", std::move(listed)}, {"logs", std::move(logs)}});
    } else if (titled || !records.empty()) {
      session_.out() << AuditText(records, titled);
    }
    session_.out().flush();
  }

  // Reports the logs that could not be read, each one once until it can be read again.
  ExitCode Complain(const std::vector<AuditPart>& parts) {
    ExitCode code = ExitCode::kDone;
    for (size_t i = 0; i < parts.size(); ++i) {
      const AuditPart& part = parts[i];
      if (part.unreadable_lines > 0) {
        session_.Complain(
            absl::StrFormat("%s: %d lines are not records of this version, and are left out",
                            sources_[i].name, part.unreadable_lines));
      }
      if (part.error) {
        code = part.error->code() == common::v1::INVALID_REQUEST ? ExitCode::kRefused
                                                                 : ExitCode::kUnreachable;
        if (!sources_[i].has_complained) {
          session_.Complain(absl::StrFormat("%s: %s; its records are missing", sources_[i].name,
                                            part.error->message()));
        }
      }
      sources_[i].has_complained = part.error.has_value();
    }
    return code;
  }

  // Reports the controllers of the cluster that --bootstrap does not name, because a request is
  // recorded only by the controller that received it.
  void ComplainAboutOthers(const std::vector<AuditPart>& parts) {
    std::set<int32_t> read;
    client::CallerOptions options = session_.caller_options();
    options.endpoints.clear();
    for (size_t i = 0; i < parts.size() && arguments_.data_dir.empty(); ++i) {
      if (!parts[i].controller) continue;
      read.insert(*parts[i].controller);
      options.endpoints.push_back(session_.settings().bootstrap[i]);
    }
    if (read.empty() || read.size() < parts.size()) return;
    admin::v1::DescribeClusterRequest request;
    request.set_allow_stale(true);
    const auto answer = client::AdminClient(options).DescribeCluster(request);
    const auto* cluster = std::get_if<admin::v1::DescribeClusterResponse>(&answer);
    if (cluster == nullptr) return;
    for (const admin::v1::Controller& controller : cluster->controllers()) {
      if (read.contains(controller.node_id())) continue;
      session_.Complain(
          absl::StrFormat("the records of controller %d are missing: name it in --bootstrap",
                          controller.node_id()));
    }
  }

  Session& session_;
  const AuditArguments& arguments_;
  const ListAuditRecordsRequest conditions_;
  // When the current read ends.
  const std::shared_ptr<MonoTime> deadline_ = std::make_shared<MonoTime>();
  std::vector<Source> sources_;
};

ExitCode Audit(Session& session, AuditArguments arguments) {
  if (arguments.limit < 1 || arguments.limit > kMaxLimit) {
    return session.RefuseUsage(
        absl::StrFormat("--limit: %d is not between 1 and %d", arguments.limit, kMaxLimit));
  }
  if (!arguments.since.empty()) {
    const auto since = ParsePastTime(arguments.since, SystemClock().WallMs());
    if (!since.ok())
      return session.RefuseUsage("--since: " + std::string(since.status().message()));
    arguments.conditions.set_since_ms(*since);
  }
  if (!arguments.data_dir.empty()) {
    const std::string directory = arguments.data_dir + "/" + audit::kAuditName;
    std::error_code error;
    if (!std::filesystem::is_directory(directory, error)) {
      return session.Fail(absl::NotFoundError(absl::StrFormat(
          "%s is not the data directory of a controller with an audit log: there is no directory "
          "%s",
          arguments.data_dir, directory)));
    }
  }
  return AuditCommand(session, arguments).Run();
}

}  // namespace

void AddAudit(CommandLine& line) {
  auto arguments = std::make_shared<AuditArguments>();
  CLI::App* verb = line.AddCommand(
      line.app(),
      {.name = "audit",
       .summary = "show who requested which change",
       .description =
           "Reads the audit logs of the controllers named by --bootstrap and prints their records "
           "by time, the newest last: when, by whom and from where a change was requested, what it "
           "was for, and its outcome. Requests that were refused are included, and so is every "
           "call "
           "that the certificate of its caller did not allow (PERMISSION_DENIED). A request is "
           "recorded by the controller that received it first, so name all controllers. Of the "
           "requests that were refused with one error, ten in a second have records of their own; "
           "the others share one.\n"
           "With --output json it prints one document, and with --follow one JSON object per line "
           "for each record. The exit status is 0 if all logs were read, 1 if a controller keeps "
           "no audit log, and 3 if one did not answer within 3 s or --timeout; the records of the "
           "others are printed.",
       .examples = {"quoratectl audit --resource orders --method DeleteTopics",
                    "quoratectl audit --since 2h --refused", "quoratectl audit --follow",
                    "quoratectl audit --data-dir /var/lib/quorate --limit 1000",
                    "quoratectl audit --output json | jq -c '.records[] | [.principal, .method]'"}},
      CommonFlags::kCluster, [arguments](Session& session) { return Audit(session, *arguments); });
  auto& conditions = arguments->conditions;
  verb->add_option("--since", arguments->since,
                   "Only records from this UTC time on, for example 2026-11-30 or "
                   "2026-11-30T10:22:01Z, or from this long ago, for example 15m or 36h.")
      ->type_name("TIME");
  verb->add_option("--principal", *conditions.mutable_principal(),
                   "Only records of this principal.");
  verb->add_option("--method", *conditions.mutable_method(),
                   "Only records of this method, for example DeleteTopics.");
  verb->add_option(
      "--resource", *conditions.mutable_resource(),
      "Only records whose resource contains this text, for example orders or broker:3.");
  verb->add_flag_callback(
      "--refused", [arguments] { arguments->conditions.set_refused(true); },
      "Only requests that were refused, also in part, and those whose outcome is unknown.");
  verb->add_option("--limit", arguments->limit, "Print at most the newest N records.")
      ->type_name("N")
      ->capture_default_str()
      ->check(CommandLine::WholeNumber());
  verb->add_flag("--follow", arguments->follow,
                 "Then print new records, until the command is interrupted.");
  verb->add_option("--data-dir", arguments->data_dir,
                   "Read the audit log in the data directory of one controller, running or not, "
                   "instead of calling controllers.")
      ->type_name("DIR");
}

}  // namespace quorate::cli
