// What the clients of a chaos test were told, and its comparison with the committed log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "base/ids.h"
#include "metadata/metadata_image.h"
#include "tests/process/chaos/committed_log.h"
#include "tests/process/chaos/violations.h"

namespace quorate::testing {

// A change that a client requested.
struct Change {
  enum class Outcome {
    kUnknown,   // it may or may not be in the log
    kAnswered,  // the log holds it, or the refusal of each item
    kRefused,   // nothing was changed
  };
  RequestId id;
  // The request, for people.
  std::string text;
  // What every client had been told to be committed before this request began.
  int64_t acknowledged_before = 0;
  Outcome outcome = Outcome::kUnknown;
  // Of the answer: its end offset and the error code of each item.
  int64_t end_offset = 0;
  std::vector<int> codes;
  // Whether the log has the same codes as the answer.
  bool compare_codes = true;
  // Returns whether an image has the change. Null: that is not checked.
  std::function<bool(const metadata::MetadataImage&)> holds;
};

// A read of all topics.
struct TopicsRead {
  std::string text;
  int64_t acknowledged_before = 0;
  int64_t end_offset = 0;
  // The serialized topics.
  std::vector<std::string> topics;
};

// Thread-safe.
class ClientHistory {
 public:
  // Returns the highest end offset that any client was told.
  int64_t acknowledged() const;

  void Add(Change change);
  void Add(TopicsRead read);

  // Compares everything with the log. REQUIRES: the log reaches acknowledged().
  void Judge(const CommittedLog& log, Violations& violations) const;
  // Returns the counts of each outcome, for people.
  std::string Summary() const;

 private:
  mutable std::mutex mutex_;
  int64_t acknowledged_ = 0;
  std::deque<Change> changes_;
  std::deque<TopicsRead> reads_;
};

}  // namespace quorate::testing
