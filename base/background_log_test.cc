#include "base/background_log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include "base/check.h"
#include "base/crash_report.h"

namespace quorate {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::ExitedWithCode;
using ::testing::HasSubstr;
using ::testing::KilledBySignal;

constexpr Duration kLong = std::chrono::seconds(60);

void Log(BackgroundLog& log, const std::string& line) {
  log.Write(/*force_flush=*/false, /*timestamp=*/0, line.data(), line.size());
}

class BackgroundLogTest : public ::testing::Test {
 protected:
  BackgroundLogTest() {
    signal(SIGPIPE, SIG_IGN);
    CHECK_EQ(pipe2(pipe_, O_CLOEXEC), 0);
  }
  ~BackgroundLogTest() override {
    for (const int fd : pipe_) close(fd);
  }

  // Reads until the text ends with `end`.
  std::string ReadUntil(const std::string& end) {
    std::string text;
    char buffer[4096];
    while (!text.ends_with(end)) {
      const ssize_t bytes = read(pipe_[0], buffer, sizeof(buffer));
      CHECK_GT(bytes, 0);
      text.append(buffer, static_cast<size_t>(bytes));
    }
    return text;
  }

  int pipe_[2];
};

TEST_F(BackgroundLogTest, LinesArriveInOrder) {
  BackgroundLog log(pipe_[1]);
  for (int i = 0; i < 100; ++i) Log(log, std::to_string(i) + "\n");
  EXPECT_TRUE(log.AwaitWritten(kLong));
  EXPECT_THAT(ReadUntil("99\n"), HasSubstr("\n41\n42\n43\n"));
}

TEST_F(BackgroundLogTest, AReaderThatStoppedDelaysNobodyAndLearnsWhatItMissed) {
  BackgroundLog log(pipe_[1]);
  const std::string line(1023, 'x');
  // Far more than the pipe and the queue can hold.
  constexpr int kLines = 4096;
  for (int i = 0; i < kLines; ++i) Log(log, line + "\n");
  EXPECT_FALSE(log.AwaitWritten(std::chrono::milliseconds(10)));
  // The log holds a note for each time that the queue was full.
  int written = 0;
  int dropped = 0;
  while (written + dropped < kLines) {
    std::istringstream lines(ReadUntil("\n"));
    for (std::string text; std::getline(lines, text);) {
      int count = 0;
      if (sscanf(text.c_str(), "*** %d lines dropped here: the log could not", &count) == 1) {
        dropped += count;
      } else {
        EXPECT_EQ(text, line);
        ++written;
      }
    }
  }
  EXPECT_GT(dropped, 0);
  EXPECT_EQ(written + dropped, kLines);
}

TEST_F(BackgroundLogTest, AReaderThatDiedEndsNobody) {
  BackgroundLog log(pipe_[1]);
  close(pipe_[0]);
  for (int i = 0; i < 100; ++i) Log(log, "line\n");
  EXPECT_TRUE(log.AwaitWritten(kLong));
  pipe_[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

// Sets up the log as the programs do.
void Install(const std::string& path) {
  ReportCrashes();
  google::InitGoogleLogging("background_log_test");
  CHECK_OK(BackgroundLog::Install(path, LogFormat::kText));
}

// Replaces standard error with a full pipe that is never read.
void StallStandardError() {
  int fds[2];
  CHECK_EQ(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
  const std::string bytes(4096, 'x');
  while (write(fds[1], bytes.data(), bytes.size()) > 0) {
  }
  fcntl(fds[1], F_SETFL, 0);
  CHECK_EQ(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
}

void FailCheck() {
  LOG(INFO) << "before";
  CHECK(false) << "our own mistake";
}

void Crash() {
  LOG(INFO) << "before";
  raise(SIGSEGV);
}

// Runs with a log that works, or with one that is never read.
void FailWithLog(void (*fail)(), bool stalled) {
  Install("");
  if (stalled) StallStandardError();
  fail();
}

TEST(BackgroundLogDeathTest, ACrashAndWhatWasLoggedBeforeAreTold) {
  EXPECT_EXIT(FailWithLog(FailCheck, false), KilledBySignal(SIGABRT),
              AllOf(HasSubstr("before"), HasSubstr("our own mistake"), HasSubstr("TestBody")));
  EXPECT_EXIT(FailWithLog(Crash, false), KilledBySignal(SIGSEGV),
              AllOf(HasSubstr("before"), HasSubstr("received by PID"), HasSubstr("TestBody")));
}

TEST(BackgroundLogDeathTest, ACrashEndsTheProcessAlsoIfNobodyReadsItsLog) {
  EXPECT_EXIT(FailWithLog(FailCheck, true), KilledBySignal(SIGABRT), "");
  EXPECT_EXIT(FailWithLog(Crash, true), KilledBySignal(SIGSEGV), "");
}

std::string ContentOf(const std::string& file) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

// Prints the contents of the renamed file and of the new one.
void RenameTheLog(const std::string& path) {
  const std::string old = path + ".1";
  Install(path);
  LOG(WARNING) << "first";
  CHECK(BackgroundLog::WaitUntilWritten(kLong));
  CHECK_EQ(rename(path.c_str(), old.c_str()), 0);
  BackgroundLog::Reopen();
  LOG(WARNING) << "second";
  CHECK(BackgroundLog::WaitUntilWritten(kLong));
  std::cerr << "old: " << ContentOf(old) << "new: " << ContentOf(path);
  unlink(path.c_str());
  unlink(old.c_str());
  _exit(0);
}

TEST(BackgroundLogDeathTest, AFileIsOpenedAnewByItsName) {
  EXPECT_EXIT(RenameTheLog(testing::TempDir() + "background_log_" + std::to_string(getpid())),
              ExitedWithCode(0),
              AllOf(ContainsRegex("old: [^\n]*first\n"), ContainsRegex("new: [^\n]*second\n")));
}

}  // namespace
}  // namespace quorate
