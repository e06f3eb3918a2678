#include "cli/debug.h"

#include <algorithm>
#include <memory>
#include <ostream>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "cli/ask_each.h"
#include "cli/debug_bundle.h"
#include "cli/json.h"
#include "cli/text.h"
#include "client/probes.h"

namespace quorate::cli {
namespace {

using common::v1::Error;
using process::v1::SetLogLevelResponse;
using LevelAnswer = std::variant<SetLogLevelResponse, Error>;

std::string AnswerText(const LevelAnswer& answer) {
  if (const auto* error = std::get_if<Error>(&answer)) return error->message();
  const auto& response = std::get<SetLogLevelResponse>(answer);
  if (response.level() == response.previous_level()) return response.level();
  return absl::StrFormat("%s, was %s", response.level(), response.previous_level());
}

Json AnswerJson(const LevelAnswer& answer) {
  const auto* response = std::get_if<SetLogLevelResponse>(&answer);
  const auto* error = std::get_if<Error>(&answer);
  return {
      {"level", response != nullptr ? Json(response->level()) : Json(nullptr)},
      {"previous_level", response != nullptr ? Json(response->previous_level()) : Json(nullptr)},
      {"error", error != nullptr ? ToJson(*error) : Json(nullptr)}};
}

// Returns the exit code of a command after a process has answered with this error.
ExitCode CodeFor(const Error& error) {
  const bool has_answered = error.code() == common::v1::INVALID_REQUEST ||
                            error.code() == common::v1::CLUSTER_AUTHORIZATION_FAILED;
  return has_answered ? ExitCode::kRefused : ExitCode::kUnreachable;
}

ExitCode CodeFor(const std::vector<LevelAnswer>& answers) {
  ExitCode code = ExitCode::kDone;
  for (const LevelAnswer& answer : answers) {
    const auto* error = std::get_if<Error>(&answer);
    if (error != nullptr) code = std::max(code, CodeFor(*error));
  }
  return code;
}

ExitCode LogLevel(Session& session, const std::string& level) {
  const auto& endpoints = session.settings().bootstrap;
  const std::vector<LevelAnswer> answers = AskEach(endpoints, [&](const HostPort& endpoint) {
    return client::SetLogLevel(endpoint, level, ProbeTimeout(session.settings()), session.tls());
  });
  Table table(std::vector<Table::Column>(2));
  Json items = Json::array();
  for (size_t i = 0; i < endpoints.size(); ++i) {
    table.AddRow({endpoints[i].ToString(), AnswerText(answers[i])});
    Json item = {{"endpoint", endpoints[i].ToString()}};
    item.update(AnswerJson(answers[i]));
    items.push_back(std::move(item));
  }
  session.out() << (session.json() ? JsonText({{"endpoints", std::move(items)}})
                                   : table.ToString());
  return CodeFor(answers);
}

ExitCode Metrics(Session& session) {
  const auto& endpoints = session.settings().bootstrap;
  const auto answers = AskEach(endpoints, [&](const HostPort& endpoint) {
    return client::GetMetrics(endpoint, ProbeTimeout(session.settings()), session.tls());
  });
  ExitCode code = ExitCode::kDone;
  Json items = Json::array();
  for (size_t i = 0; i < endpoints.size(); ++i) {
    const auto* page = std::get_if<std::string>(&answers[i]);
    const auto* error = std::get_if<Error>(&answers[i]);
    if (error != nullptr) code = std::max(code, CodeFor(*error));
    items.push_back({{"endpoint", endpoints[i].ToString()},
                     {"page", page != nullptr ? Json(*page) : Json(nullptr)},
                     {"error", error != nullptr ? ToJson(*error) : Json(nullptr)}});
    if (session.json()) continue;
    if (error != nullptr) {
      session.Complain(endpoints[i].ToString() + ": " + error->message());
      continue;
    }
    // A single page is printed as it is, for other programs to read.
    if (endpoints.size() > 1) session.out() << "# " << endpoints[i].ToString() << "\n";
    session.out() << *page;
  }
  if (session.json()) session.out() << JsonText({{"endpoints", std::move(items)}});
  return code;
}

void AddLogLevel(CommandLine& line, CLI::App* debug) {
  auto level = std::make_shared<std::string>();
  CLI::App* verb = line.AddCommand(
      debug,
      {.name = "log-level",
       .summary = "show or set the log level of processes",
       .description =
           "Calls every controller and broker named by --bootstrap, and prints a line for each. A "
           "new level applies until the process ends; after a restart, --log-level applies again. "
           "The exit status is 0 if all have answered, 1 if one does not know the level or refuses "
           "the call, and 3 if one does not answer within 3 s or --timeout, whichever is shorter.",
       .examples = {"quoratectl debug log-level",
                    "quoratectl debug log-level debug --bootstrap 127.0.0.1:9091",
                    "quoratectl debug log-level info --output json"}},
      CommonFlags::kCluster, [level](Session& session) { return LogLevel(session, *level); });
  verb->add_option(
      "LEVEL", *level,
      "debug (also logs single requests, attempts and reports), info, warning or error. "
      "By default the level is not changed.");
}

void AddMetrics(CommandLine& line, CLI::App* debug) {
  line.AddCommand(
      debug,
      {.name = "metrics",
       .summary = "print the metrics of processes",
       .description =
           "Calls every controller and broker named by --bootstrap, and prints its metrics in "
           "Prometheus' text format. docs/metrics.md describes them. The exit status is 0 if all "
           "have answered, 1 if one refuses the call, and 3 if one does not answer within 3 s or "
           "--timeout, whichever is shorter.",
       .examples = {"quoratectl debug metrics --bootstrap 127.0.0.1:9091",
                    "quoratectl debug metrics --output json"}},
      CommonFlags::kCluster, Metrics);
}

}  // namespace

void AddDebug(CommandLine& line) {
  CLI::App* debug = line.AddNoun("debug", "inspect running processes");
  AddLogLevel(line, debug);
  AddMetrics(line, debug);
  AddDebugBundle(line, debug);
}

}  // namespace quorate::cli
