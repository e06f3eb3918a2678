// Follows the committed metadata log through a failover, for callers that block: each batch once
// and in order, from whichever controller answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "client/failover_caller.h"
#include "quorate/metadata/v1/metadata_service.pb.h"

namespace quorate::client {

// The epoch of the last batch that the follower has, and the first offset that it wants; zeros: it
// has nothing.
struct LogPosition {
  int32_t epoch = 0;
  int64_t end_offset = 0;

  friend bool operator==(const LogPosition&, const LogPosition&) = default;
};

// Not thread-safe. Blocks.
class LogFollower {
 public:
  // `options.timeout` is how long no endpoint may say anything before Follow gives up.
  LogFollower(CallerOptions options, std::string cluster_id, LogPosition from);

  // Gives `on_batch` every batch from the position on, and `on_chunk` the pieces of a snapshot that
  // comes in place of batches, until one of them returns false: nothing is returned then. Else what
  // ended it: no controller answered in time, or what the follower has is not in the log (any
  // more). A piece that `begins` is the first of its snapshot, whatever came of another before.
  using BatchHandler = absl::FunctionRef<bool(const metadata::v1::Batch&)>;
  using ChunkHandler = absl::FunctionRef<bool(const metadata::v1::SnapshotChunk&, bool begins)>;
  std::optional<CallFailure> Follow(BatchHandler on_batch, ChunkHandler on_chunk);
  // As above; snapshots are passed over.
  std::optional<CallFailure> Follow(BatchHandler on_batch);

  const LogPosition& position() const { return position_; }

 private:
  // Reads one stream to its end. OK: it said something, so that the next one has the whole time
  // again.
  grpc::Status ReadStream(const std::shared_ptr<grpc::Channel>& channel,
                          grpc::ClientContext* context, BatchHandler on_batch,
                          ChunkHandler on_chunk);
  // Whether the piece begins a snapshot.
  bool TakeChunk(const metadata::v1::SnapshotChunk& chunk);

  const std::string cluster_id_;
  FailoverCaller caller_;
  LogPosition position_;
  // Of a snapshot that came in part: where it ends, and the next piece. 0 and 0: there is none.
  LogPosition part_;
  int64_t next_piece_ = 0;
  bool stopped_ = false;
};

}  // namespace quorate::client
