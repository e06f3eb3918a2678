#include "storage/free_space.h"

#include <sys/statvfs.h>

#include "base/check.h"

namespace quorate::storage {

void FreeSpace::Refresh() {
  struct statvfs info {};
  if (statvfs(path_.c_str(), &info) != 0) {
    PLOG(WARNING) << "cannot measure the free space at " << path_;
    return;
  }
  const uint64_t free_bytes = static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
  free_bytes_.store(free_bytes, std::memory_order_relaxed);
  const bool is_enough = free_bytes >= min_free_bytes_;
  if (is_enough == IsEnough()) return;
  if (is_enough) {
    LOG(INFO) << path_ << ": " << free_bytes << " bytes are free again; accepting writes";
  } else {
    LOG(ERROR) << path_ << ": only " << free_bytes << " bytes are free, " << min_free_bytes_
               << " are needed (--min-free-disk-bytes); refusing writes until there is more space";
  }
  is_enough_.store(is_enough, std::memory_order_relaxed);
}

}  // namespace quorate::storage
