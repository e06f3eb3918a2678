// The SnapshotStore port in memory, and snapshots to put into it. The "state" in a snapshot is the
// list of entries itself, so that a test sees what a node received.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "raft/api/entry.h"
#include "raft/api/snapshot_store.h"

namespace quorate::raft {

// Holds the newest snapshot, and one that is partly received. Both survive a crash. Callbacks run
// before the call returns.
class MemorySnapshots final : public SnapshotStore {
 public:
  explicit MemorySnapshots(size_t piece_bytes = 100) : piece_bytes_(piece_bytes) {}

  // Saves a snapshot of the state after `entries`, which begin at index 1.
  SnapshotMeta Save(const std::vector<EntryPtr>& entries);
  // Returns the last snapshot that was saved, or received completely.
  std::optional<SnapshotMeta> Newest() const;
  // Returns the entries in the newest snapshot.
  std::vector<EntryPtr> Load() const;
  // Returns how many bytes of an incomplete snapshot have been received.
  size_t partial_bytes() const { return partial_ ? partial_->bytes.size() : 0; }
  // Damages the last byte that was received. REQUIRES: partial_bytes() > 0.
  void DamagePartial() { partial_->bytes.back() = static_cast<char>(~partial_->bytes.back()); }

  void Read(SnapshotId id, int64_t position,
            absl::AnyInvocable<void(absl::StatusOr<SnapshotPiece>) &&> done) override;
  void Receive(SnapshotId id, int64_t position, std::string bytes,
               absl::AnyInvocable<void(absl::StatusOr<ReceivedSnapshot>) &&> done) override;

 private:
  struct Whole {
    SnapshotMeta meta;
    std::string bytes;
  };
  struct Partial {
    SnapshotId id;
    std::string bytes;
  };

  size_t piece_bytes_;
  std::optional<Whole> newest_;
  std::optional<Partial> partial_;
};

}  // namespace quorate::raft
