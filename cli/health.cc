#include "cli/health.h"

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "cli/ask_each.h"
#include "cli/json.h"
#include "cli/text.h"
#include "client/probes.h"

namespace quorate::cli {
namespace {

using client::HealthAnswer;
using State = client::HealthAnswer::State;

// The names of grpc.health.v1, and another one for no answer.
std::string StateName(State state) {
  switch (state) {
    case State::kServing:
      return "SERVING";
    case State::kNotServing:
      return "NOT_SERVING";
    case State::kUnknownService:
      return "SERVICE_UNKNOWN";
    case State::kUnreachable:
      return "UNREACHABLE";
  }
  return "";
}

std::string AnswerText(const HealthAnswer& answer) {
  switch (answer.state) {
    case State::kServing:
      return "serving";
    case State::kNotServing:
    case State::kUnknownService:
      return answer.why;
    case State::kUnreachable:
      return "unreachable: " + answer.why;
  }
  return "";
}

ExitCode CodeFor(const std::vector<HealthAnswer>& answers) {
  ExitCode code = ExitCode::kDone;
  for (const HealthAnswer& answer : answers) {
    if (answer.state == State::kUnreachable) return ExitCode::kUnreachable;
    if (answer.state != State::kServing) code = ExitCode::kRefused;
  }
  return code;
}

ExitCode Check(Session& session, const std::string& service) {
  const auto& endpoints = session.settings().bootstrap;
  const std::vector<HealthAnswer> answers = AskEach(endpoints, [&](const HostPort& endpoint) {
    return client::HealthProbe(endpoint, service, session.tls())
        .Check(ProbeTimeout(session.settings()));
  });
  Table table(std::vector<Table::Column>(2));
  Json items = Json::array();
  for (size_t i = 0; i < endpoints.size(); ++i) {
    table.AddRow({endpoints[i].ToString(), AnswerText(answers[i])});
    items.push_back({{"endpoint", endpoints[i].ToString()},
                     {"status", StateName(answers[i].state)},
                     {"message", answers[i].why}});
  }
  session.out() << (session.json()
                        ? JsonText({{"service", service}, {"endpoints", std::move(items)}})
                        : table.ToString());
  return CodeFor(answers);
}

}  // namespace

void AddHealth(CommandLine& line) {
  CLI::App* health = line.AddNoun("health", "ask processes for their health");
  auto service = std::make_shared<std::string>();
  CLI::App* verb = line.AddCommand(
      health,
      {.name = "check",
       .summary = "ask processes whether they serve",
       .description =
           "Calls grpc.health.v1 on every controller and broker named by --bootstrap, and prints a "
           "line for each. The exit status is 0 if all serve, 1 if one answers that it does not "
           "serve or does not know the service, and 3 if one does not answer within 3 s or "
           "--timeout, whichever is shorter.",
       .examples = {"quoratectl health check",
                    "quoratectl health check quorate.ready --bootstrap 127.0.0.1:9090 --timeout 2s",
                    "quoratectl health check quorate.ready --output json"}},
      CommonFlags::kCluster, [service](Session& session) { return Check(session, *service); });
  verb->add_option(
      "SERVICE", *service,
      "quorate.ready: a controller is active or in session with the active one, and has "
      "caught up; a broker is unfenced. Default: \"\", the process is alive.");
}

}  // namespace quorate::cli
