// Whether the disk has room for more: asked on the way of every request, so it is a remembered
// answer, refreshed now and then off that way.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

namespace quorate::storage {

class FreeSpace {
 public:
  // `path` names any file or directory of the file system. Measures once.
  FreeSpace(std::string path, uint64_t min_free_bytes)
      : path_(std::move(path)), min_free_bytes_(min_free_bytes) {
    Refresh();
  }

  // Thread-safe; one load.
  bool IsEnough() const { return is_enough_.load(std::memory_order_relaxed); }

  // As measured last. Thread-safe.
  uint64_t free_bytes() const { return free_bytes_.load(std::memory_order_relaxed); }
  uint64_t min_free_bytes() const { return min_free_bytes_; }

  // Measures (statvfs) and logs a change. If that fails, what was known stays. One thread only.
  void Refresh();

 private:
  const std::string path_;
  const uint64_t min_free_bytes_;
  std::atomic<uint64_t> free_bytes_{0};
  std::atomic<bool> is_enough_{true};
};

}  // namespace quorate::storage
