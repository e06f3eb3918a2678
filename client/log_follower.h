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
};

// Not thread-safe. Blocks.
class LogFollower {
 public:
  // `options.timeout` is how long no endpoint may say anything before Follow gives up.
  LogFollower(CallerOptions options, std::string cluster_id, LogPosition from);

  // Gives `on_batch` every batch from the position on, until it returns false: nothing is returned
  // then. Else what ended it: no controller answered in time, or what the follower has is not in
  // the log (any more). Snapshots are passed over.
  using BatchHandler = absl::FunctionRef<bool(const metadata::v1::Batch&)>;
  std::optional<CallFailure> Follow(BatchHandler on_batch);

  const LogPosition& position() const { return position_; }

 private:
  // Reads one stream to its end. OK: it said something, so that the next one has the whole time
  // again.
  grpc::Status ReadStream(const std::shared_ptr<grpc::Channel>& channel,
                          grpc::ClientContext* context, BatchHandler on_batch);

  const std::string cluster_id_;
  FailoverCaller caller_;
  LogPosition position_;
  bool stopped_ = false;
};

}  // namespace quorate::client
