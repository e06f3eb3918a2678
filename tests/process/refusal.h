// Helpers for tests of programs that must refuse to start. They check the exit status and the
// single error line, and compare the files before and after.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace quorate::testing {

// The exit statuses in the manuals of both programs.
inline constexpr int kFailed = 1;
inline constexpr int kBadConfiguration = 2;

// Runs a program and expects that it ends by itself with `exit_code`, prints exactly one line to
// standard error besides its log, and prints nothing to standard output. Returns that line.
std::string Refusal(const std::vector<std::string>& command, int exit_code,
                    const std::map<std::string, std::string>& environment = {});

// Returns `command` with the flag (--name=value), which replaces a flag of the same name or is
// added.
std::vector<std::string> With(std::vector<std::string> command, const std::string& flag);

// Returns every file below `directory` by its path, with its content. The content of a file LOCK is
// omitted, because it names the last process that opened the directory. Empty if the directory does
// not exist.
std::map<std::string, std::string> ContentsOf(const std::string& directory);

}  // namespace quorate::testing
