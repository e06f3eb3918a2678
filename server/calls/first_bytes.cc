#include "server/calls/first_bytes.h"

namespace quorate::server {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
static_assert(kPreface.size() == kFirstBytes);

constexpr size_t kRecordHeaderBytes = 5;
constexpr size_t kMaxRecordBytes = size_t{1} << 14;

using Kind = FirstBytes::Kind;

FirstBytes JudgeRecord(std::string_view bytes, size_t available) {
  const auto byte = [bytes](size_t at) { return static_cast<unsigned char>(bytes[at]); };
  if (bytes.size() > 1 && byte(1) != 3) return {.kind = Kind::kUnknown};
  if (bytes.size() < kRecordHeaderBytes) return {.wanted = kRecordHeaderBytes + 1};
  const size_t length = size_t{byte(3)} << 8 | byte(4);
  if (length == 0 || length > kMaxRecordBytes) return {.kind = Kind::kUnknown};
  if (bytes.size() == kRecordHeaderBytes) return {.wanted = kRecordHeaderBytes + 1};
  constexpr unsigned char kClientHello = 1;
  if (byte(kRecordHeaderBytes) != kClientHello) return {.kind = Kind::kUnknown};
  if (available < kRecordHeaderBytes + length) return {.wanted = kRecordHeaderBytes + length};
  return {.kind = Kind::kKnown};
}

bool IsHttp1(std::string_view bytes) {
  for (const std::string_view method :
       {"GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "OPTIONS ", "CONNECT ", "TRACE ", "PATCH "}) {
    if (bytes.starts_with(method)) return true;
  }
  return false;
}

}  // namespace

FirstBytes JudgeFirstBytes(std::string_view bytes, size_t available) {
  constexpr char kHandshake = 22;
  if (bytes.empty()) return {.wanted = 1};
  if (bytes.front() == kHandshake) return JudgeRecord(bytes, available);
  if (bytes.starts_with(kPreface)) return {.kind = Kind::kKnown};
  if (kPreface.starts_with(bytes)) return {.wanted = kPreface.size()};
  return {.kind = IsHttp1(bytes) ? Kind::kHttp1 : Kind::kUnknown};
}

}  // namespace quorate::server
