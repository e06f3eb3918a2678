// How quoratectl writes for programs. Keys are the field names of the protocol (snake_case) and are
// all present, in the protocol's order; ids are readable text; numbers are numbers.
#pragma once

#include <google/protobuf/message.h>

#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/status.h"
#include "client/failover_caller.h"

namespace quorate::cli {

using Json = nlohmann::ordered_json;

// A message that is not set is null, an enum is its name, and bytes (always a 16-byte id in the
// messages that are printed) are the 22 characters of the id.
Json ToJson(const google::protobuf::Message& message);

// {"error": {kind, code, outcome, message, request_id, endpoints}}.
Json ToJson(const client::CallFailure& failure, const std::string& request_id);

// The same keys for a failure on this machine; `code` is the status code's name.
Json ToJson(const absl::Status& status);

// Two spaces of indentation, and a newline at the end.
std::string JsonText(const Json& json);

}  // namespace quorate::cli
