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

  // Measures (statvfs) and logs a change. If that fails, what was known stays. One thread only.
  void Refresh();

 private:
  const std::string path_;
  const uint64_t min_free_bytes_;
  std::atomic<bool> is_enough_{true};
};

}  // namespace quorate::storage
