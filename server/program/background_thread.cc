#include "server/program/background_thread.h"

#include <sys/resource.h>
#include <unistd.h>

#include "base/check.h"

namespace quorate::server {
namespace {

// Each step of niceness reduces the thread's share of the processor by about a fifth.
constexpr int kNiceness = 10;

}  // namespace

void RunInBackground() {
  // On Linux, contrary to POSIX, this changes the priority of the thread and not of the process.
  const auto thread = static_cast<id_t>(gettid());
  if (setpriority(PRIO_PROCESS, thread, getpriority(PRIO_PROCESS, thread) + kNiceness) != 0) {
    PLOG(WARNING) << "cannot lower a thread's priority";
  }
}

}  // namespace quorate::server
