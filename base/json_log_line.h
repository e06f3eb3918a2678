// Turns a line of glog into a JSON object.
#pragma once

#include <ctime>
#include <string>
#include <string_view>

namespace quorate {

// Returns one line of JSON with the keys time (UTC, RFC 3339), level, thread, source and message.
// `line` is a line as glog formats it, with its prefix, and `timestamp` is its time in seconds.
// A line without the usual prefix becomes the message as a whole. Bytes that are not UTF-8 become
// U+FFFD.
//
//   I20261130 01:02:03.456789  1234 raft_core.cc:12] elected
//   {"time":"2026-11-30T01:02:03.456789Z","level":"info","thread":1234,"source":"raft_core.cc:12",
//    "message":"elected"}
std::string JsonLogLine(std::time_t timestamp, std::string_view line);

}  // namespace quorate
