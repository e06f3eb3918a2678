// Limits the rates of many callers, each of which has a token bucket of its own.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "base/time.h"
#include "base/token_bucket.h"

namespace quorate {

// The number of buckets is bounded. A caller whose bucket is full is forgotten, because a new
// bucket is full, too. Callers that find no room for a bucket share one. Not thread-safe.
class TokenBuckets {
 public:
  struct Options {
    TokenBucket::Options each;
    size_t max_buckets = 4'096;
  };

  explicit TokenBuckets(Options options)
      : options_(options), shared_(options.each), looked_at_(MonoTime::min()) {}

  // Returns how long the caller must wait for a token, or nullopt if it has one. Takes none.
  std::optional<Duration> WaitOf(const std::string& caller, MonoTime now);
  // Takes `cost` tokens of the caller, also if that leaves a debt.
  void Spend(const std::string& caller, MonoTime now, double cost);

  // Returns the number of callers that have a bucket of their own.
  size_t size() const { return buckets_.size(); }

 private:
  // How often the buckets are looked through for full ones while there is no room.
  static constexpr Duration kLookInterval = std::chrono::seconds(1);

  // Returns whether there is room for another bucket, if necessary after full ones were dropped.
  bool HasRoom(MonoTime now);

  const Options options_;
  absl::flat_hash_map<std::string, TokenBucket> buckets_;
  TokenBucket shared_;
  // When the buckets were last looked through.
  MonoTime looked_at_;
};

}  // namespace quorate
