// The list of what a chaos test has found wrong.
#pragma once

#include <mutex>
#include <string>
#include <vector>

namespace quorate::testing {

// Thread-safe.
class Violations {
 public:
  // Records what is wrong, and prints it at once, so that it stands in the log beside the faults
  // that led to it. Only the first 50 are kept: one fault of the product breaks many promises.
  void Add(const std::string& what);

  std::vector<std::string> all() const;
  bool empty() const { return all().empty(); }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> all_;
};

// Prints one line of a chaos test, with the seconds since the first line. Thread-safe.
void Narrate(const std::string& line);

}  // namespace quorate::testing
