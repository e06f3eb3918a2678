#include "audit/audit_pages.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "audit/audit_files.h"
#include "audit/audit_line.h"
#include "base/check.h"
#include "storage/file_descriptor.h"

namespace quorate::audit {
namespace {

// Some complete lines of the log.
struct Lines {
  int64_t begin = 0;
  // Ends with a newline, unless it is empty.
  std::string text;

  int64_t end() const { return begin + static_cast<int64_t>(text.size()); }
};

absl::Status CheckRequest(const v1::ListAuditRecordsRequest& request) {
  if (request.before() >= 0 && request.after() >= 0 && request.max_records() >= 0) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("before, after and max_records must not be negative");
}

// Returns the bytes of the log from `begin` to `end`, which are in `file`. Returns fewer if the
// file is shorter by now, and none if it was removed.
absl::StatusOr<std::string> ReadBytes(const AuditFile& file, int64_t begin, int64_t end) {
  const storage::FileDescriptor descriptor(open(file.path.c_str(), O_RDONLY | O_CLOEXEC));
  if (descriptor.get() < 0) {
    if (errno == ENOENT) return std::string();
    return storage::ErrnoStatus("open", file.path);
  }
  std::string bytes(static_cast<size_t>(end - begin), '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = pread(descriptor.get(), bytes.data() + done, bytes.size() - done,
                              begin - file.begin + static_cast<int64_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return storage::ErrnoStatus("read", file.path);
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

// Returns the last lines of the log before `before` and from `after` on, at most kPageBytes of one
// file. Returns none if there are none.
absl::StatusOr<Lines> ReadLines(const std::vector<AuditFile>& files, int64_t before,
                                int64_t after) {
  const auto next = std::find_if(files.begin(), files.end(),
                                 [before](const AuditFile& file) { return file.begin >= before; });
  if (next == files.begin()) return Lines();
  const AuditFile& file = *std::prev(next);
  const int64_t end = std::min(before, file.end());
  const int64_t oldest = std::max(file.begin, after);
  const int64_t begin = std::max(oldest, end - kPageBytes);
  if (begin >= end) return Lines{.begin = end};
  Lines lines{.begin = begin};
  ASSIGN_OR_RETURN(lines.text, ReadBytes(file, begin, end));
  if (begin > oldest) {
    const size_t newline = lines.text.find('\n');
    // These bytes are part of a line that is longer than a page. It is on no page.
    if (newline >= lines.text.size() - 1) return Lines{.begin = begin};
    // A line that began before is on the next page.
    lines.text.erase(0, newline + 1);
    lines.begin += static_cast<int64_t>(newline) + 1;
  }
  const size_t last = lines.text.rfind('\n');
  lines.text.resize(last == std::string::npos ? 0 : last + 1);
  return lines;
}

// Adds the records of `lines` to the page, the last line first. Returns the position before which
// the next older page is, or 0 if the rest of the log is too old for the request.
int64_t AddRecords(const Lines& lines, const v1::ListAuditRecordsRequest& request,
                   v1::ListAuditRecordsResponse* page) {
  const int limit =
      request.max_records() == 0 ? kPageRecords : std::min(request.max_records(), kPageRecords);
  std::string_view rest = lines.text;
  int64_t newest_ms = 0;
  while (!rest.empty() && page->records_size() < limit) {
    const size_t before = rest.substr(0, rest.size() - 1).rfind('\n');
    const size_t start = before == std::string_view::npos ? 0 : before + 1;
    const std::optional<v1::AuditRecord> record =
        ParseAuditLine(rest.substr(start, rest.size() - start - 1));
    if (!record) {
      page->set_unreadable_lines(page->unreadable_lines() + 1);
    } else {
      newest_ms = std::max(newest_ms, record->time_ms());
      if (Matches(request, *record)) *page->add_records() = *record;
    }
    rest = rest.substr(0, start);
  }
  // Lines are in the order of their times, unless the clock was set back.
  if (newest_ms != 0 && newest_ms < request.since_ms()) return 0;
  return lines.begin + static_cast<int64_t>(rest.size());
}

}  // namespace

bool Matches(const v1::ListAuditRecordsRequest& request, const v1::AuditRecord& record) {
  if (record.time_ms() < request.since_ms()) return false;
  if (record.lost() != 0) return true;
  const std::string& method = record.method();
  return (request.principal().empty() || record.principal() == request.principal()) &&
         (request.method().empty() || method == request.method() ||
          absl::EndsWith(method, absl::StrCat("/", request.method()))) &&
         absl::StrContains(record.resource(), request.resource()) &&
         (!request.refused() || record.outcome() != "OK");
}

absl::StatusOr<v1::ListAuditRecordsResponse> ReadAuditPage(
    const std::string& directory, const v1::ListAuditRecordsRequest& request) {
  RETURN_IF_ERROR(CheckRequest(request));
  ASSIGN_OR_RETURN(const std::vector<AuditFile> files, ListAuditFiles(directory));
  v1::ListAuditRecordsResponse page;
  if (files.empty()) return page;
  const int64_t before =
      request.before() == 0 ? std::numeric_limits<int64_t>::max() : request.before();
  ASSIGN_OR_RETURN(const Lines lines, ReadLines(files, before, request.after()));
  if (request.before() == 0) page.set_end(lines.end());
  const int64_t next_before = AddRecords(lines, request, &page);
  const int64_t oldest = std::max(files.front().begin, request.after());
  if (next_before > oldest) page.set_next_before(next_before);
  return page;
}

}  // namespace quorate::audit
