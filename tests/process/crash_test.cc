// A program that crashes logs a stack trace. A program that is asked to stop does not.
#include <gmock/gmock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>

#include "tests/harness/cluster.h"

namespace quorate::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kReport[] = "received by PID";

void ExpectReportOfCrash(Process& program) {
  // Sends the signal to the first thread, because a real fault is delivered to the thread that
  // caused it. A signal to the process may be delivered to any thread, and the stacks of some
  // threads do not contain main.
  ASSERT_EQ(syscall(SYS_tgkill, program.pid(), program.pid(), SIGSEGV), 0);
  const auto status = program.Wait(kPatience);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->signal, SIGSEGV) << status->ToString();
  EXPECT_THAT(program.Log(),
              AllOf(HasSubstr("SIGSEGV"), HasSubstr(kReport), HasSubstr("__libc_start_main")));
}

TEST(CrashTest, EveryProgramLeavesAStackTrace) {
  Cluster cluster({.controllers = 1, .brokers = 1});
  cluster.Start();
  Process tail(
      {QuoratectlProgram(), "log", "tail", "--from-start", "--bootstrap", cluster.Bootstrap()},
      cluster.directory() + "/tail.log");
  ASSERT_TRUE(WaitFor([&] { return !tail.Log().empty(); }));
  ExpectReportOfCrash(tail);
  ExpectReportOfCrash(cluster.broker(1));
  ExpectReportOfCrash(cluster.controller(1));
}

TEST(CrashTest, AnAskedForEndIsStillInGoodOrder) {
  Cluster cluster({.controllers = 1, .brokers = 1});
  cluster.Start();
  for (Process* program : {&cluster.broker(1), &cluster.controller(1)}) {
    program->Signal(SIGTERM);
    const auto status = program->Wait(kPatience);
    ASSERT_TRUE(status);
    EXPECT_EQ(status->code, 0) << status->ToString();
    EXPECT_THAT(program->Log(), AllOf(HasSubstr("] stopped"), Not(HasSubstr(kReport))));
  }
}

TEST(CrashTest, AskedTwiceItEndsAtOnceAndThatIsNoCrash) {
  Cluster cluster({.controllers = 3, .brokers = 0});
  cluster.Start();
  const int active = cluster.AwaitActive();
  // The active controller waits because no other controller can take over the leadership.
  for (const int node : cluster.Others(active)) cluster.controller(node).Signal(SIGSTOP);
  Process& program = cluster.controller(active);
  program.Signal(SIGTERM);
  ASSERT_TRUE(
      WaitFor([&] { return program.Log().find("stopping on SIGTERM") != std::string::npos; }));
  program.Signal(SIGTERM);
  const auto status = program.Wait(kPatience);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->signal, SIGTERM) << status->ToString();
  EXPECT_THAT(program.Log(), Not(HasSubstr(kReport)));
}

}  // namespace
}  // namespace quorate::testing
