// What quoratectl's exit status says: a promise to scripts, so apart from all that may change.
#pragma once

namespace quorate::cli {

enum class ExitCode : int {
  kDone = 0,
  kRefused = 1,  // the cluster said no, and nothing was changed; or files are not as they must be
  kUsage = 2,    // the command line is wrong; nothing was asked
  kUnreachable = 3,  // no controller could serve the request in time; nothing was changed
  kUnknown = 4,      // the change may or may not have been made
  kOutputLost = 5,   // it was carried out, but standard output could not be written
};

}  // namespace quorate::cli
