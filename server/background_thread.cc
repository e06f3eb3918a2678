#include "server/background_thread.h"

#include <sys/resource.h>
#include <unistd.h>

#include "base/check.h"

namespace quorate::server {
namespace {

// Each step of niceness is a fifth less.
constexpr int kNiceness = 10;

}  // namespace

void RunInBackground() {
  // Of this thread, not of its process: Linux, against POSIX.
  const auto thread = static_cast<id_t>(gettid());
  if (setpriority(PRIO_PROCESS, thread, getpriority(PRIO_PROCESS, thread) + kNiceness) != 0) {
    PLOG(WARNING) << "cannot lower a thread's priority";
  }
}

}  // namespace quorate::server
