// What the controller may ask of the consensus layer, and what it is told: the only part of raft/
// that controller/ and server/'s services know.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "raft/entry.h"
#include "raft/snapshot.h"
#include "raft/types.h"
#include "raft/voter_set.h"

namespace quorate::raft {

// A batch to append. Conditional: refused, with everything proposed behind it, unless this node
// leads `expected_epoch` and the log ends at `expected_base_offset`.
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

// Whether a new request may be decided now. Asked before deciding, because what was replayed into
// an uncommitted image must be appended.
enum class Admission {
  kOpen,
  kFull,      // too many uncommitted bytes
  kDiskFull,  // the disk is nearly full
  kFrozen,    // leadership is being handed over
};

struct ReplicaStatus {
  ReplicaKey key;
  std::string peer_endpoint;
  // If not, it is an observer: only the leader knows of those, and only while they are in session.
  bool is_voter = true;
  // End offset of its durable log, and of this node itself: of its log; nothing: not known here.
  std::optional<RecordOffset> log_end_offset;
  // When it last answered, and when it last had everything. For this node itself: now.
  std::optional<MonoTime> last_contact;
  std::optional<MonoTime> last_caught_up;
  // Our own control stream to it is up.
  bool in_session = false;
  // On the leader: within one election timeout it had everything, so that it can be counted on as a
  // voter without a pause.
  bool caught_up = false;
};

struct QuorumStatus {
  NodeId self;
  Epoch epoch;
  std::optional<NodeId> leader;
  // Wall time at which this node learnt of the leader, ms since the Unix epoch; 0: no leader.
  int64_t leader_since_ms = 0;
  RecordOffset high_watermark;
  RecordOffset log_end_offset;
  VoterSet voter_set;
  // Voters first, each part by node id. This node is included if it is a voter.
  std::vector<ReplicaStatus> replicas;
  // What this node must have applied to be ready: its barrier's end on the leader; on a follower
  // what the first heartbeat of the session told. Nothing: not ready, for want of a leader.
  std::optional<RecordOffset> ready_offset;
  // What the node waits for before it may take part (the founding of the cluster); empty: nothing.
  std::string waiting_for;
};

// Thread-safe; callbacks run on the raft loop, so they only post.
class ReplicatedLog {
 public:
  virtual ~ReplicatedLog() = default;

  // Appends, or refuses because leadership was lost in between; then OnRenounce has been or will be
  // told, and there is no other answer. Proposals of one caller stay in order.
  // A Voters entry (EntryType::kVoters) governs from when it is appended, and is committed by its
  // own majority (KIP-853). REQUIRES: RaftCore::CheckVoterChange; that is, after OnClaim, when
  // every earlier Voters entry was delivered as committed, and at most one replica comes or goes.
  virtual void Propose(Proposal proposal) = 0;

  virtual Admission admission() const = 0;

  // Nothing is being appended or committed: what is proposed now shares its write with nothing
  // else. A hint, for it may be old at once.
  virtual bool is_idle() const = 0;

  // A linearizable read position (Raft §6.4): once OnCommitted has delivered everything below the
  // offset, the state is no older than this call. On any node. UNAVAILABLE: it was not confirmed
  // by `deadline`, or cannot be any more (the leader changed, this node stops): ask again.
  // Confirmed, it waits for the delivery however long that takes.
  virtual void ReadIndex(MonoTime deadline,
                         absl::AnyInvocable<void(absl::StatusOr<RecordOffset>) &&> done) = 0;

  // Hands leadership to `target`, or to the voter that is most caught up. OK: another node leads.
  // FAILED_PRECONDITION: this node does not lead, no peer or not the target is in contact, the
  // target is no voter, or a transfer is under way. DEADLINE_EXCEEDED: nobody took over in one
  // election timeout; this node leads on, unless it was deposed. UNAVAILABLE: this node stops.
  virtual void TransferLeadership(std::optional<NodeId> target,
                                  absl::AnyInvocable<void(absl::Status) &&> done) = 0;

  // The answer to OnPause(epoch): everything this caller has decided is proposed, and nothing will
  // follow before OnResume or OnRenounce. Leadership moves only after it, or an entry proposed in
  // between could make the successor's log too short to win. Not answered within one heartbeat
  // interval, the transfer fails.
  virtual void ConfirmPause(Epoch epoch) = 0;

  // Committed entries from the one that contains `from` on, at least one if `from` is below the
  // high watermark, at most about `max_bytes`. OUT_OF_RANGE: `from` is at or above it, or no
  // longer in the log.
  virtual void ReadCommitted(
      RecordOffset from, size_t max_bytes,
      absl::AnyInvocable<void(absl::StatusOr<std::vector<EntryPtr>>) &&> done) = 0;

  // A snapshot of the state that OnCommitted built is durable: the log may forget what it holds.
  virtual void SnapshotSaved(SnapshotMeta snapshot) = 0;

  virtual void Describe(absl::AnyInvocable<void(QuorumStatus) &&> done) = 0;
};

// Told on the raft loop, in order; implementers post to their own loop.
class ReplicatedLogListener {
 public:
  virtual ~ReplicatedLogListener() = default;

  // The state is that of this snapshot, whatever was committed before: the first call of a node
  // that has one, and later when the leader no longer had the entries that this node lacked. It
  // lies in the node's SnapshotStore; entries behind it follow.
  virtual void OnSnapshot(const SnapshotMeta& snapshot) = 0;

  // Every committed entry exactly once, in order (in batches), but for those in a snapshot.
  virtual void OnCommitted(const std::vector<EntryPtr>& entries) = 0;

  // The epoch or the leader that this node knows has changed. Nothing: no leader is known.
  virtual void OnLeaderChange(Epoch epoch, std::optional<NodeId> leader) = 0;

  // This node leads `epoch`: its barrier, which ends at `end_offset`, is committed and was
  // delivered by OnCommitted. `has_voters`: the log holds a Voters entry; if not, the first thing
  // to propose is `voters` (EntryType::kVoters, VoterSet::Encode).
  virtual void OnClaim(Epoch epoch, RecordOffset end_offset, bool has_voters,
                       const VoterSet& voters) = 0;

  // This node no longer leads `epoch`. What it proposed and was not committed may still be
  // committed by another leader.
  virtual void OnRenounce(Epoch epoch) = 0;

  // A transfer began: decide nothing new until OnResume (it failed) or OnRenounce, and answer with
  // ConfirmPause(epoch) from the loop that proposes, once nothing more will follow.
  virtual void OnPause(Epoch epoch) = 0;
  virtual void OnResume(Epoch epoch) = 0;
};

}  // namespace quorate::raft
