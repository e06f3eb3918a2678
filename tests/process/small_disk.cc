#include "tests/process/small_disk.h"

#include <sys/mount.h>

#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"

namespace quorate::testing {

SmallDisk::SmallDisk(std::string directory, int mebibytes) : directory_(std::move(directory)) {
  std::filesystem::create_directories(directory_);
  const std::string options = absl::StrFormat("size=%dm", mebibytes);
  PCHECK(mount("tmpfs", directory_.c_str(), "tmpfs", 0, options.c_str()) == 0)
      << "cannot mount a file system at " << directory_;
}

SmallDisk::~SmallDisk() { umount2(directory_.c_str(), MNT_DETACH); }

void SmallDisk::Fill() {
  std::ofstream ballast(BallastPath(), std::ios::binary | std::ios::app);
  ballast << std::unitbuf;
  for (const size_t size : {size_t{1} << 20, size_t{4096}, size_t{1}}) {
    const std::string piece(size, 'x');
    while (ballast << piece) {
    }
    ballast.clear();
  }
}

void SmallDisk::MakeRoom() { std::filesystem::remove(BallastPath()); }

// A first start accepts this name in an otherwise empty directory.
std::string SmallDisk::BallastPath() const { return directory_ + "/lost+found"; }

}  // namespace quorate::testing
