// Seeded randomness. It is injected wherever a decision needs it, so that a run can be replayed.
#pragma once

#include <cstdint>
#include <random>

namespace quorate {

// Generates random numbers from a seed. Not thread-safe: each loop owns one.
class Rng {
 public:
  explicit Rng(uint64_t seed) : engine_(seed) {}

  // Returns a seed from the operating system. For real processes only.
  static uint64_t SystemSeed() {
    std::random_device device;
    return (static_cast<uint64_t>(device()) << 32) | device();
  }

  uint64_t Next() { return engine_(); }

  // Returns a uniform number in [0, bound). REQUIRES: bound > 0. It does not use
  // std::uniform_int_distribution, whose results differ between standard libraries. The bias of a
  // 64-bit remainder does not matter here.
  uint64_t Below(uint64_t bound) { return engine_() % bound; }

 private:
  std::mt19937_64 engine_;
};

}  // namespace quorate
