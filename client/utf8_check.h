// Checks that the strings of a message are UTF-8. protobuf sends other strings and only prints an
// error, but the receiver cannot parse the message.
#pragma once

#include <google/protobuf/message.h>

#include <optional>
#include <string>

namespace quorate::client {

// Describes the first string in `message`, including nested messages, that is not UTF-8, with its
// bytes escaped and truncated: "topics[0].name is not UTF-8: 'caf\351'". Returns nullopt if all
// strings are UTF-8.
std::optional<std::string> FindStringNotUtf8(const google::protobuf::Message& message);

}  // namespace quorate::client
