// SharedText is a text that a child process writes and its parent reads, also if the child dies.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace quorate::properties {

class SharedText {
 public:
  SharedText();
  ~SharedText();
  SharedText(const SharedText&) = delete;
  SharedText& operator=(const SharedText&) = delete;

  // Adds the line. What does not fit is lost.
  void AddLine(std::string_view line);
  std::string text() const { return bytes_; }

 private:
  static constexpr size_t kBytes = 1 << 20;

  // Shared with children that are forked later. Ends with a zero byte.
  char* const bytes_;
  size_t size_ = 0;
};

}  // namespace quorate::properties
