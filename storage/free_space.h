// Whether the disk has room for more. Every request asks for this, so the answer is cached, and
// refreshed from time to time outside of the request path.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

namespace quorate::storage {

// Keeps the last measurement of the free space of one file system.
class FreeSpace {
 public:
  // `path` is any file or directory of the file system. Measures once.
  FreeSpace(std::string path, uint64_t min_free_bytes)
      : path_(std::move(path)), min_free_bytes_(min_free_bytes) {
    Refresh();
  }

  // Returns whether at least `min_free_bytes` are free. Thread-safe; one atomic load.
  bool IsEnough() const { return is_enough_.load(std::memory_order_relaxed); }

  // Returns the last measurement. Thread-safe.
  uint64_t free_bytes() const { return free_bytes_.load(std::memory_order_relaxed); }
  uint64_t min_free_bytes() const { return min_free_bytes_; }

  // Measures the free space (statvfs) and logs a change. If the measurement fails, the last one
  // stays. Only one thread may call this.
  void Refresh();

 private:
  const std::string path_;
  const uint64_t min_free_bytes_;
  std::atomic<uint64_t> free_bytes_{0};
  std::atomic<bool> is_enough_{true};
};

}  // namespace quorate::storage
