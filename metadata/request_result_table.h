// What the newest mutating requests were answered, so that a retry gets the first answer. A value
// like the image that it is a part of: copies share, a changed copy leaves the others alone.
//
// Bounded by count and bytes and evicted in log order, never by time, so that every replica keeps
// the same results. Which were evicted is remembered for each client that still has one here: what
// such a client asks again below its highest evicted sequence may have been executed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/functional/function_ref.h"
#include "base/ids.h"
#include "metadata/metadata_image.h"
#include "metadata/sharded_map.h"

namespace quorate::metadata {

class RequestResultTable {
 public:
  // They belong to the metadata version (version 1: the defaults).
  struct Limits {
    size_t max_results = 100'000;
    // Of serialized RequestResultRecords.
    size_t max_bytes = 32 << 20;
  };

  RequestLookup Find(std::string_view principal, const RequestId& id) const;

  // Adds the newest result and evicts the oldest until the limits hold. `bytes` is the size of its
  // serialized RequestResultRecord. REQUIRES: Find says kNew; limits.max_results <= 100,000.
  void Add(std::shared_ptr<const RequestResult> result, size_t bytes, const Limits& limits);

  // Remembers, from a snapshot, how far a client's results were evicted. False: the client has no
  // result here, so that nothing is remembered of it.
  bool SetHighestEvicted(std::string_view principal, const Uuid& client_uuid, int64_t sequence);

  size_t size() const { return results_.size(); }
  size_t bytes() const { return bytes_; }
  // Oldest first.
  void ForEach(absl::FunctionRef<void(const RequestResult&)> fn) const;
  // The clients that have both kept and evicted results, in an order that depends only on the
  // content.
  void ForEachEvicted(absl::FunctionRef<void(std::string_view principal, const Uuid& client_uuid,
                                             int64_t highest_sequence)>
                          fn) const;

 private:
  // A queue in the shape of a map: the n-th result ever added has ordinal n, and a shard holds 128
  // neighbours, so that the 1,024 shards are a ring with room for the largest table.
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
    // Of its results in the table; never 0.
    size_t results = 0;
    // 0: none (sequences begin at 1).
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
