// Estimates from the bytes of a message how much memory it takes once it is parsed. A few bytes on
// the wire may become an object of a hundred bytes, so the size on the wire is not enough.
#pragma once

#include <cstddef>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/zero_copy_stream.h"

namespace quorate::server {

// Returns an estimate, rather too high than too low, of the memory that a message of `type` with
// these `wire_bytes` takes. Stops counting soon after the estimate exceeds `enough`. If the bytes
// are malformed, returns the estimate for the part before the error.
size_t ParsedSize(const google::protobuf::Descriptor& type,
                  google::protobuf::io::ZeroCopyInputStream* wire_bytes, size_t enough);

}  // namespace quorate::server
