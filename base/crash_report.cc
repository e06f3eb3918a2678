#include "base/crash_report.h"

#include <csignal>
#include <cstdlib>

#include "base/check.h"

namespace quorate {
namespace {

// The attribute is of the type that glog wants, which for clang [[noreturn]] is not.
__attribute__((noreturn)) void AbortWithoutReport() {
  std::signal(SIGABRT, SIG_DFL);
  std::abort();
}

}  // namespace

void ReportCrashes() {
  struct sigaction on_terminate {};
  CHECK_EQ(sigaction(SIGTERM, nullptr, &on_terminate), 0);
  // glog's, because Debian's abseil unwinds by frame pointers, which nothing here has.
  google::InstallFailureSignalHandler();
  // For glog an asked-for end is a failure too.
  CHECK_EQ(sigaction(SIGTERM, &on_terminate, nullptr), 0);
  google::InstallFailureFunction(&AbortWithoutReport);
}

}  // namespace quorate
