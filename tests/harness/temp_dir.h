// A directory that lives as long as the object, for what a test's processes write.
#pragma once

#include <string>

namespace quorate::testing {

class TempDir {
 public:
  TempDir();
  // Deletes it, unless Keep was called.
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  // Leaves the directory behind, for whoever looks into a failure.
  void Keep() { keep_ = true; }

 private:
  std::string path_;
  bool keep_ = false;
};

}  // namespace quorate::testing
