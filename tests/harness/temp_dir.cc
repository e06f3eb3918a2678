#include "tests/harness/temp_dir.h"

#include <stdlib.h>

#include <filesystem>

#include "base/check.h"

namespace quorate::testing {

TempDir::TempDir() {
  std::string path = (std::filesystem::temp_directory_path() / "quorate-test.XXXXXX").string();
  PCHECK(mkdtemp(path.data()) != nullptr) << path;
  path_ = path;
}

TempDir::~TempDir() {
  if (keep_) {
    LOG(WARNING) << "left for inspection: " << path_;
    return;
  }
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace quorate::testing
