#include "tests/harness/process.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "tests/harness/cluster.h"
#include "tests/harness/temp_dir.h"

namespace quorate::testing {
namespace {

// Returns whether the process has ended. A zombie counts as ended, because the process that adopted
// it may never wait for it.
bool HasEnded(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string number;
  std::string name;
  std::string state;
  return !(stat >> number >> name >> state) || state == "Z" || state == "X";
}

void StartProgramAndAbort(const std::string& pid_path) {
  const Process program({"/bin/sleep", "600"}, "/dev/null");
  std::ofstream(pid_path) << program.pid();
  std::abort();
}

TEST(ProcessDeathTest, AProgramEndsWithATestThatAborts) {
  const TempDir directory;
  const std::string pid_path = directory.path() + "/pid";
  EXPECT_DEATH(StartProgramAndAbort(pid_path), "");
  pid_t pid = 0;
  ASSERT_TRUE(std::ifstream(pid_path) >> pid);
  EXPECT_TRUE(WaitFor([pid] { return HasEnded(pid); })) << pid << " goes on";
}

}  // namespace
}  // namespace quorate::testing
