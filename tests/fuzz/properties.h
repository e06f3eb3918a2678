// What the fuzzers expect of every text that a parser writes. A text that breaks a rule fails a
// CHECK, which ends the fuzzer and keeps the input.
#pragma once

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"

namespace quorate::fuzz {

// The longest text of an error: it is sent to a client and written to a log.
inline constexpr size_t kMaxErrorBytes = 1024;

// Checks that the text is one line of valid UTF-8 without control characters.
void CheckLine(std::string_view text);
// Checks that the text of an error is such a line, not empty and of at most kMaxErrorBytes.
void CheckErrorText(std::string_view text);
// The same for the text of a status. REQUIRES: the status is not OK.
void CheckError(const absl::Status& status);

}  // namespace quorate::fuzz
