// Whether a message can be sent at all. protobuf sends a string that is not UTF-8 and complains on
// standard error, and the receiver cannot parse the message.
#pragma once

#include <google/protobuf/message.h>

#include <optional>
#include <string>

namespace quorate::client {

// Names the first string of `message`, and of the messages in it, that is not UTF-8, with its
// bytes escaped and cut to a readable length: "topics[0].name is not UTF-8: 'caf\351'". Nothing:
// all are.
std::optional<std::string> FindStringNotUtf8(const google::protobuf::Message& message);

}  // namespace quorate::client
