#include "storage/memory_snapshot_files.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"

namespace quorate::storage {
namespace {

absl::Status NotFound(const std::string& name) {
  return absl::NotFoundError(absl::StrFormat("cannot open %s", name));
}

}  // namespace

absl::StatusOr<std::vector<std::string>> MemorySnapshotFiles::List() const {
  const MutexLock lock(&mutex_);
  std::vector<std::string> names;
  for (const auto& [name, file] : files_) names.push_back(name);
  return names;
}

absl::StatusOr<std::optional<uint64_t>> MemorySnapshotFiles::Size(const std::string& name) const {
  const MutexLock lock(&mutex_);
  const auto it = files_.find(name);
  if (it == files_.end()) return std::optional<uint64_t>();
  return it->second.bytes.size();
}

absl::StatusOr<std::string> MemorySnapshotFiles::Read(const std::string& name, uint64_t position,
                                                      size_t max_bytes) const {
  const MutexLock lock(&mutex_);
  const auto it = files_.find(name);
  if (it == files_.end()) return NotFound(name);
  if (position >= it->second.bytes.size()) return "";
  return it->second.bytes.substr(position, max_bytes);
}

absl::Status MemorySnapshotFiles::Append(const std::string& name, std::string_view bytes) {
  const MutexLock lock(&mutex_);
  RETURN_IF_ERROR(Begin(name));
  size_t used = 0;
  for (const auto& [other, file] : files_) used += file.bytes.size();
  if (capacity_bytes_ && used + bytes.size() > *capacity_bytes_) {
    files_[name].bytes += bytes.substr(0, bytes.size() / 2);
    return absl::ResourceExhaustedError(absl::StrFormat("cannot write %s: disk full", name));
  }
  files_[name].bytes += bytes;
  return absl::OkStatus();
}

absl::Status MemorySnapshotFiles::Truncate(const std::string& name, uint64_t size) {
  const MutexLock lock(&mutex_);
  RETURN_IF_ERROR(Begin(name));
  const auto it = files_.find(name);
  if (it == files_.end()) return NotFound(name);
  CHECK_LE(size, it->second.bytes.size());
  it->second.bytes.resize(size);
  it->second.synced_bytes = std::min(it->second.synced_bytes, static_cast<size_t>(size));
  return absl::OkStatus();
}

absl::Status MemorySnapshotFiles::Sync(const std::string& name) {
  const MutexLock lock(&mutex_);
  RETURN_IF_ERROR(Begin(name));
  const auto it = files_.find(name);
  if (it == files_.end()) return NotFound(name);
  it->second.synced_bytes = it->second.bytes.size();
  return absl::OkStatus();
}

// Does not check that `from` is synced: Crash is meant to find that out.
absl::Status MemorySnapshotFiles::Rename(const std::string& from, const std::string& to) {
  const MutexLock lock(&mutex_);
  RETURN_IF_ERROR(Begin(from));
  const auto it = files_.find(from);
  if (it == files_.end()) return NotFound(from);
  File file = std::move(it->second);
  files_.erase(it);
  files_[to] = std::move(file);
  return absl::OkStatus();
}

absl::Status MemorySnapshotFiles::Remove(const std::string& name) {
  const MutexLock lock(&mutex_);
  RETURN_IF_ERROR(Begin(name));
  files_.erase(name);
  return absl::OkStatus();
}

void MemorySnapshotFiles::Crash(size_t kept_bytes) {
  const MutexLock lock(&mutex_);
  for (auto& [name, file] : files_) {
    file.bytes.resize(std::min(file.bytes.size(), file.synced_bytes + kept_bytes));
    file.synced_bytes = file.bytes.size();
  }
  calls_left_.reset();
}

void MemorySnapshotFiles::FailAfter(size_t calls) {
  const MutexLock lock(&mutex_);
  calls_left_ = calls;
}

void MemorySnapshotFiles::SetCapacity(std::optional<size_t> bytes) {
  const MutexLock lock(&mutex_);
  capacity_bytes_ = bytes;
}

void MemorySnapshotFiles::FlipBit(const std::string& name, size_t bit) {
  const MutexLock lock(&mutex_);
  char& byte = files_.at(name).bytes.at(bit / 8);
  byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1u << bit % 8));
}

absl::Status MemorySnapshotFiles::Begin(const std::string& name) {
  if (!calls_left_) return absl::OkStatus();
  if (*calls_left_ == 0) return absl::UnavailableError(absl::StrFormat("%s: no disk", name));
  --*calls_left_;
  return absl::OkStatus();
}

}  // namespace quorate::storage
