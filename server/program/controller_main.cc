// The main of quorate-controller.

#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/crash_report.h"
#include "base/failpoint.h"
#include "base/version.h"
#include "server/calls/callback_thread_hold.h"
#include "server/program/controller_config.h"
#include "server/program/controller_server.h"
#include "server/program/process.h"

namespace quorate::server {
namespace {

constexpr char kProgram[] = "quorate-controller";

int Exit(ExitStatus status) { return static_cast<int>(status); }

int Fail(ExitStatus exit, const absl::Status& status) {
  PrintError(kProgram, status);
  return Exit(exit);
}

// Ends the process without stopping the server, because the node must not continue. Acknowledged
// changes are on disk, and the peers notice the death at once.
[[noreturn]] void EndNow(const absl::Status& status) {
  LOG(ERROR) << "cannot continue: " << status;
  PrintError(kProgram, status);
  _exit(Exit(ExitStatus::kFailed));
}

int Run(const ControllerConfig& config) {
  if (const absl::Status status =
          InitLogs(kProgram, config, absl::StrFormat("%s-%d", kProgram, config.node_id.value()));
      !status.ok()) {
    return Fail(ExitStatus::kBadConfiguration, status);
  }
  if (const absl::Status status = ConfigureFailpoints(config.failpoints); !status.ok()) {
    return Fail(ExitStatus::kBadConfiguration, status);
  }
  for (const std::string& warning : config.warnings) LOG(WARNING) << warning;

  SkipLockOrderChecks();
  RaiseDescriptorLimit();
  HoldSignals();
  auto server = ControllerServer::Start(config, EndNow);
  if (!server.ok()) return Fail(ExitStatus::kFailed, server.status());
  std::optional<CallbackThreadHold> hold;
  if (CallbackThreadHold::IsUseful()) hold.emplace();
  ReadyFile ready_file(config.ready_file);
  std::vector<std::pair<std::string, int>> ports = {{"client_port", (*server)->client_port()},
                                                    {"peer_port", (*server)->peer_port()}};
  const std::optional<uint16_t> metrics_port = (*server)->metrics_port();
  if (metrics_port) ports.emplace_back("metrics_port", *metrics_port);
  if (const absl::Status status = ready_file.Write(ports); !status.ok()) {
    return Fail(ExitStatus::kFailed, status);
  }
  LOG(INFO) << kProgram << " " << Version() << ": node " << config.node_id << " of cluster "
            << config.cluster_id << " listens for clients on port " << (*server)->client_port()
            << " and for peers on port " << (*server)->peer_port();
  if (metrics_port) LOG(INFO) << "metrics are at port " << *metrics_port << ", /metrics";

  const std::string signal = WaitForStopSignal();
  LOG(INFO) << "stopping on " << signal;
  (*server)->Stop();
  LOG(INFO) << "stopped";
  FlushLogs();
  return Exit(ExitStatus::kStopped);
}

int Main(int argc, char** argv) {
  ControllerConfig config;
  const auto outcome = LoadControllerConfig(argc, argv, ProcessEnvironment(), &config);
  if (!outcome.ok()) return Fail(ExitStatus::kBadConfiguration, outcome.status());
  return *outcome == ConfigOutcome::kShown ? Exit(ExitStatus::kStopped) : Run(config);
}

}  // namespace
}  // namespace quorate::server

int main(int argc, char** argv) {
  quorate::ReportCrashes();
  return quorate::server::Main(argc, argv);
}
