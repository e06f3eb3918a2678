// The SnapshotStore port in memory, and snapshots to put into it: the "state" in them is the very
// list of entries, so that a test sees what a node was given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "raft/entry.h"
#include "raft/snapshot_store.h"

namespace quorate::raft {

// Holds the newest snapshot and one that is received in part; both survive a crash. Callbacks run
// before the call returns.
class MemorySnapshots final : public SnapshotStore {
 public:
  explicit MemorySnapshots(size_t piece_bytes = 100) : piece_bytes_(piece_bytes) {}

  // Saves a snapshot of what `entries`, all from index 1 on, lead to.
  SnapshotMeta Save(const std::vector<EntryPtr>& entries);
  // What was saved or received last, as a whole.
  std::optional<SnapshotMeta> Newest() const;
  // The entries in the newest snapshot.
  std::vector<EntryPtr> Load() const;
  // How many bytes are received of a snapshot that is not whole.
  size_t partial_bytes() const { return partial_ ? partial_->bytes.size() : 0; }
  // Flips a bit of what is received. REQUIRES: partial_bytes() > 0.
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
