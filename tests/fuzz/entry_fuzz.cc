// The frame of a log entry, which comes from the disk and from peers.
#include <string>
#include <string_view>

#include "base/check.h"
#include "raft/api/entry.h"
#include "tests/fuzz/checksums.h"
#include "tests/fuzz/properties.h"

namespace quorate::fuzz {
namespace {

void ParseOne(const std::string& bytes) {
  const absl::StatusOr<raft::EntryPtr> entry = raft::Entry::Parse(bytes);
  if (!entry.ok()) return CheckError(entry.status());
  CHECK_GT((*entry)->end_offset(), (*entry)->header().base_offset);
  const raft::EntryPtr again = raft::Entry::Make((*entry)->header(), (*entry)->payload());
  CHECK(again->encoded() == bytes) << "an entry has two encodings";
  CHECK(again->payload() == (*entry)->payload());
}

}  // namespace
}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  quorate::fuzz::ParseOne(bytes);
  quorate::fuzz::ParseOne(quorate::fuzz::WithEntryChecksum(bytes));
  return 0;
}
