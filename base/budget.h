// A limit on how much is in flight at the same time, in number and in bytes. Code that accepts an
// item (a request, a message, a stream) takes a Hold for it, and keeps the Hold until it is done
// with the item.
//
// Example, with max_count = 3 and max_bytes = 100:
//
//   call                 result                                 count  bytes
//   a = TryTake(60)      a holds 60                                 1     60
//   b = TryTake(50)      refused, b is empty: 60 + 50 > 100         1     60
//   b = TryTake(30)      b holds 30                                 2     90
//   a.TryResize(80)      refused, returns false: 30 + 80 > 100      2     90
//   a.Resize(80)         a holds 80: the budget is exceeded         2    110
//   c = TryTake(0)       refused, c is empty: 110 > 100             2    110
//   b.Release()          b is empty                                 1     80
//   c = TryTake(20)      c holds 20                                 2    100
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/instruments.h"
#include "base/mutex.h"

namespace quorate {

// Admits items up to its limits and refuses the rest. Thread-safe. Must outlive its Holds.
class Budget {
 public:
  struct Limits {
    size_t max_count = 0;
    size_t max_bytes = 0;
  };

  // The room that one item takes in a budget. Gives the room back when it is destroyed. Movable.
  // Only one thread may use a Hold at a time.
  class Hold {
   public:
    // An empty Hold, which takes no room.
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

    // Returns whether this Hold takes room, that is, whether it is not empty.
    explicit operator bool() const { return budget_ != nullptr; }
    size_t bytes() const { return bytes_; }

    // Changes the number of bytes. Returns false and changes nothing if the budget has no room for
    // an increase. A decrease always succeeds. REQUIRES: the Hold is not empty.
    [[nodiscard]] bool TryResize(size_t bytes);
    // Changes the number of bytes even if the budget has no room. For an item that already exists
    // and can no longer be refused. While the budget is exceeded, it admits nothing new. REQUIRES:
    // the Hold is not empty.
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

  // Takes room for one item of `bytes`. Returns an empty Hold if there is no room.
  [[nodiscard]] Hold TryTake(size_t bytes);

  const Limits& limits() const { return limits_; }
  // The number of Holds that are not empty, and the sum of their bytes.
  size_t count() const;
  size_t bytes() const;
  // How often there was no room for an item or for an increase.
  uint64_t refused() const { return refused_.value(); }

 private:
  bool TryChange(size_t from_bytes, size_t to_bytes);
  void Change(size_t from_bytes, size_t to_bytes);
  void GiveBack(size_t bytes);

  const Limits limits_;
  Counter refused_;
  mutable Mutex mutex_;
  size_t count_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace quorate
