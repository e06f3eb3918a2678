#include "base/crash_report.h"

#include <csignal>
#include <cstdlib>

#include "base/check.h"

namespace quorate {
namespace {

// Has the attribute that glog's parameter type has. For clang, [[noreturn]] makes another type.
__attribute__((noreturn)) void AbortWithoutReport() {
  std::signal(SIGABRT, SIG_DFL);
  std::abort();
}

}  // namespace

void ReportCrashes() {
  struct sigaction on_terminate {};
  CHECK_EQ(sigaction(SIGTERM, nullptr, &on_terminate), 0);
  // Uses glog's handler because abseil's, as Debian builds it, unwinds by frame pointers, which our
  // code does not have.
  google::InstallFailureSignalHandler();
  // Restores SIGTERM: glog treats it as a failure, but it is a requested stop.
  CHECK_EQ(sigaction(SIGTERM, &on_terminate, nullptr), 0);
  google::InstallFailureFunction(&AbortWithoutReport);
}

}  // namespace quorate
