#include "base/crash_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "base/check.h"

namespace quorate {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::KilledBySignal;
using ::testing::Not;

void BreakDown(int signal) {
  ReportCrashes();
  raise(signal);
}

void FailCheck() {
  ReportCrashes();
  CHECK(false) << "our own mistake";
}

TEST(CrashReportDeathTest, ASignalEndsTheProcessAndLeavesTheStack) {
  for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) {
    SCOPED_TRACE(signal);
    EXPECT_EXIT(BreakDown(signal), KilledBySignal(signal),
                AllOf(HasSubstr("received by PID"), HasSubstr("::TestBody()")));
  }
}

TEST(CrashReportDeathTest, AFailedCheckIsToldOnce) {
  EXPECT_EXIT(FailCheck(), KilledBySignal(SIGABRT),
              AllOf(HasSubstr("our own mistake"), Not(HasSubstr("received by PID"))));
}

TEST(CrashReportDeathTest, AnAskedForEndIsNoCrash) {
  EXPECT_EXIT(BreakDown(SIGTERM), KilledBySignal(SIGTERM), Not(HasSubstr("received by PID")));
}

}  // namespace
}  // namespace quorate
