// Collects what prevents a level of a feature, for one message.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace quorate::controller {

// Names up to ten programs and counts the others.
class Complaints {
 public:
  void Add(std::optional<std::string> complaint) {
    if (!complaint) return;
    if (named_.size() < kMaxNamed) {
      named_.push_back(*std::move(complaint));
    } else {
      ++left_out_;
    }
  }

  bool empty() const { return named_.empty(); }

  std::string Text() const {
    std::string text = absl::StrJoin(named_, "; ");
    if (left_out_ > 0) absl::StrAppendFormat(&text, "; and %d more", left_out_);
    return text;
  }

 private:
  static constexpr size_t kMaxNamed = 10;

  std::vector<std::string> named_;
  size_t left_out_ = 0;
};

}  // namespace quorate::controller
