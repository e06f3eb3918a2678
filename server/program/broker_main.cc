// The main of quorate-broker.
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/crash_report.h"
#include "base/failpoint.h"
#include "server/program/broker_config.h"
#include "server/program/broker_server.h"
#include "server/program/process.h"

namespace quorate::server {
namespace {

constexpr char kProgram[] = "quorate-broker";

ExitStatus Fail(ExitStatus exit, const absl::Status& status) {
  PrintError(kProgram, status);
  return exit;
}

// Starts a thread that waits for a stop signal, while the main thread waits for the broker to stop,
// by a signal or by itself. The thread never ends. It leaves the stop signals unblocked, so that a
// second one ends the process.
void StopAtSignal(const std::shared_ptr<BrokerServer>& server) {
  std::thread([server] {
    const std::string signal = WaitForStopSignal();
    LOG(INFO) << "stopping on " << signal;
    server->BeginStop();
    while (true) pause();
  }).detach();
}

ExitStatus Run(int argc, const char* const* argv) {
  BrokerConfig config;
  const absl::StatusOr<ConfigOutcome> outcome =
      LoadBrokerConfig(argc, argv, ProcessEnvironment(), &config);
  if (!outcome.ok()) return Fail(ExitStatus::kBadConfiguration, outcome.status());
  if (*outcome == ConfigOutcome::kShown) return ExitStatus::kStopped;
  if (const auto status =
          InitLogs(kProgram, config, absl::StrFormat("%s-%d", kProgram, config.broker_id.value()));
      !status.ok()) {
    return Fail(ExitStatus::kBadConfiguration, status);
  }
  if (const auto status = ConfigureFailpoints(config.failpoints); !status.ok()) {
    return Fail(ExitStatus::kBadConfiguration, status);
  }
  for (const std::string& warning : config.warnings) LOG(WARNING) << warning;

  SkipLockOrderChecks();
  RaiseDescriptorLimit();
  HoldSignals();
  const absl::StatusOr<std::shared_ptr<BrokerServer>> server = BrokerServer::Start(config);
  if (!server.ok()) return Fail(ExitStatus::kFailed, server.status());
  ReadyFile ready_file(config.ready_file);
  std::vector<std::pair<std::string, int>> ports = {{"port", (*server)->port()}};
  const std::optional<uint16_t> metrics_port = (*server)->metrics_port();
  if (metrics_port) ports.emplace_back("metrics_port", *metrics_port);
  if (const auto status = ready_file.Write(ports); !status.ok()) {
    (*server)->BeginStop();
    (void)(*server)->WaitUntilStopped();
    return Fail(ExitStatus::kFailed, status);
  }
  LOG(INFO) << "broker " << config.broker_id << " of cluster " << config.cluster_id
            << " listens on port " << (*server)->port();
  if (metrics_port) LOG(INFO) << "metrics are at port " << *metrics_port << ", /metrics";
  StopAtSignal(*server);
  const absl::Status status = (*server)->WaitUntilStopped();
  if (!status.ok()) return Fail(ExitStatus::kFailed, status);
  LOG(INFO) << "stopped";
  FlushLogs();
  return ExitStatus::kStopped;
}

}  // namespace
}  // namespace quorate::server

int main(int argc, char** argv) {
  quorate::ReportCrashes();
  return static_cast<int>(quorate::server::Run(argc, argv));
}
