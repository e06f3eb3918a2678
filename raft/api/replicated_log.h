// What the controller can ask of the consensus layer, and what the layer reports to it. It is the
// only part of raft/ that controller/ and the services in server/ know.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "raft/api/entry.h"
#include "raft/api/quorum_status.h"
#include "raft/api/snapshot.h"
#include "raft/api/types.h"
#include "raft/api/voter_set.h"

namespace quorate::raft {

// A batch to append. It is conditional: it is refused unless this node leads `expected_epoch`.
// REQUIRES: in that epoch the log then ends at `expected_base_offset`, because there is one
// proposer and it counts the offsets.
struct Proposal {
  Epoch expected_epoch;
  RecordOffset expected_base_offset;
  EntryType type = EntryType::kRecords;
  int32_t record_count = 1;
  std::string payload;
  std::string principal;
  std::string cause;
  std::optional<RequestId> request_id;
};

// Whether a new request may be decided now. Callers ask before they decide, because what was
// replayed into an uncommitted image must be appended.
enum class Admission {
  kOpen,
  kFull,      // too many uncommitted bytes
  kDiskFull,  // the disk is nearly full
  kFrozen,    // leadership is being handed over
};

// Appends to the replicated log and reads from it. Thread-safe. Callbacks run on the raft loop, so
// they must only post.
class ReplicatedLog {
 public:
  virtual ~ReplicatedLog() = default;

  // Appends the proposal, or refuses it because leadership was lost meanwhile. In that case
  // OnRenounce has been or will be called, and there is no other answer. Proposals of one caller
  // stay in order.
  // A Voters entry (EntryType::kVoters) governs as soon as it is appended, and its own majority
  // commits it (KIP-853). REQUIRES for such an entry: RaftCore::CheckVoterChange returns OK. That
  // is, OnClaim was called, every earlier Voters entry was delivered as committed, and at most one
  // replica is added or removed.
  virtual void Propose(Proposal proposal) = 0;

  virtual Admission admission() const = 0;

  // Returns whether nothing is being appended or committed, so that a proposal made now shares its
  // write with no other. It is a hint: it may be outdated at once.
  virtual bool is_idle() const = 0;

  // Finds a linearizable read position (Raft §6.4), on any node: once OnCommitted has delivered
  // everything below the offset, the state is no older than this call. Returns UNAVAILABLE if the
  // position was not confirmed by `deadline`, or no longer can be (the leader changed, this node
  // stops). The caller may ask again. A confirmed read waits for the delivery however long that
  // takes.
  virtual void ReadIndex(MonoTime deadline,
                         absl::AnyInvocable<void(absl::StatusOr<RecordOffset>) &&> done) = 0;

  // Hands leadership to `target`, or to the voter that is most caught up. OK: another node leads.
  // FAILED_PRECONDITION: this node does not lead, is itself the target, or has a transfer under
  // way; or the target is not a voter, or neither it nor (without a target) any other voter is in
  // contact. DEADLINE_EXCEEDED: the target did not take over in time; this node stays leader unless
  // it was deposed. UNAVAILABLE: this node stops.
  virtual void TransferLeadership(std::optional<NodeId> target,
                                  absl::AnyInvocable<void(absl::Status) &&> done) = 0;

  // Answers OnPause(epoch): everything that this caller has decided is proposed, and nothing
  // follows before OnResume or OnRenounce. Leadership moves only after this call, or an entry
  // proposed in between could make the successor's log too short to win. The transfer fails if the
  // call does not come within one heartbeat interval.
  virtual void ConfirmPause(Epoch epoch) = 0;

  // Reads committed entries, beginning with the one that contains `from`: at least one if `from` is
  // below the high watermark, and about `max_bytes` at most. Returns OUT_OF_RANGE if `from` is at
  // or above the high watermark, or no longer in the log.
  virtual void ReadCommitted(
      RecordOffset from, size_t max_bytes,
      absl::AnyInvocable<void(absl::StatusOr<std::vector<EntryPtr>>) &&> done) = 0;

  // Tells the log that a snapshot of the state that OnCommitted built is durable. The log may drop
  // the entries in it.
  virtual void SnapshotSaved(SnapshotMeta snapshot) = 0;

  virtual void Describe(absl::AnyInvocable<void(QuorumStatus) &&> done) = 0;
};

// Receives what the log reports. Called on the raft loop, in order; implementers post to their own
// loop.
class ReplicatedLogListener {
 public:
  virtual ~ReplicatedLogListener() = default;

  // The state becomes that of this snapshot, whatever was committed before. It is the first call on
  // a node that has a snapshot. It comes later too, when the leader no longer had entries that this
  // node lacked. The snapshot is in the node's SnapshotStore; the entries after it follow.
  virtual void OnSnapshot(const SnapshotMeta& snapshot) = 0;

  // Delivers every committed entry exactly once, in order and in batches, except those in a
  // snapshot.
  virtual void OnCommitted(const std::vector<EntryPtr>& entries) = 0;

  // The epoch, or the leader that this node knows, has changed. `leader` is nullopt if no leader is
  // known.
  virtual void OnLeaderChange(Epoch epoch, std::optional<NodeId> leader) = 0;

  // This node leads `epoch`. Its barrier, which ends at `end_offset`, is committed and was
  // delivered by OnCommitted. `has_voters` says whether the log holds a Voters entry. If it does
  // not, the first proposal must be `voters` (EntryType::kVoters, VoterSet::Encode).
  virtual void OnClaim(Epoch epoch, RecordOffset end_offset, bool has_voters,
                       const VoterSet& voters) = 0;

  // This node no longer leads `epoch`. Another leader may still commit what this node proposed and
  // did not commit.
  virtual void OnRenounce(Epoch epoch) = 0;

  // A transfer has begun. Decide nothing new until OnResume (it failed) or OnRenounce. Call
  // ConfirmPause(epoch) from the loop that proposes, once nothing more will follow.
  virtual void OnPause(Epoch epoch) = 0;
  virtual void OnResume(Epoch epoch) = 0;
};

}  // namespace quorate::raft
