#include "audit/audit_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "storage/file_io.h"

namespace quorate::audit {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "audit-";
constexpr std::string_view kSuffix = ".jsonl";
constexpr size_t kDigits = 20;

std::string PathOf(const std::string& directory, int64_t begin) {
  return absl::StrFormat("%s/%s%020d%s", directory, kPrefix, begin, kSuffix);
}

// Returns the position in the name of a file, or nullopt if it is another file.
std::optional<int64_t> BeginOf(const std::string& name) {
  int64_t begin = -1;
  if (name.size() != kPrefix.size() + kDigits + kSuffix.size() || !name.starts_with(kPrefix) ||
      !name.ends_with(kSuffix) || !absl::SimpleAtoi(name.substr(kPrefix.size(), kDigits), &begin) ||
      begin < 0) {
    return std::nullopt;
  }
  return begin;
}

}  // namespace

absl::StatusOr<std::vector<AuditFile>> ListAuditFiles(const std::string& directory) {
  std::vector<AuditFile> files;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    const std::optional<int64_t> begin = BeginOf(it->path().filename().string());
    if (!begin) continue;
    std::error_code gone;
    const auto size = static_cast<int64_t>(it->file_size(gone));
    // The writer may have just removed it.
    if (!gone) files.push_back({.path = it->path().string(), .begin = *begin, .size = size});
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return absl::ErrnoToStatus(error.value(), absl::StrFormat("cannot list %s", directory));
  }
  std::sort(files.begin(), files.end(),
            [](const AuditFile& a, const AuditFile& b) { return a.begin < b.begin; });
  return files;
}

absl::Status AuditFileWriter::Append(std::string_view lines) {
  absl::Status status = Write(lines);
  if (!status.ok()) file_.reset();
  return status;
}

absl::Status AuditFileWriter::Write(std::string_view lines) {
  if (!file_) RETURN_IF_ERROR(Open());
  const auto bytes = static_cast<int64_t>(lines.size());
  if (size_ > 0 && size_ + bytes > options_.max_file_bytes) {
    RETURN_IF_ERROR(OpenFile(begin_ + size_));
    RETURN_IF_ERROR(RemoveOldest());
  }
  if (absl::Status status = storage::WriteAll(*file_, lines, path_); !status.ok()) {
    // Part of the lines may be in the file.
    if (ftruncate(file_->get(), size_) != 0) PLOG(WARNING) << "cannot shorten " << path_;
    return status;
  }
  size_ += bytes;
  return absl::OkStatus();
}

absl::Status AuditFileWriter::Open() {
  std::error_code error;
  fs::create_directories(options_.directory, error);
  if (error) {
    return absl::ErrnoToStatus(error.value(),
                               absl::StrFormat("cannot create %s", options_.directory));
  }
  ASSIGN_OR_RETURN(const std::vector<AuditFile> files, ListAuditFiles(options_.directory));
  RETURN_IF_ERROR(OpenFile(files.empty() ? 0 : files.back().begin));
  RETURN_IF_ERROR(RemoveTornLine());
  return RemoveOldest();
}

absl::Status AuditFileWriter::OpenFile(int64_t begin) {
  path_ = PathOf(options_.directory, begin);
  file_.emplace(open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
  if (file_->get() < 0) return storage::ErrnoStatus("open", path_);
  struct stat status = {};
  if (fstat(file_->get(), &status) != 0) return storage::ErrnoStatus("examine", path_);
  begin_ = begin;
  size_ = status.st_size;
  return absl::OkStatus();
}

absl::Status AuditFileWriter::RemoveTornLine() {
  int64_t end = size_;
  while (end > 0) {
    char block[4096];
    const int64_t start = std::max<int64_t>(0, end - static_cast<int64_t>(sizeof(block)));
    const ssize_t bytes = pread(file_->get(), block, static_cast<size_t>(end - start), start);
    if (bytes < end - start) return storage::ErrnoStatus("read", path_);
    const size_t newline = std::string_view(block, static_cast<size_t>(bytes)).rfind('\n');
    end = start;
    if (newline == std::string_view::npos) continue;
    end += static_cast<int64_t>(newline) + 1;
    break;
  }
  if (end == size_) return absl::OkStatus();
  if (ftruncate(file_->get(), end) != 0) return storage::ErrnoStatus("shorten", path_);
  size_ = end;
  return absl::OkStatus();
}

absl::Status AuditFileWriter::RemoveOldest() {
  ASSIGN_OR_RETURN(const std::vector<AuditFile> files, ListAuditFiles(options_.directory));
  const int64_t surplus = static_cast<int64_t>(files.size()) - options_.max_files;
  for (int64_t i = 0; i < surplus; ++i) {
    const std::string& path = files[static_cast<size_t>(i)].path;
    if (unlink(path.c_str()) != 0) return storage::ErrnoStatus("remove", path);
  }
  return absl::OkStatus();
}

}  // namespace quorate::audit
