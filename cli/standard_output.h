// Standard output that knows why a write failed, which std::cout does not.
#pragma once

#include <array>
#include <optional>
#include <streambuf>
#include <string>

namespace quorate::cli {

// Buffers what is written to a file descriptor, which it does not own. After the first failure it
// refuses everything, so that the stream above it turns bad. Not thread-safe.
class StandardOutput final : public std::streambuf {
 public:
  explicit StandardOutput(int fd);

  // Writes what is buffered. Returns why anything that was ever written here is missing in the
  // file, as strerror() says it; nothing if all of it arrived.
  std::optional<std::string> Finish();

 protected:
  int_type overflow(int_type character) override;
  int sync() override;

 private:
  const int fd_;
  // errno of the write that failed.
  int error_ = 0;
  std::array<char, 1 << 14> buffer_;
};

}  // namespace quorate::cli
