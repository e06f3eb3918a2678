// A whole log that is opened: values that are intact one by one, but may contradict each other.
// What recovery accepts, the consensus core can start from and read.
//
// The input is a sequence of values. A byte selects what each is: a value of the meta family, a gap
// before the next entry, or an entry, whose link to the entry before it is repaired if the byte is
// even.
#include <string>
#include <vector>

#include "base/check.h"
#include "base/testing/manual_executor.h"
#include "raft/core/raft_core.h"
#include "storage/key_layout.h"
#include "storage/log_recovery.h"
#include "storage/log_store.h"
#include "storage/memory_kv.h"
#include "tests/fuzz/checksums.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/properties.h"

namespace quorate::fuzz {
namespace {

using storage::KvFamily;

constexpr std::string_view kMetaKeys[] = {storage::kStateKey, storage::kLogStartKey,
                                          storage::kEpochStartsKey, storage::kVoterEntriesKey,
                                          storage::kFoundingVotersKey};
constexpr uint8_t kGap = 255;
// Where an entry has the checksum of the entry before it (docs/storage_format.md).
constexpr size_t kPrevChecksumAt = 48;

void Put(storage::MemoryKv& kv, KvFamily family, std::string key, const std::string& value) {
  CHECK_OK(kv.WriteBatch(1, {{family, std::move(key), value}}, /*sync=*/true));
}

// Fills the store. Entries are put in the order of the input, beginning with index 1 or after a
// gap.
void Fill(FuzzInput& input, storage::MemoryKv& kv) {
  LogIndex next(1);
  std::string checksum_before(sizeof(uint64_t), '\0');
  while (!input.empty()) {
    const auto selector = input.Take<uint8_t>();
    if (selector == kGap) {
      next += input.Take<uint8_t>();
      continue;
    }
    std::string value(input.TakeText());
    if (selector < std::size(kMetaKeys)) {
      Put(kv, KvFamily::kMeta, std::string(kMetaKeys[selector]), WithChecksum(std::move(value)));
      continue;
    }
    if (selector % 2 == 0 && value.size() >= kPrevChecksumAt + checksum_before.size()) {
      value.replace(kPrevChecksumAt, checksum_before.size(), checksum_before);
    }
    value = WithEntryChecksum(std::move(value));
    checksum_before = value.substr(0, checksum_before.size());
    checksum_before.resize(sizeof(uint64_t));
    Put(kv, KvFamily::kLog, storage::LogKey(next), value);
    ++next;
  }
}

void ReadEntries(storage::MemoryKv& kv, const storage::RecoveredLog& log) {
  ManualClock clock;
  ManualExecutor executor(&clock);
  storage::LogStore store(&kv, log, {.writer = &executor, .reader = &executor});
  const auto done = [](const absl::StatusOr<std::vector<raft::EntryPtr>>& entries) {
    if (!entries.ok()) return CheckError(entries.status());
    CHECK(!entries->empty());
  };
  store.Read(log.restored.first_index, log.restored.last_index, 1 << 20, done);
  store.ReadFromOffset(RecordOffset(0), log.restored.last_index, 1 << 20, done);
  store.ReadFromOffset(RecordOffset(7), log.restored.last_index, 1, done);
  executor.RunReady();
}

void RecoverOne(FuzzInput input) {
  storage::MemoryKv kv;
  Fill(input, kv);
  absl::StatusOr<storage::RecoveredLog> log = storage::RecoverLog(kv);
  if (!log.ok()) return CheckError(log.status());
  ReadEntries(kv, *log);
  // The snapshot on which the log builds is there.
  log->restored.snapshot = log->restored.start;
  const absl::Status status = raft::RaftCore::CheckRestored(log->restored);
  if (!status.ok()) return CheckError(status);
  raft::RaftCore core({.self = {.node_id = NodeId(1)}, .observer = true}, log->restored,
                      /*seed=*/1);
  core.Step(MonoTime(std::chrono::hours(1)), /*wall_ms=*/0, raft::event::Start{});
  CHECK(core.log().EpochAt(core.log().last_index()) == core.log().last_epoch());
}

}  // namespace
}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  quorate::fuzz::RecoverOne(quorate::fuzz::FuzzInput(data, size));
  return 0;
}
