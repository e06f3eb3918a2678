// The request id of a mutating command: the user's or a new one. It is created here and not by the
// client, so that the command can print it if the outcome is unknown.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cli/command_line.h"
#include "quorate/common/v1/error.pb.h"

namespace quorate::cli {

// Adds the flag --request-id, which writes to `text`.
void AddRequestIdFlag(CLI::App* verb, std::string* text);

// Returns the id in `text` (ParseRequestId), or a new id if `text` is empty. INVALID_ARGUMENT names
// the flag.
absl::StatusOr<common::v1::RequestId> ChooseRequestId(const std::string& text);

// Returns the id of the request after the one with `id`, for a command that makes several.
common::v1::RequestId NextRequestId(common::v1::RequestId id);

}  // namespace quorate::cli
