// The request id of a command that changes something: its user's, or a new one. Made here and not
// by the client, so that it can be shown when the outcome is unknown.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cli/command_line.h"
#include "quorate/common/v1/error.pb.h"

namespace quorate::cli {

// The flag --request-id.
void AddRequestIdFlag(CLI::App* verb, std::string* text);

// The id in `text` (ParseRequestId); a new one if it is empty. INVALID_ARGUMENT names the flag.
absl::StatusOr<common::v1::RequestId> ChooseRequestId(const std::string& text);

}  // namespace quorate::cli
