// Wrong versions of the core, one condition each, which prove that the simulator's checks notice
// them (docs/simulation.md). In every normal build IsMutant is a constant false and has no cost.
// Only the library quorate_raft_mutants, which defines QUORATE_RAFT_MUTANTS, has a switch. IsMutant
// is used in .cc files only, so that headers mean the same in both builds.
#pragma once

namespace quorate::raft {

// X(enumerator, name on the command line, what is wrong)
#define QUORATE_FOR_EACH_MUTANT(X)                                                                 \
  /* Promises */                                                                                   \
  X(kVoteTwice, "vote-twice", "grants every candidate of an epoch its vote")                       \
  X(kVoteNotPersisted, "vote-not-persisted", "writes the epoch without the vote in it")            \
  X(kEpochNotPersisted, "epoch-not-persisted", "writes an epoch only together with a vote")        \
  X(kVoteBeforeDurable, "vote-before-durable", "grants a vote that is still being written")        \
  X(kOwnVoteBeforeDurable, "own-vote-before-durable", "counts its own vote before it is written")  \
  X(kForgetVoteAtRestart, "forget-vote-at-restart", "starts with its epoch but without its vote")  \
  X(kForgetVoteForLeader, "forget-vote-for-leader",                                                \
    "forgets its vote when it hears from a leader")                                                \
  X(kRestartAsLeader, "restart-as-leader", "still leads after a restart if it voted for itself")   \
  X(kTakePartBeforeFounded, "take-part-before-founded", "votes before its voter set is durable")   \
  X(kTrustReplacedDisk, "trust-replaced-disk",                                                     \
    "treats a node with another directory as the voter")                                           \
  /* Elections */                                                                                  \
  X(kVoteForShorterLog, "vote-for-shorter-log", "grants a vote to a log that lacks entries")       \
  X(kCompareIndexesOnly, "compare-indexes-only", "treats the longer log as the newer one")         \
  X(kVoteDespiteLeader, "vote-despite-leader", "grants votes while its leader is alive")           \
  X(kWinWithoutMajority, "win-without-majority", "leads as soon as it stands for election")        \
  X(kCountRefusals, "count-refusals", "counts any answer as a granted vote")                       \
  X(kCountOldVotes, "count-old-votes", "counts votes of an earlier epoch")                         \
  X(kCountPreVotes, "count-pre-votes", "counts granted pre-votes as votes")                        \
  X(kSkipPreVote, "skip-pre-vote", "stands without asking whether it could win")                   \
  X(kCountPreVoteRefusals, "count-pre-vote-refusals", "counts any answer as a granted pre-vote")   \
  X(kPreVotePromises, "pre-vote-promises",                                                         \
    "a granted pre-vote takes the vote and resets the timer")                                      \
  X(kPreVoteAdoptsEpoch, "pre-vote-adopts-epoch", "a pre-vote raises the receiver's epoch")        \
  X(kAlwaysOverride, "always-override", "every candidate claims to stand on the leader's order")   \
  X(kObeyOldOrder, "obey-old-order", "stands on a TimeoutNow of another epoch or node")            \
  X(kIgnoreHigherEpoch, "ignore-higher-epoch", "a higher epoch does not unseat a leader")          \
  X(kFollowOldLeader, "follow-old-leader", "appends what the leader of an earlier epoch sends")    \
  /* What a follower does with entries */                                                          \
  X(kSkipPrevCheck, "skip-prev-check", "appends wherever the leader says, matching or not")        \
  X(kTruncateOnDuplicate, "truncate-on-duplicate", "an old append truncates the entries after it") \
  X(kKeepConflicts, "keep-conflicts", "keeps its own entry where the leader has another")          \
  X(kTruncateMemoryOnly, "truncate-memory-only", "forgets to truncate on disk")                    \
  X(kOldWriteBlesses, "old-write-blesses", "a write counts for the entries that replaced its own") \
  X(kDurableOutlivesCut, "durable-outlives-cut",                                                   \
    "the durable index is not truncated with the log")                                             \
  X(kVotersOutliveCut, "voters-outlive-cut", "a voter set is not reverted with its entry")         \
  X(kAckLogEnd, "ack-log-end", "acknowledges all of its log, sent or not")                         \
  X(kAckBeforeDurable, "ack-before-durable", "acknowledges entries that are still being written")  \
  X(kBeatBeforeDurable, "beat-before-durable", "answers heartbeats before its epoch is durable")   \
  X(kCommitBeyondMatch, "commit-beyond-match", "commits the entries after those that match")       \
  X(kRestartCommitted, "restart-committed", "treats its whole log as committed after a restart")   \
  /* What a leader does */                                                                         \
  X(kNoBarrier, "no-barrier", "a new leader appends no entry of its own")                          \
  X(kCommitOldEpoch, "commit-old-epoch", "commits entries of earlier epochs by counting")          \
  X(kCommitOnOwnDisk, "commit-on-own-disk", "commits what is durable on its own disk alone")       \
  X(kSelfAckBeforeDurable, "self-ack-before-durable", "counts itself for what is being written")   \
  X(kCountOldAcks, "count-old-acks", "counts acknowledgements of an earlier epoch")                \
  X(kTellUncappedCommit, "tell-uncapped-commit",                                                   \
    "heartbeats commit entries that a peer may not have")                                          \
  X(kClaimBeforeBarrier, "claim-before-barrier",                                                   \
    "its users append before its barrier is committed")                                            \
  X(kRenounceUntold, "renounce-untold", "does not tell its users that it no longer leads")         \
  X(kAppendStaleProposal, "append-stale-proposal", "appends what was decided in an earlier epoch") \
  X(kTimeRunsBackwards, "time-runs-backwards", "dates entries by the wall clock alone")            \
  X(kNoCheckQuorum, "no-check-quorum", "stays leader without hearing from a majority")             \
  X(kBeatsAreProgress, "beats-are-progress", "a peer that acknowledges nothing counts as working") \
  X(kIgnoreStalledDisk, "ignore-stalled-disk",                                                     \
    "stays leader though its own disk finishes no write")                                          \
  X(kBlameDiskForPause, "blame-disk-for-pause", "counts a pause as time in which its disk hangs")  \
  X(kLeadOnFullDisk, "lead-on-full-disk",                                                          \
    "stays leader with a full disk, where nothing is appended")                                    \
  X(kLeakWindow, "leak-window", "bytes in flight stay counted when a stream breaks")               \
  X(kNoWindow, "no-window", "sends without a limit on what is in flight")                          \
  X(kNextBelowMatch, "next-below-match", "goes back below what a peer acknowledged")               \
  X(kRejectMovesNothing, "reject-moves-nothing", "probes again at the index that did not match")   \
  X(kKeepInFlight, "keep-in-flight", "waits for answers that a broken stream has lost")            \
  /* Snapshots */                                                                                  \
  X(kInstallBeforeDurable, "install-before-durable",                                               \
    "answers installed while that is being written")                                               \
  X(kInstalledIsDurable, "installed-is-durable", "treats what it installs as durable at once")     \
  X(kInstallByIndex, "install-by-index", "treats any log that is long enough as the snapshot's")   \
  X(kInstallOverLog, "install-over-log", "installs over a log that holds the snapshot and more")   \
  X(kForgetSnapshotVoters, "forget-snapshot-voters", "loses the voter set in a snapshot")          \
  X(kForgetSnapshotEpoch, "forget-snapshot-epoch",                                                 \
    "does not adopt the epoch of an installed snapshot")                                           \
  X(kSnapshotUntold, "snapshot-untold", "does not tell its users to load what it installs")        \
  X(kRestartBesideSnapshot, "restart-beside-snapshot",                                             \
    "starts without the snapshot before its log")                                                  \
  X(kPruneBeyondSnapshot, "prune-beyond-snapshot", "drops entries that no snapshot holds yet")     \
  X(kCountBeyondInstalled, "count-beyond-installed",                                               \
    "counts one entry more than a snapshot holds")                                                 \
  /* Voters */                                                                                     \
  X(kChangeBeforeBarrier, "change-before-barrier", "changes voters with its barrier uncommitted")  \
  X(kChangeDuringChange, "change-during-change", "changes voters while another change is open")    \
  X(kChangeManyAtOnce, "change-many-at-once", "changes more than one voter at a time")             \
  X(kPromoteTooEarly, "promote-too-early", "treats every observer as caught up")                   \
  X(kInheritProgress, "inherit-progress", "assumes that a new directory has what the old one had") \
  X(kObserverStands, "observer-stands", "an observer stands for election")                         \
  X(kRemovedStands, "removed-stands", "stands though it was removed since it asked for pre-votes") \
  X(kCommitOnObservers, "commit-on-observers", "counts what observers acknowledge")                \
  X(kCountObservers, "count-observers", "observers confirm reads and count for check-quorum")      \
  X(kHandOverToObserver, "hand-over-to-observer", "orders an observer to stand for election")      \
  X(kHandOverToNewDisk, "hand-over-to-new-disk",                                                   \
    "orders a new directory under the target's id to stand")                                       \
  /* Trust */                                                                                      \
  X(kFoundWithAnybody, "found-with-anybody", "founds with any process under a voter's node id")    \
  X(kAdoptStrangersEpoch, "adopt-strangers-epoch", "adopts a higher epoch from any peer")          \
  X(kVoteForStranger, "vote-for-stranger", "votes for a candidate that shows no voter it knows")   \
  X(kFollowStranger, "follow-stranger", "follows any peer that claims to lead a later epoch")      \
  X(kKnowLeaderByNodeId, "know-leader-by-node-id", "obeys any process under its leader's node id") \
  X(kBelieveAnyGoodbye, "believe-any-goodbye", "treats any peer's Goodbye as its leader's")        \
  X(kMatchBeyondLog, "match-beyond-log", "counts entries that it does not have")                   \
  X(kStrangersConfirmReads, "strangers-confirm-reads", "treats any peer's answer as its leader's") \
  /* Reads and hand-over */                                                                        \
  X(kReadBeforeBarrier, "read-before-barrier", "a new leader serves reads before its barrier")     \
  X(kReadWithoutRound, "read-without-round", "serves reads without asking its peers")              \
  X(kReuseReadSequence, "reuse-read-sequence", "all read rounds have one number")                  \
  X(kReadJoinsRound, "read-joins-round", "a read joins the round that is under way")               \
  X(kReadAwaitsRemoved, "read-awaits-removed", "a read waits for a voter that was removed")        \
  X(kOldEpochConfirms, "old-epoch-confirms", "answers of an earlier epoch confirm a read")         \
  X(kFollowerServesRead, "follower-serves-read", "a follower reads at its own commit index")       \
  X(kConfirmOnLoss, "confirm-on-loss", "a leader that steps down confirms its open reads")         \
  X(kReadAheadOfCommit, "read-ahead-of-commit",                                                    \
    "releases a read before its entry is committed here")                                          \
  X(kHandOverTooEarly, "hand-over-too-early", "orders a target that lacks entries to stand")       \
  X(kHandOverUnpaused, "hand-over-unpaused", "hands over while its users still append")            \
  /* Users of the log (tests/sim/user.cc) */                                                       \
  X(kAnswerUnconfirmed, "answer-unconfirmed", "sends answers that wrote no record unconfirmed")    \
  X(kForgetRefusals, "forget-refusals", "writes no entry for a refused request with an id")        \
  X(kExecuteInLaterEpoch, "execute-in-later-epoch",                                                \
    "executes what was sent to the leader of an earlier epoch")                                    \
  X(kKeepOffice, "keep-office", "stays leader where another voter hears its brokers")              \
  X(kForgetFenced, "forget-fenced", "asks no other voter once all brokers are fenced")             \
  X(kFenceAtOnce, "fence-at-once", "fences most brokers at once, though it may be cut off")

enum class Mutant {
  kNone,
#define QUORATE_MUTANT_ENUMERATOR(enumerator, name, wrong) enumerator,
  QUORATE_FOR_EACH_MUTANT(QUORATE_MUTANT_ENUMERATOR)
#undef QUORATE_MUTANT_ENUMERATOR
};

#ifdef QUORATE_RAFT_MUTANTS
bool IsMutant(Mutant mutant);  // testing/mutants.h sets it
#else
constexpr bool IsMutant(Mutant) { return false; }
#endif

}  // namespace quorate::raft
