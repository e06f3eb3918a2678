// One run of a command: its common flags, where it writes, and how it ends. Commands see nothing of
// the command line's parsing, so that they can be run in tests.
#pragma once

#include <google/protobuf/message.h>

#include <iosfwd>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/host_port.h"
#include "cli/exit_code.h"
#include "cli/json.h"
#include "client/failover_caller.h"

namespace quorate::cli {

enum class OutputFormat { kTable, kJson };

// The common flags, checked.
struct Settings {
  std::vector<HostPort> bootstrap;
  OutputFormat output = OutputFormat::kTable;
  Duration timeout = std::chrono::seconds(30);
  // Reads are answered by any controller from what it has, at once.
  bool stale = false;
};

// For a question to one process about itself: one that hangs must not hold up the view of the
// others for long. 3 s, or less if --timeout is less.
Duration ProbeTimeout(const Settings& settings);

class Session {
 public:
  // The streams must outlive the session.
  Session(Settings settings, std::ostream* out, std::ostream* err);

  const Settings& settings() const { return settings_; }
  bool json() const { return settings_.output == OutputFormat::kJson; }
  std::ostream& out() { return *out_; }
  // For errors and for what is told while a command waits.
  std::ostream& err() { return *err_; }

  client::CallerOptions caller_options() const;

  // A line of standard output for people; nothing where JSON is asked for.
  void Say(const std::string& line);

  // A line of standard error, after the program's name.
  void Complain(const std::string& message);

  // One item of a request (`item` names it) was refused while others may have been done: a line of
  // standard error; nothing where JSON is asked for, whose document has the error in its place.
  // Returns the exit code that stands for it.
  ExitCode FailItem(const std::string& item, const common::v1::Error& error);

  // Prints the failure with its remedy on standard error (a JSON object where JSON is asked for)
  // and returns the exit code that stands for it. `request_id` is what a repetition would carry;
  // empty for a read, and where the command cannot be repeated with it.
  ExitCode Fail(const client::CallFailure& failure, const std::string& request_id = "");

  // As above, for what failed on this machine; the exit code is kRefused.
  ExitCode Fail(const absl::Status& status);

  // The command line is wrong in a way that its grammar could not tell: ends as its own errors do.
  ExitCode RefuseUsage(const std::string& message);
  // What RefuseUsage was told; empty if it was not called.
  const std::string& usage_error() const { return usage_error_; }

 private:
  const Settings settings_;
  std::ostream* const out_;
  std::ostream* const err_;
  std::string usage_error_;
};

}  // namespace quorate::cli
