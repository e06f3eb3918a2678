#include "storage/log_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/failpoint.h"

namespace quorate::storage {
namespace {

size_t BytesOf(const raft::LogWrite& write) {
  size_t bytes = 0;
  for (const raft::EntryPtr& entry : write.entries) bytes += entry->encoded().size();
  return bytes;
}

}  // namespace

LogStore::LogStore(KvStore* kv, const RecoveredLog& recovered, Options options)
    : options_(std::move(options)),
      entry_reader_(kv),
      appender_(kv, recovered),
      readable_{.first = recovered.state.first_index, .last = recovered.state.last_index},
      durable_(recovered.state) {}

void LogStore::Write(raft::LogWrite write, absl::AnyInvocable<void(absl::Status) &&> done) {
  {
    MutexLock lock(&mutex_);
    queue_.push_back({std::move(write), std::move(done)});
    if (round_pending_) return;
    round_pending_ = true;
  }
  options_.writer->Post([this] { WriteRound(); });
}

void LogStore::WriteRound() {
  std::vector<PendingWrite> round = TakeRound();
  if (failure_.ok()) {
    if (absl::Status status = Commit(round); !status.ok()) {
      failure_ = absl::Status(status.code(),
                              absl::StrFormat("the log cannot be written, and its state on disk is "
                                              "unknown until the next start: %s",
                                              std::string(status.message())));
      options_.on_fatal(failure_);
    }
  }
  for (PendingWrite& pending : round) std::move(pending.done)(failure_);
  {
    MutexLock lock(&mutex_);
    round_pending_ = !queue_.empty();
    if (!round_pending_) return;
  }
  options_.writer->Post([this] { WriteRound(); });
}

std::vector<LogStore::PendingWrite> LogStore::TakeRound() {
  std::vector<PendingWrite> round;
  size_t bytes = 0;
  MutexLock lock(&mutex_);
  while (!queue_.empty()) {
    const raft::LogWrite& next = queue_.front().write;
    bytes += BytesOf(next);
    if (!round.empty() && (bytes > kMaxBatchBytes || LogAppender::Cuts(next))) break;
    round.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return round;
}

absl::Status LogStore::Commit(const std::vector<PendingWrite>& round) {
  RETURN_IF_ERROR(Failpoint("storage.before_write"));
  if (LogAppender::Cuts(round.front().write)) HideFromReaders(round.front().write);
  std::vector<const raft::LogWrite*> writes;
  writes.reserve(round.size());
  for (const PendingWrite& pending : round) writes.push_back(&pending.write);
  RETURN_IF_ERROR(appender_.Apply(writes));
  RETURN_IF_ERROR(Failpoint("storage.after_write"));
  MutexLock lock(&mutex_);
  durable_ = appender_.state();
  readable_.last = durable_.last_index;
  return absl::OkStatus();
}

void LogStore::HideFromReaders(const raft::LogWrite& write) {
  MutexLock lock(&mutex_);
  if (write.install_snapshot) {
    readable_.first = write.install_snapshot->last_index + 1;
    readable_.last = write.install_snapshot->last_index;
  }
  if (write.truncate_after) readable_.last = std::min(readable_.last, *write.truncate_after);
  if (write.drop_prefix) readable_.first = std::max(readable_.first, *write.drop_prefix + 1);
  ++readable_.cuts;
}

void LogStore::Read(LogIndex from, LogIndex to, size_t max_bytes, ReadCallback done) {
  options_.reader->Post([this, from, to, max_bytes, done = std::move(done)]() mutable {
    std::move(done)(ReadConsistently(
        [&](const Readable& readable) { return ReadBetween(readable, from, to, max_bytes); }));
  });
}

void LogStore::ReadFromOffset(RecordOffset offset, LogIndex to, size_t max_bytes,
                              ReadCallback done) {
  options_.reader->Post([this, offset, to, max_bytes, done = std::move(done)]() mutable {
    std::move(done)(ReadConsistently([&](const Readable& readable) -> absl::StatusOr<Entries> {
      ASSIGN_OR_RETURN(const LogIndex from, FindOffset(readable, offset));
      return ReadBetween(readable, from, to, max_bytes);
    }));
  });
}

absl::StatusOr<LogStore::Entries> LogStore::ReadConsistently(
    absl::FunctionRef<absl::StatusOr<Entries>(const Readable&)> read) const {
  const auto look = [this] {
    MutexLock lock(&mutex_);
    return readable_;
  };
  while (true) {
    const Readable before = look();
    absl::StatusOr<Entries> entries = read(before);
    if (look().cuts == before.cuts) return entries;
  }
}

absl::StatusOr<LogStore::Entries> LogStore::ReadBetween(const Readable& readable, LogIndex from,
                                                        LogIndex to, size_t max_bytes) const {
  to = std::min(to, readable.last);
  if (from < readable.first || from > to) {
    return absl::OutOfRangeError(absl::StrFormat("log entry %d is not between %d and %d",
                                                 from.value(), readable.first.value(), to.value()));
  }
  if (absl::Status status = Failpoint("storage.read"); !status.ok()) {
    return absl::DataLossError(status.message());
  }
  return entry_reader_.ReadRange(from, to, max_bytes);
}

absl::StatusOr<LogIndex> LogStore::FindOffset(const Readable& readable, RecordOffset offset) const {
  LogIndex low = readable.first;
  LogIndex high = readable.last;
  // Every entry takes at least one offset, so entry i ends at offset i or later.
  if (offset.value() < high.value()) high = LogIndex(offset.value() + 1);
  while (low <= high) {
    const LogIndex middle = low + (high - low) / 2;
    ASSIGN_OR_RETURN(const raft::EntryPtr entry, entry_reader_.ReadOne(middle));
    if (offset < entry->header().base_offset) {
      high = middle - 1;
    } else if (offset >= entry->end_offset()) {
      low = middle + 1;
    } else {
      return middle;
    }
  }
  return absl::OutOfRangeError(absl::StrFormat("offset %d is not in the log", offset.value()));
}

LogState LogStore::DurableState() const {
  MutexLock lock(&mutex_);
  return durable_;
}

}  // namespace quorate::storage
