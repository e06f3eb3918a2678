// Judges the first bytes of a connection before gRPC gets it. A connection costs gRPC memory from
// its first byte on, so those that do not speak its protocols never reach it.
#pragma once

#include <cstddef>
#include <string_view>

namespace quorate::server {

struct FirstBytes {
  enum class Kind {
    // More bytes are needed.
    kIncomplete,
    // A whole TLS record that contains a ClientHello (RFC 8446 §5.1), or the connection preface of
    // HTTP/2 (RFC 9113 §3.4).
    kKnown,
    // A request of HTTP/1: of a browser, curl or a scanner.
    kHttp1,
    kUnknown,
  };
  Kind kind = Kind::kIncomplete;
  // If incomplete: how many bytes to wait for.
  size_t wanted = 1;
};

// The number of bytes that JudgeFirstBytes looks at.
inline constexpr size_t kFirstBytes = 24;

// `bytes` are the first bytes that arrived, up to kFirstBytes. `available` is how many have arrived
// in all.
FirstBytes JudgeFirstBytes(std::string_view bytes, size_t available);

}  // namespace quorate::server
