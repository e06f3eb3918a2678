// How much memory a message takes once it is parsed, told from its bytes alone: a few bytes may
// stand for an object of a hundred, so the size on the wire says little.
#pragma once

#include <cstddef>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/zero_copy_stream.h"

namespace quorate::server {

// About the bytes that a message of `type` with these `wire_bytes` takes, rather more than less.
// Stops counting soon after `enough`. What is malformed is counted up to there.
size_t ParsedSize(const google::protobuf::Descriptor& type,
                  google::protobuf::io::ZeroCopyInputStream* wire_bytes, size_t enough);

}  // namespace quorate::server
