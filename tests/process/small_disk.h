// A file system of a few megabytes under a directory, for tests that fill it.
#pragma once

#include <string>

namespace quorate::testing {

class SmallDisk {
 public:
  // Mounts it at `directory`, which is made. CHECKs that it could: that needs root.
  SmallDisk(std::string directory, int mebibytes);
  // Detaches it, whoever still uses it.
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  // Writes a file until nothing more fits.
  void Fill();
  // Removes that file.
  void MakeRoom();

 private:
  std::string BallastPath() const;

  const std::string directory_;
};

}  // namespace quorate::testing
