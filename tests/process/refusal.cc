#include "tests/process/refusal.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "tests/harness/process.h"

namespace quorate::testing {
namespace {

namespace fs = std::filesystem;

// Returns whether the line begins with glog's prefix: a severity letter, then the date.
bool IsLogLine(const std::string& line) {
  return line.size() > 1 && std::string("IWE").find(line[0]) != std::string::npos &&
         absl::ascii_isdigit(static_cast<unsigned char>(line[1]));
}

}  // namespace

std::string Refusal(const std::vector<std::string>& command, int exit_code,
                    const std::map<std::string, std::string>& environment) {
  const RunResult result = Run(command, environment);
  EXPECT_EQ(result.status.code, exit_code) << result.status.ToString() << ": " << result.errors;
  EXPECT_EQ(result.output, "");
  std::vector<std::string> said;
  const std::vector<std::string> lines = absl::StrSplit(result.errors, '\n', absl::SkipEmpty());
  for (const std::string& line : lines) {
    if (!IsLogLine(line)) said.push_back(line);
  }
  EXPECT_EQ(said.size(), 1u) << "not one line: " << result.errors;
  const std::string program = fs::path(command.at(0)).filename().string();
  const std::string line = said.empty() ? "" : said.front();
  EXPECT_EQ(line.rfind(program + ": ", 0), 0u) << "the program does not say who speaks: " << line;
  return line;
}

std::vector<std::string> With(std::vector<std::string> command, const std::string& flag) {
  const std::string name = flag.substr(0, flag.find('=') + 1);
  for (std::string& own : command) {
    if (!name.empty() && own.rfind(name, 0) == 0) {
      own = flag;
      return command;
    }
  }
  command.push_back(flag);
  return command;
}

std::map<std::string, std::string> ContentsOf(const std::string& directory) {
  std::map<std::string, std::string> contents;
  std::error_code absent;
  for (const auto& entry : fs::recursive_directory_iterator(directory, absent)) {
    std::ostringstream content;
    if (entry.is_regular_file() && entry.path().filename() != "LOCK") {
      content << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    }
    contents[entry.path().string()] = content.str();
  }
  return contents;
}

}  // namespace quorate::testing
