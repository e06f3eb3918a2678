// Finds the path of a gRPC method in the protobuf descriptors, so that paths are spelled only in
// the proto files.
#pragma once

#include <string>

#include "google/protobuf/message.h"

namespace quorate::server {

// Returns the path, "/package.Service/Method", of the method that takes `request`s of this type.
// REQUIRES: exactly one method of the services in the type's proto file takes them.
std::string MethodPath(const google::protobuf::Message& request);

}  // namespace quorate::server
