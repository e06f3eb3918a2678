// Follows the committed metadata log across failovers, for blocking callers. It delivers each batch
// once and in order, from any controller that answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "client/failover_caller.h"
#include "quorate/metadata/v1/metadata_service.pb.h"

namespace quorate::client {

// The epoch of the follower's last batch, and the next offset that it needs. Both are 0 for a new
// follower.
struct LogPosition {
  int32_t epoch = 0;
  int64_t end_offset = 0;

  friend bool operator==(const LogPosition&, const LogPosition&) = default;
};

// Not thread-safe. Its calls block.
class LogFollower {
 public:
  // Follow fails if no endpoint has sent anything for `options.timeout`.
  // A new follower that needs a snapshot gets the newest one, or with `from_oldest_snapshot` the
  // oldest.
  LogFollower(CallerOptions options, std::string cluster_id, LogPosition from,
              bool from_oldest_snapshot = false);

  // Passes every batch from the position on to `on_batch`, and the chunks of a snapshot that
  // replaces batches to `on_chunk`. Returns nullopt once one of them returns false. Returns a
  // failure if no controller answered in time, or if the follower's position is not, or no longer,
  // in the log. `begins` is true for the first chunk of a snapshot; the caller then discards an
  // earlier, incomplete snapshot.
  using BatchHandler = absl::FunctionRef<bool(const metadata::v1::Batch&)>;
  using ChunkHandler = absl::FunctionRef<bool(const metadata::v1::SnapshotChunk&, bool begins)>;
  std::optional<CallFailure> Follow(BatchHandler on_batch, ChunkHandler on_chunk);
  // As above, but skips snapshots.
  std::optional<CallFailure> Follow(BatchHandler on_batch);

  const LogPosition& position() const { return position_; }

 private:
  // Reads one stream to its end. Returns OK if it delivered something, so that the next stream gets
  // the full timeout again.
  grpc::Status ReadStream(const std::shared_ptr<grpc::Channel>& channel,
                          grpc::ClientContext* context, BatchHandler on_batch,
                          ChunkHandler on_chunk);
  // Records the position of the chunk. Returns whether it begins a snapshot.
  bool RecordChunk(const metadata::v1::SnapshotChunk& chunk);

  const std::string cluster_id_;
  const bool from_oldest_snapshot_;
  FailoverCaller caller_;
  LogPosition position_;
  // The end of a partly received snapshot, and the position of its next chunk. Zeros if there is
  // none.
  LogPosition part_;
  int64_t next_piece_ = 0;
  bool stopped_ = false;
};

}  // namespace quorate::client
