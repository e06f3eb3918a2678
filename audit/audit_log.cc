#include "audit/audit_log.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "audit/audit_line.h"
#include "audit/audit_pages.h"
#include "base/check.h"

namespace quorate::audit {
namespace {

// Lines are written in pieces of about this size.
constexpr size_t kWriteBytes = size_t{32} << 10;

void Cut(std::string* text) {
  if (text->size() > AuditLog::kMaxTextBytes) {
    text->resize(AuditLog::kMaxTextBytes);
    *text += "...";
  }
}

// Returns about how much memory the record takes.
size_t BytesOf(const v1::AuditRecord& record) {
  return sizeof(record) + record.caller().size() + record.principal().size() +
         record.method().size() + record.resource().size() + record.outcome().size() +
         record.request_id().size();
}

}  // namespace

AuditLog::AuditLog(Options options, Executor* executor, const Clock* clock)
    : options_(std::move(options)), executor_(executor), clock_(clock), writer_(options_.files) {
  // The process log says at the start, and not at the first record, that files cannot be written.
  if (is_on()) executor_->Post([this] { WriteLines(""); });
}

void AuditLog::Record(v1::AuditRecord record) {
  if (!is_on()) return;
  if (record.method().starts_with('/')) record.mutable_method()->erase(0, 1);
  for (std::string* text :
       {record.mutable_caller(), record.mutable_principal(), record.mutable_method(),
        record.mutable_resource(), record.mutable_outcome(), record.mutable_request_id()}) {
    Cut(text);
  }
  record.set_time_ms(clock_->WallMs());
  record.set_controller(options_.controller.value());
  if (record.count() == 0) record.set_count(1);
  const MonoTime now = clock_->Now();
  MonoTime write_at = kNever;
  {
    MutexLock lock(&mutex_);
    if (!limiter_.Admit(record, now)) {
      write_at = Schedule(limiter_.next_sum());
    } else if (const size_t bytes = BytesOf(record);
               queued_bytes_ + bytes > options_.max_queued_bytes) {
      ++lost_;
      dropped_.Add();
      LOG_EVERY_T(WARNING, 10) << "the disk is too slow for the audit log, which has lost "
                               << dropped_.value() << " records so far";
    } else {
      queued_bytes_ += bytes;
      queue_.push_back(std::move(record));
      write_at = Schedule(now + kWriteDelay);
    }
  }
  WriteAt(write_at);
}

void AuditLog::Flush(Task done) {
  executor_->Post([this, done = std::move(done)]() mutable {
    Write(/*all=*/true);
    std::move(done)();
  });
}

void AuditLog::List(v1::ListAuditRecordsRequest request, absl::AnyInvocable<void(Page) &&> done) {
  executor_->Post([this, request = std::move(request), done = std::move(done)]() mutable {
    if (!is_on()) {
      return std::move(done)(absl::FailedPreconditionError(
          "this controller keeps no audit log: start it with --audit-files above 0"));
    }
    Write(/*all=*/false);
    Page page = ReadAuditPage(options_.files.directory, request);
    if (page.ok()) page->set_controller(options_.controller.value());
    std::move(done)(std::move(page));
  });
}

MonoTime AuditLog::Schedule(MonoTime when) {
  if (when >= write_at_) return kNever;
  write_at_ = when;
  return when;
}

void AuditLog::WriteAt(MonoTime when) {
  if (when != kNever) executor_->PostAt(when, [this] { Write(/*all=*/false); });
}

void AuditLog::Write(bool all) {
  std::vector<v1::AuditRecord> records;
  int64_t lost = 0;
  const MonoTime now = clock_->Now();
  {
    MutexLock lock(&mutex_);
    records.swap(queue_);
    queued_bytes_ = 0;
    lost = std::exchange(lost_, 0);
    std::vector<v1::AuditRecord> sums = limiter_.TakeSums(now, all);
    std::move(sums.begin(), sums.end(), std::back_inserter(records));
    write_at_ = kNever;
  }
  const size_t count = records.size();
  if (lost > 0) records.push_back(LossNote(lost));
  const size_t done = WriteOut(records);
  const size_t written = std::min(done, count);
  written_.Add(written);
  dropped_.Add(count - written);
  MonoTime write_at = kNever;
  {
    MutexLock lock(&mutex_);
    lost_ += static_cast<int64_t>(count - written) + (done < records.size() ? lost : 0);
    write_at = Schedule(lost_ > 0 ? std::min(limiter_.next_sum(), now + kRetryDelay)
                                  : limiter_.next_sum());
  }
  WriteAt(write_at);
}

v1::AuditRecord AuditLog::LossNote(int64_t lost) const {
  v1::AuditRecord note;
  note.set_time_ms(clock_->WallMs());
  note.set_controller(options_.controller.value());
  note.set_lost(lost);
  return note;
}

size_t AuditLog::WriteOut(const std::vector<v1::AuditRecord>& records) {
  size_t done = 0;
  while (done < records.size()) {
    std::string lines;
    size_t end = done;
    while (end < records.size() && lines.size() < kWriteBytes) lines += AuditLine(records[end++]);
    if (!WriteLines(lines)) break;
    done = end;
  }
  return done;
}

bool AuditLog::WriteLines(const std::string& lines) {
  const absl::Status status = writer_.Append(lines);
  if (!status.ok()) {
    LOG_EVERY_T(WARNING, 10) << "the audit log cannot be written, and has lost " << dropped_.value()
                             << " records so far: " << status.message();
  }
  return status.ok();
}

}  // namespace quorate::audit
