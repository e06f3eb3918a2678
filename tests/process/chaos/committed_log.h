// The committed log of a cluster, as its controllers serve it. Every batch that any controller
// serves must be the one that is kept here, byte for byte. The images are made by the project's own
// replay.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "metadata/metadata_image.h"
#include "quorate/metadata/v1/metadata_service.pb.h"
#include "tests/process/chaos/violations.h"

namespace quorate::testing {

// The result of a request in the log.
struct LoggedResult {
  int64_t base_offset = 0;
  int64_t end_offset = 0;
  std::string method;
  // The error code of each item.
  std::vector<int> codes;
  // Whether the batch holds nothing but the result.
  bool changes_nothing = false;
};

// Identifies a partition of one topic, and one of its leader epochs.
struct LeaderTerm {
  Uuid topic;
  int32_t partition = 0;
  int32_t leader_epoch = 0;

  friend auto operator<=>(const LeaderTerm&, const LeaderTerm&) = default;
  std::string ToString() const;
};

// Thread-safe. Reports what contradicts the log to the violations, which must outlive it.
class CommittedLog {
 public:
  explicit CommittedLog(Violations* violations);

  // Adds a batch that `source` has served, or compares it with the one that is already here.
  // Returns false if the batch begins behind the end of this log, so that it cannot be judged yet.
  bool Add(const std::string& source, const metadata::v1::Batch& batch);
  // Compares a snapshot that `source` has served. Returns false if it is ahead of this log.
  bool Compare(const std::string& source, const metadata::MetadataImage& snapshot);

  // The end of the log, from which a subscriber can continue.
  struct Position {
    int32_t epoch = 0;
    int64_t end_offset = 0;
  };
  Position end() const;
  int64_t end_offset() const { return end().end_offset; }
  // How much was added and compared.
  size_t batch_count() const;
  int compared_snapshots() const;
  // Returns the image that ends at this offset, or nullopt if no batch ends there (yet).
  std::optional<metadata::MetadataImage> ImageAt(int64_t end_offset) const;
  // Returns every result of this request in the log.
  std::vector<LoggedResult> ResultsOf(const RequestId& id) const;

 private:
  void Append(const std::string& source, const metadata::v1::Batch& batch);
  // Checks that leader epochs and partition epochs only grow, that each leader epoch has one
  // leader, and that a new leader is an active broker.
  void CheckPartitions(const metadata::MetadataImage& before, const metadata::MetadataImage& now);
  void IndexResults(const metadata::v1::Batch& batch);

  Violations& violations_;
  mutable std::mutex mutex_;
  // All batches in their serialized form, by base offset.
  std::map<int64_t, std::string> batches_;
  // By end offset. They share what has not changed.
  std::map<int64_t, metadata::MetadataImage> images_;
  std::map<LeaderTerm, std::optional<BrokerId>> leaders_;
  std::map<RequestId, std::vector<LoggedResult>> results_;
  int compared_snapshots_ = 0;
};

}  // namespace quorate::testing
