// The audit log of a controller. Any thread records what became of a request; one executor writes
// the records to files in batches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "audit/audit_files.h"
#include "audit/refusal_limiter.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/ids.h"
#include "base/instruments.h"
#include "base/mutex.h"
#include "quorate/audit/v1/audit_service.pb.h"

namespace quorate::audit {

// Thread-safe.
class AuditLog {
 public:
  struct Options {
    NodeId controller;
    // If `max_files` is 0, the log is off: nothing is recorded.
    AuditFileWriter::Options files;
    // The limit on bytes that wait for the disk. Records beyond it are lost.
    size_t max_queued_bytes = size_t{4} << 20;
  };
  using Page = absl::StatusOr<v1::ListAuditRecordsResponse>;

  // A longer text of a record is cut.
  static constexpr size_t kMaxTextBytes = 2'048;
  // How long a record may wait for others, so that they share a write.
  static constexpr Duration kWriteDelay = std::chrono::milliseconds(20);
  // The pause after a failed write.
  static constexpr Duration kRetryDelay = std::chrono::seconds(1);

  // `executor` runs what waits for the disk, also the opening of the files, and runs its last task
  // before the log is destroyed. Both must outlive the log.
  AuditLog(Options options, Executor* executor, const Clock* clock);

  bool is_on() const { return options_.files.max_files > 0; }

  // Takes a record that says what became of a request. Sets its time and controller, and its count
  // if that is 0. Never waits for the disk. Records of refused requests may be summed
  // (refusal_limiter.h). The method may begin with a slash, as in the path of a call.
  void Record(v1::AuditRecord record);

  // Writes everything that was recorded before, and then calls `done` on the executor.
  void Flush(Task done);

  // Returns a page of this log to `done`, on the executor. It includes everything that was recorded
  // before. The error is FAILED_PRECONDITION if the log is off, otherwise as of ReadAuditPage.
  void List(v1::ListAuditRecordsRequest request, absl::AnyInvocable<void(Page) &&> done);

  // Count records that were written, and records that were lost because the disk was full or too
  // slow. A sum of refused requests is one record.
  const Counter& written() const { return written_; }
  const Counter& dropped() const { return dropped_; }

 private:
  // Writes what is queued. With `all`, also the sums whose second is not over. On the executor.
  void Write(bool all);
  // Writes records until one cannot be written. Returns how many it has written.
  size_t WriteOut(const std::vector<v1::AuditRecord>& records);
  // Returns whether the lines were written. Logs the reason if not.
  bool WriteLines(const std::string& lines);
  v1::AuditRecord LossNote(int64_t lost) const;
  void WriteAt(MonoTime when);
  // Returns the time at which Write must be posted for this to happen by `when`, or kNever if it is
  // posted already.
  MonoTime Schedule(MonoTime when) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  Executor* const executor_;
  const Clock* const clock_;
  Counter written_;
  Counter dropped_;
  // On the executor only.
  AuditFileWriter writer_;

  Mutex mutex_;
  std::vector<v1::AuditRecord> queue_ ABSL_GUARDED_BY(mutex_);
  size_t queued_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  // Lost, and not yet mentioned in the files.
  int64_t lost_ ABSL_GUARDED_BY(mutex_) = 0;
  RefusalLimiter limiter_ ABSL_GUARDED_BY(mutex_);
  // When the next Write is due; kNever if none is posted.
  MonoTime write_at_ ABSL_GUARDED_BY(mutex_) = kNever;
};

}  // namespace quorate::audit
