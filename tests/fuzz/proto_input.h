// The input of a target that takes a message of inputs.proto.
#pragma once

#include <google/protobuf/message.h>

namespace quorate::fuzz {

// Each such target defines this function. It returns the empty message of the target's type, which
// the mutator needs (proto_mutator.cc).
const google::protobuf::Message& EmptyInput();

}  // namespace quorate::fuzz
