// The JSON output of quoratectl. Keys are the field names of the protocol (snake_case). All keys
// are present, in the protocol's order. Ids are text, and numbers are JSON numbers.
#pragma once

#include <google/protobuf/message.h>

#include <iosfwd>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

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

// Prints one object item by item, as JsonText would print it whole. Its first member is a list that
// may be too long for the memory.
class JsonListPrinter {
 public:
  // `name` is the name of the list. `out` must outlive the printer.
  JsonListPrinter(std::ostream* out, std::string_view name);

  void Add(const Json& item);
  // Ends the list, and prints the members of the object `others` after it.
  void Finish(const Json& others);

 private:
  std::ostream* const out_;
  bool empty_ = true;
};

}  // namespace quorate::cli
