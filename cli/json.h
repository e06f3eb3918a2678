// The JSON output of quoratectl. Keys are the field names of the protocol (snake_case). All keys
// are present, in the protocol's order. Ids are text, and numbers are JSON numbers.
#pragma once

#include <google/protobuf/message.h>

#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/status.h"
#include "client/failover_caller.h"

namespace quorate::cli {

using Json = nlohmann::ordered_json;

// Converts a message. An unset message or optional field becomes null, an enum its name, and bytes
// (always a 16-byte id in the printed messages) the 22 characters of the id.
Json ToJson(const google::protobuf::Message& message);

// Returns {"error": {kind, code, outcome, message, request_id, endpoints}}.
Json ToJson(const client::CallFailure& failure, const std::string& request_id);

// Returns the same keys for a failure on this machine. `code` is the name of the status code.
Json ToJson(const absl::Status& status);

// Formats JSON with an indentation of two spaces and a newline at the end.
std::string JsonText(const Json& json);

}  // namespace quorate::cli
