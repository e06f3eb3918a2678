// The options of both programs: flags, environment variables and a configuration file. Each of the
// three is a text in the input: flags and variables one a line, then the file.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/check.h"
#include "server/program/broker_config.h"
#include "server/program/controller_config.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/properties.h"

namespace quorate::fuzz {
namespace {

// A file in memory with a path.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view content) : fd_(memfd_create("config", MFD_CLOEXEC)) {
    CHECK_GE(fd_, 0);
    CHECK_EQ(write(fd_, content.data(), content.size()), static_cast<ssize_t>(content.size()));
  }
  ~MemoryFile() { close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return absl::StrCat("/proc/self/fd/", fd_); }

 private:
  const int fd_;
};

// Returns whether the line names another file, or prints something instead of loading.
bool IsLeftOut(const std::string& line) {
  return absl::StrContains(line, "config") || absl::StrContains(line, "CONFIG") ||
         absl::StrContains(line, "help") || absl::StrContains(line, "version");
}

std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines;
  for (const auto line : absl::StrSplit(std::string(text), '\n')) {
    if (!IsLeftOut(std::string(line))) lines.emplace_back(line);
  }
  return lines;
}

void Load(FuzzInput input) {
  std::vector<std::string> flags = {"program"};
  for (const std::string& flag : Lines(input.TakeText())) {
    if (absl::StartsWith(flag, "--")) flags.push_back(flag.c_str());
  }
  std::map<std::string, std::string> environment;
  for (const std::string& line : Lines(input.TakeText())) {
    const std::vector<std::string> pair = absl::StrSplit(line, absl::MaxSplits('=', 1));
    if (pair.size() == 2) environment[pair[0]] = pair[1].c_str();
  }
  const MemoryFile file(input.TakeRest());
  environment["QUORATE_CONFIG"] = file.path();
  std::vector<const char*> argv;
  for (const std::string& flag : flags) argv.push_back(flag.c_str());

  server::ControllerConfig controller;
  const auto controller_loaded = server::LoadControllerConfig(
      static_cast<int>(argv.size()), argv.data(), environment, &controller);
  if (!controller_loaded.ok()) CheckError(controller_loaded.status());
  server::BrokerConfig broker;
  const auto broker_loaded =
      server::LoadBrokerConfig(static_cast<int>(argv.size()), argv.data(), environment, &broker);
  if (!broker_loaded.ok()) CheckError(broker_loaded.status());
}

void ParseTheVoters(const std::string& text) {
  const auto voters = server::ParseVoters(text);
  if (!voters.ok()) return CheckError(voters.status());
  CHECK(!voters->empty());
  for (const server::ConfiguredVoter& voter : *voters) {
    CHECK_GE(voter.node_id, NodeId(0));
    CHECK_OK(ParseAdvertised(voter.endpoint.ToString()).status());
  }
}

}  // namespace
}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  quorate::fuzz::Load(quorate::fuzz::FuzzInput(data, size));
  quorate::fuzz::ParseTheVoters(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
