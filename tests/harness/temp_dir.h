// A temporary directory for the files of a test, deleted with the object.
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
  // Keeps the directory, so that a failure can be investigated.
  void Keep() { keep_ = true; }

 private:
  std::string path_;
  bool keep_ = false;
};

}  // namespace quorate::testing
