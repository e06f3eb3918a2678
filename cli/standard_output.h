// A stream buffer for standard output that keeps the reason of a failed write, which std::cout does
// not.
#pragma once

#include <array>
#include <optional>
#include <streambuf>
#include <string>

namespace quorate::cli {

// Buffers writes to a file descriptor, which it does not own. After the first failure it rejects
// all writes, so that the stream above it turns bad. Not thread-safe.
class StandardOutput final : public std::streambuf {
 public:
  explicit StandardOutput(int fd);

  // Flushes the buffer. Returns the strerror() text of the first failed write, or nullopt if all
  // data was written.
  std::optional<std::string> Finish();

 protected:
  int_type overflow(int_type character) override;
  int sync() override;

 private:
  const int fd_;
  // The errno of the first failed write, or 0.
  int error_ = 0;
  std::array<char, 1 << 14> buffer_;
};

}  // namespace quorate::cli
