// The first bytes of a connection, of which the gate passes only those of TLS and HTTP/2 on.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "server/calls/first_bytes.h"

namespace quorate::fuzz {
namespace {

using server::FirstBytes;
using server::kFirstBytes;
using Kind = FirstBytes::Kind;

constexpr size_t kRecordHeaderBytes = 5;
constexpr size_t kMaxRecordBytes = size_t{1} << 14;
constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// Judges a connection of which the first `available` bytes have arrived. `stream` is at least that
// long, or as long as the judge looks.
FirstBytes Judge(std::string_view stream, size_t available) {
  return server::JudgeFirstBytes(stream.substr(0, std::min(available, kFirstBytes)), available);
}

bool IsRefused(Kind kind) { return kind == Kind::kHttp1 || kind == Kind::kUnknown; }

// A connection that is passed on has sent the preface, or a whole record that begins like a
// ClientHello.
void CheckKnown(std::string_view stream, size_t available) {
  if (stream.starts_with(kPreface)) return;
  const auto byte = [&](size_t at) { return static_cast<unsigned char>(stream.at(at)); };
  CHECK_GT(available, kRecordHeaderBytes);
  CHECK_EQ(byte(0), 22);
  CHECK_EQ(byte(1), 3);
  CHECK_EQ(byte(kRecordHeaderBytes), 1);
  const size_t length = size_t{byte(3)} << 8 | byte(4);
  CHECK_LE(length, kMaxRecordBytes);
  CHECK_GE(available, kRecordHeaderBytes + length);
}

// The verdict does not change when more bytes arrive, and an open verdict waits for more bytes than
// there are, but not for more than a record.
void CheckGrowth(std::string_view stream) {
  Kind before = Kind::kIncomplete;
  for (size_t available = 0; available <= std::min(stream.size(), 2 * kFirstBytes); ++available) {
    const FirstBytes now = Judge(stream, available);
    if (before == Kind::kKnown) CHECK(now.kind == Kind::kKnown);
    if (IsRefused(before)) CHECK(IsRefused(now.kind));
    if (now.kind == Kind::kKnown) CheckKnown(stream, available);
    if (now.kind == Kind::kIncomplete) {
      CHECK_GT(now.wanted, available);
      CHECK_LE(now.wanted, kRecordHeaderBytes + kMaxRecordBytes);
    }
    before = now.kind;
  }
}

// A caller that waits for as many bytes as are wanted soon gets a verdict.
void CheckWaiting(std::string_view stream) {
  size_t available = 0;
  int rounds = 0;
  for (FirstBytes first = Judge(stream, 0); first.kind == Kind::kIncomplete;
       first = Judge(stream, available)) {
    CHECK_LE(++rounds, 4);
    available = first.wanted;
    // The rest is not looked at before the stream is judged.
    if (available > stream.size() && stream.size() < kFirstBytes) return;
  }
}

}  // namespace
}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view stream(reinterpret_cast<const char*>(data), size);
  quorate::fuzz::CheckGrowth(stream);
  quorate::fuzz::CheckWaiting(stream);
  return 0;
}
