// A file system of a few megabytes that tests can fill.
#pragma once

#include <string>

namespace quorate::testing {

class SmallDisk {
 public:
  // Creates `directory` and mounts the file system there. CHECKs success, which requires root.
  SmallDisk(std::string directory, int mebibytes);
  // Detaches the file system, even if it is still in use.
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  // Writes a file that uses all free space.
  void Fill();
  // Removes that file.
  void MakeRoom();

 private:
  std::string BallastPath() const;

  const std::string directory_;
};

}  // namespace quorate::testing
