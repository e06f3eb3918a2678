// The metadata as committed, and on the active controller every later image that it has decided:
// each is the image before it with one batch replayed, and becomes the committed one when its entry
// does. Losing leadership drops them.
#pragma once

#include <deque>
#include <utility>

#include "absl/status/status.h"
#include "metadata/metadata_image.h"
#include "metadata/replay.h"
#include "quorate/metadata/v1/records.pb.h"
#include "raft/entry.h"

namespace quorate::controller {

class UncommittedImages {
 public:
  const metadata::MetadataImage& committed() const { return committed_; }
  // What the next decision builds on.
  const metadata::MetadataImage& newest() const {
    return uncommitted_.empty() ? committed_ : uncommitted_.back();
  }
  bool empty() const { return uncommitted_.empty(); }

  // Replays a batch into the newest image. After an error nothing has changed.
  absl::Status Append(const metadata::BatchPosition& position,
                      const metadata::v1::RecordBatch& records);

  // Adds an image that was replayed elsewhere. REQUIRES: it is the newest with one batch more.
  void Push(metadata::MetadataImage image) { uncommitted_.push_back(std::move(image)); }

  // The next entry is committed. One that this controller has decided is not replayed again; any
  // other is. Errors are those of Replay, or FAILED_PRECONDITION if the entry is not the one that
  // was decided for its place.
  absl::Status Commit(const raft::Entry& entry);

  // The committed image of a snapshot, in place of all that is here. REQUIRES: empty().
  void Load(metadata::MetadataImage image);

  // Back to the committed image.
  void Drop() { uncommitted_.clear(); }

 private:
  metadata::MetadataImage committed_;
  std::deque<metadata::MetadataImage> uncommitted_;
};

}  // namespace quorate::controller
