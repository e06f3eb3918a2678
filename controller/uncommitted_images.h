// Holds the committed image and, on the active controller, every later image that it has decided.
// Each image is the one before it with one batch replayed. It becomes the committed image when its
// entry is committed. Losing leadership drops the uncommitted images.
#pragma once

#include <deque>
#include <utility>

#include "absl/status/status.h"
#include "metadata/metadata_image.h"
#include "metadata/replay.h"
#include "quorate/metadata/v1/records.pb.h"
#include "raft/api/entry.h"

namespace quorate::controller {

class UncommittedImages {
 public:
  const metadata::MetadataImage& committed() const { return committed_; }
  // The image that the next decision builds on.
  const metadata::MetadataImage& newest() const {
    return uncommitted_.empty() ? committed_ : uncommitted_.back();
  }
  bool empty() const { return uncommitted_.empty(); }

  // Replays a batch into the newest image. Changes nothing on an error.
  absl::Status Append(const metadata::BatchPosition& position,
                      const metadata::v1::RecordBatch& records);

  // Adds an image that was replayed elsewhere. REQUIRES: it is the newest image plus one batch.
  void Push(metadata::MetadataImage image) { uncommitted_.push_back(std::move(image)); }

  // Commits the next entry. An entry that this controller has decided is not replayed again; any
  // other entry is. Returns the errors of Replay, or FAILED_PRECONDITION if the entry is not the
  // one that was decided for its place.
  absl::Status Commit(const raft::Entry& entry);

  // Replaces the committed image by that of a snapshot. REQUIRES: empty().
  void Load(metadata::MetadataImage image);

  // Drops all uncommitted images.
  void Drop() { uncommitted_.clear(); }

 private:
  metadata::MetadataImage committed_;
  std::deque<metadata::MetadataImage> uncommitted_;
};

}  // namespace quorate::controller
