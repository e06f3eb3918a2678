// The exit statuses of quoratectl. Scripts rely on them, so they never change.
#pragma once

namespace quorate::cli {

enum class ExitCode : int {
  kDone = 0,
  kRefused = 1,  // the cluster refused, and nothing was changed; or files are damaged or not usable
  kUsage = 2,    // the command line is wrong; no call was made
  kUnreachable = 3,  // no controller could serve the request in time; nothing was changed
  kUnknown = 4,      // the change may or may not have been made
  kOutputLost = 5,   // the command was executed, but standard output could not be written
};

}  // namespace quorate::cli
