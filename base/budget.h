// A bound on what is in hand at the same time, in number and in bytes. Code that
// takes something in takes a Hold for it, and keeps the Hold until the thing is dealt with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/mutex.h"

namespace quorate {

// Thread-safe. Must outlive its Holds.
class Budget {
 public:
  struct Limits {
    size_t max_count = 0;
    size_t max_bytes = 0;
  };

  // One thing in hand. Gives its room back when it is destroyed. Movable; a Hold itself is used by
  // one thread at a time.
  class Hold {
   public:
    // Holds nothing.
    Hold() = default;
    Hold(Hold&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    Hold& operator=(Hold&& other) noexcept {
      if (this != &other) {
        Release();
        budget_ = std::exchange(other.budget_, nullptr);
        bytes_ = std::exchange(other.bytes_, 0);
      }
      return *this;
    }
    ~Hold() { Release(); }

    // Whether it holds anything.
    explicit operator bool() const { return budget_ != nullptr; }
    size_t bytes() const { return bytes_; }

    // Changes its bytes. False, and nothing has changed, if the budget has no room for more.
    // REQUIRES: it holds something.
    [[nodiscard]] bool TryResize(size_t bytes);
    // The same, but always possible: for what exists already and cannot be refused any longer. The
    // budget may then be exceeded, and takes in nothing until there is room again.
    void Resize(size_t bytes);
    void Release();

   private:
    friend class Budget;
    Hold(Budget* budget, size_t bytes) : budget_(budget), bytes_(bytes) {}

    Budget* budget_ = nullptr;
    size_t bytes_ = 0;
  };

  explicit Budget(Limits limits) : limits_(limits) {}
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  // An empty Hold if there is no room.
  [[nodiscard]] Hold TryTake(size_t bytes);

  const Limits& limits() const { return limits_; }
  // What is held now.
  size_t count() const;
  size_t bytes() const;

 private:
  bool TryChange(size_t from_bytes, size_t to_bytes);
  void Change(size_t from_bytes, size_t to_bytes);
  void GiveBack(size_t bytes);

  const Limits limits_;
  mutable Mutex mutex_;
  size_t count_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace quorate
