// How a test looks at a program that must refuse to start: its exit status, the one line it says,
// and that it left everything as it was. Apart because several tests do.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace quorate::testing {

// The exit statuses of both programs' manuals.
inline constexpr int kFailed = 1;
inline constexpr int kBadConfiguration = 2;

// Runs a program that must end by itself with `exit_code`, having said exactly one thing on
// standard error besides its log, and nothing on standard output. Returns that line; expects all of
// this.
std::string Refusal(const std::vector<std::string>& command, int exit_code,
                    const std::map<std::string, std::string>& environment = {});

// `command` with the flag (--name=value) in the place of its own of that name, or added.
std::vector<std::string> With(std::vector<std::string> command, const std::string& flag);

// Every file below `directory`, by its path, with its content; a file LOCK without (it names the
// process that last looked). Empty if there is no such directory.
std::map<std::string, std::string> ContentsOf(const std::string& directory);

}  // namespace quorate::testing
