// One run of a command: its common flags, its output streams, and its exit code. Commands do not
// see the parsing of the command line, so tests can run them directly.
#pragma once

#include <google/protobuf/message.h>

#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/host_port.h"
#include "cli/exit_code.h"
#include "cli/json.h"
#include "client/failover_caller.h"
#include "security/tls_store.h"

namespace quorate::cli {

enum class OutputFormat { kTable, kJson };

// The checked values of the common flags.
struct Settings {
  std::vector<HostPort> bootstrap;
  OutputFormat output = OutputFormat::kTable;
  Duration timeout = std::chrono::seconds(30);
  // Secures all connections; null: plain text.
  std::shared_ptr<security::TlsStore> tls;
  // Any controller may answer a read at once from its own state.
  bool stale = false;
};

// Returns the timeout of a question to one process about itself: 3 s, or --timeout if it is
// shorter. A process that hangs must not delay the view of the others for long.
Duration ProbeTimeout(const Settings& settings);

// Passed to a command when it runs. Not thread-safe.
class Session {
 public:
  // The streams must outlive the session.
  Session(Settings settings, std::ostream* out, std::ostream* err);

  const Settings& settings() const { return settings_; }
  bool json() const { return settings_.output == OutputFormat::kJson; }
  std::ostream& out() { return *out_; }
  // Standard error: for errors and for progress messages while a command waits.
  std::ostream& err() { return *err_; }

  security::TlsStore* tls() const { return settings_.tls.get(); }
  client::CallerOptions caller_options() const;

  // Prints a line to standard output. Prints nothing with --output json.
  void Say(const std::string& line);

  // Prints a line to standard error, after the name of the program.
  void Complain(const std::string& message);

  // Reports that one item of a request (`item` names it) was refused, while others may have
  // succeeded. Prints a line to standard error; with --output json prints nothing, because the
  // document contains the error. Returns the matching exit code.
  ExitCode FailItem(const std::string& item, const common::v1::Error& error);

  // Prints the failure and its remedy to standard error (a JSON object with --output json) and
  // returns the matching exit code. `request_id` is the id that a retry must carry. It is empty for
  // a read and for a command that cannot be retried with it.
  ExitCode Fail(const client::CallFailure& failure, const std::string& request_id = "");

  // As above, for a failure on this machine. The exit code is kRefused.
  ExitCode Fail(const absl::Status& status);

  // Reports an error in the command line that its grammar could not detect. The command then ends
  // like after a grammar error.
  ExitCode RefuseUsage(const std::string& message);
  // Returns the message of RefuseUsage, or "" if it was not called.
  const std::string& usage_error() const { return usage_error_; }

 private:
  const Settings settings_;
  std::ostream* const out_;
  std::ostream* const err_;
  std::string usage_error_;
};

}  // namespace quorate::cli
