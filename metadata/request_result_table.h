// RequestResultTable keeps the answers to the newest mutating requests, so that a retry gets the
// first answer. It is a value like the image that contains it: copies share their nodes, and
// changing one copy does not change the others.
//
// The table is bounded by count and by bytes. It evicts results in log order, never by time, so
// every replica keeps the same results. For each client that still has a result, it remembers the
// highest evicted sequence: a request at or below that sequence may have been executed.
//
// For example, the results 4, 5 and 6 of a client were added, and 4 and 5 are evicted:
//   sequence   Find returns
//   3, 4, 5    kEvicted: the outcome is unknown
//   6          kKnown, with the result
//   7          kNew
// When 6 is evicted too, the table forgets the client, and all its sequences are kNew.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/functional/function_ref.h"
#include "base/ids.h"
#include "metadata/request_result.h"
#include "metadata/sharded_map.h"

namespace quorate::metadata {

class RequestResultTable {
 public:
  // The limits are part of the metadata version. All versions so far have the defaults.
  struct Limits {
    size_t max_results = 100'000;
    // The total size of the serialized RequestResultRecords.
    size_t max_bytes = 32 << 20;
  };

  RequestLookup Find(std::string_view principal, const RequestId& id) const;

  // Adds the newest result, then evicts the oldest ones until the limits hold. `bytes` is the size
  // of the serialized RequestResultRecord. REQUIRES: Find returns kNew for the request;
  // limits.max_results <= 100,000.
  void Add(std::shared_ptr<const RequestResult> result, size_t bytes, const Limits& limits);

  // Restores how far a client's results were evicted, from a snapshot. Returns false and remembers
  // nothing if the client has no result in the table.
  bool SetHighestEvicted(std::string_view principal, const Uuid& client_uuid, int64_t sequence);

  size_t size() const { return results_.size(); }
  size_t bytes() const { return bytes_; }
  // Calls `fn` for each result, oldest first.
  void ForEach(absl::FunctionRef<void(const RequestResult&)> fn) const {
    for (size_t i = 0; i < size(); ++i) fn(at(i));
  }
  // Returns the `i`-th oldest result. REQUIRES: i < size().
  const RequestResult& at(size_t i) const { return *results_.Find(first_ordinal_ + i)->result; }
  // Calls `fn` for each client that has both kept and evicted results. The order depends only on
  // the content.
  void ForEachEvicted(absl::FunctionRef<void(std::string_view principal, const Uuid& client_uuid,
                                             int64_t highest_sequence)>
                          fn) const;

 private:
  // The results are a queue that is stored in a map. Each result has an ordinal, one above that of
  // the result before it. A shard holds 128 consecutive ordinals, so the 1,024 shards form a ring
  // that has room for the largest table.
  struct Queued {
    uint64_t ordinal = 0;
    size_t bytes = 0;
    std::shared_ptr<const RequestResult> result;
  };
  struct ByOrdinal {
    using Entry = Queued;
    using Key = uint64_t;
    static Key KeyOf(const Queued& queued) { return queued.ordinal; }
    static size_t ShardOf(Key ordinal) { return (ordinal / 128) % 1024; }
  };

  // Ordinals by the hash of (principal, request id).
  struct ByRequest {
    using Entry = std::pair<uint64_t, uint64_t>;
    using Key = Entry;
    static const Key& KeyOf(const Entry& entry) { return entry; }
    static size_t ShardOf(const Key& key) { return key.first >> 54; }
  };

  struct Client {
    std::string principal;
    Uuid client_uuid;
    // The number of its results in the table; never 0.
    size_t results = 0;
    // 0 if none was evicted (sequences begin at 1).
    int64_t highest_evicted_sequence = 0;
  };
  struct ByClient {
    using Entry = std::shared_ptr<const Client>;
    using Key = std::pair<Uuid, std::string_view>;
    static Key KeyOf(const Entry& client) { return {client->client_uuid, client->principal}; }
    static size_t ShardOf(const Key& key);
  };

  static uint64_t HashOf(std::string_view principal, const RequestId& id);
  void EvictOldest();

  uint64_t first_ordinal_ = 0;
  size_t bytes_ = 0;
  ShardedMap<ByOrdinal> results_;
  ShardedMap<ByRequest> requests_;
  ShardedMap<ByClient> clients_;
};

}  // namespace quorate::metadata
