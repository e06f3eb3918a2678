// Wrong versions of the core, one condition each, to prove that the simulator's checks notice them
// (docs/simulation.md). In every normal build IsMutant is a constant false and costs nothing; only
// the library quorate_raft_mutants, which defines QUORATE_RAFT_MUTANTS, has a switch. Used in .cc
// files only, so that headers mean the same in both.
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
  X(kForgetVoteAtRestart, "forget-vote-at-restart", "starts with its epoch and without its vote")  \
  X(kForgetVoteForLeader, "forget-vote-for-leader", "forgets its vote once a leader is heard")     \
  X(kRestartAsLeader, "restart-as-leader", "leads on after a restart if it voted for itself")      \
  X(kTakePartBeforeFounded, "take-part-before-founded", "votes before its voter set is durable")   \
  X(kTrustReplacedDisk, "trust-replaced-disk", "takes a node with another directory for a voter")  \
  /* Elections */                                                                                  \
  X(kVoteForShorterLog, "vote-for-shorter-log", "grants a vote to a log that lacks entries")       \
  X(kCompareIndexesOnly, "compare-indexes-only", "takes the longer log for the newer one")         \
  X(kVoteDespiteLeader, "vote-despite-leader", "grants votes while its leader lives")              \
  X(kWinWithoutMajority, "win-without-majority", "leads as soon as it stands")                     \
  X(kCountRefusals, "count-refusals", "takes any answer for a granted vote")                       \
  X(kCountOldVotes, "count-old-votes", "counts votes of an earlier epoch")                         \
  X(kCountPreVotes, "count-pre-votes", "counts granted pre-votes as votes")                        \
  X(kSkipPreVote, "skip-pre-vote", "stands without asking whether it could win")                   \
  X(kCountPreVoteRefusals, "count-pre-vote-refusals", "takes any answer for a granted pre-vote")   \
  X(kPreVotePromises, "pre-vote-promises", "a granted pre-vote takes the vote and the timer")      \
  X(kPreVoteAdoptsEpoch, "pre-vote-adopts-epoch", "a pre-vote raises the epoch of who is asked")   \
  X(kAlwaysOverride, "always-override", "every candidate claims to stand on the leader's order")   \
  X(kObeyOldOrder, "obey-old-order", "stands on a TimeoutNow of another epoch or node")            \
  X(kIgnoreHigherEpoch, "ignore-higher-epoch", "a leader is not unseated by a higher epoch")       \
  X(kFollowOldLeader, "follow-old-leader", "appends what the leader of an earlier epoch sends")    \
  /* What a follower does with entries */                                                          \
  X(kSkipPrevCheck, "skip-prev-check", "appends wherever the leader says, matching or not")        \
  X(kTruncateOnDuplicate, "truncate-on-duplicate", "an old append cuts off what came after it")    \
  X(kKeepConflicts, "keep-conflicts", "keeps its own entry where the leader has another")          \
  X(kTruncateMemoryOnly, "truncate-memory-only", "forgets to truncate on disk")                    \
  X(kOldWriteBlesses, "old-write-blesses", "a write's completion counts for what replaced it")     \
  X(kDurableOutlivesCut, "durable-outlives-cut", "the durable index is not cut with the log")      \
  X(kVotersOutliveCut, "voters-outlive-cut", "a voter set is not reverted with its entry")         \
  X(kAckLogEnd, "ack-log-end", "acknowledges all of its log, sent or not")                         \
  X(kAckBeforeDurable, "ack-before-durable", "acknowledges entries that are still being written")  \
  X(kBeatBeforeDurable, "beat-before-durable", "answers heartbeats before its epoch is durable")   \
  X(kCommitBeyondMatch, "commit-beyond-match", "commits what follows the entries that matched")    \
  X(kRestartCommitted, "restart-committed", "takes all of its log for committed at a restart")     \
  /* What a leader does */                                                                         \
  X(kNoBarrier, "no-barrier", "a new leader appends no entry of its own")                          \
  X(kCommitOldEpoch, "commit-old-epoch", "commits entries of earlier epochs by counting")          \
  X(kCommitOnOwnDisk, "commit-on-own-disk", "commits what is durable on its own disk alone")       \
  X(kSelfAckBeforeDurable, "self-ack-before-durable", "counts itself for what is being written")   \
  X(kCountOldAcks, "count-old-acks", "counts acknowledgements of an earlier epoch")                \
  X(kTellUncappedCommit, "tell-uncapped-commit", "heartbeats tell what a peer may not have")       \
  X(kClaimBeforeBarrier, "claim-before-barrier",                                                   \
    "its users append before its barrier is committed")                                            \
  X(kRenounceUntold, "renounce-untold", "does not tell its users that it leads no longer")         \
  X(kAppendStaleProposal, "append-stale-proposal", "appends what was decided in an earlier epoch") \
  X(kTimeRunsBackwards, "time-runs-backwards", "dates entries by the wall clock alone")            \
  X(kNoCheckQuorum, "no-check-quorum", "leads on without hearing from a majority")                 \
  X(kBeatsAreProgress, "beats-are-progress", "a peer that acknowledges nothing counts as working") \
  X(kIgnoreStalledDisk, "ignore-stalled-disk", "leads on though its own disk finishes no write")   \
  X(kBlameDiskForPause, "blame-disk-for-pause", "counts a pause as time in which its disk hangs")  \
  X(kLeadOnFullDisk, "lead-on-full-disk", "leads on with a full disk, where nothing is appended")  \
  X(kLeakWindow, "leak-window", "bytes in flight stay counted when a stream breaks")               \
  X(kNoWindow, "no-window", "sends without a limit on what is in flight")                          \
  X(kNextBelowMatch, "next-below-match", "goes back below what a peer acknowledged")               \
  X(kRejectMovesNothing, "reject-moves-nothing", "asks again at the place that did not match")     \
  X(kKeepInFlight, "keep-in-flight", "waits for answers that a broken stream has lost")            \
  /* Snapshots */                                                                                  \
  X(kInstallBeforeDurable, "install-before-durable", "says installed while that is being written") \
  X(kInstalledIsDurable, "installed-is-durable", "takes what it installs for durable at once")     \
  X(kInstallByIndex, "install-by-index", "takes any log that is long enough for a snapshot's")     \
  X(kInstallOverLog, "install-over-log", "installs over a log that holds the snapshot and more")   \
  X(kForgetSnapshotVoters, "forget-snapshot-voters", "loses the voter set in a snapshot")          \
  X(kForgetSnapshotEpoch, "forget-snapshot-epoch", "begins behind the epoch of its snapshot")      \
  X(kSnapshotUntold, "snapshot-untold", "does not tell its users to load what it installs")        \
  X(kRestartBesideSnapshot, "restart-beside-snapshot",                                             \
    "starts without the snapshot before its log")                                                  \
  X(kPruneBeyondSnapshot, "prune-beyond-snapshot", "drops entries that no snapshot holds yet")     \
  X(kCountBeyondInstalled, "count-beyond-installed",                                               \
    "counts one entry more than a snapshot holds")                                                 \
  /* Voters */                                                                                     \
  X(kChangeBeforeBarrier, "change-before-barrier", "changes voters with its barrier uncommitted")  \
  X(kChangeDuringChange, "change-during-change", "changes voters while a change is open")          \
  X(kChangeManyAtOnce, "change-many-at-once", "changes voters by more than one at a time")         \
  X(kPromoteTooEarly, "promote-too-early", "takes every observer for caught up")                   \
  X(kInheritProgress, "inherit-progress", "takes a new directory to have what the old one had")    \
  X(kObserverStands, "observer-stands", "an observer stands for election")                         \
  X(kRemovedStands, "removed-stands", "stands though it was removed since it asked for pre-votes") \
  X(kCommitOnObservers, "commit-on-observers", "counts what observers acknowledge")                \
  X(kCountObservers, "count-observers", "observers confirm reads, and keep a leader in office")    \
  X(kHandOverToObserver, "hand-over-to-observer", "an observer is told to stand")                  \
  X(kHandOverToNewDisk, "hand-over-to-new-disk", "a new directory under the target's id is told")  \
  /* Whom to believe */                                                                            \
  X(kFoundWithAnybody, "found-with-anybody", "founds with who comes under a voter's node id")      \
  X(kAdoptStrangersEpoch, "adopt-strangers-epoch", "follows a higher epoch, whoever tells it")     \
  X(kVoteForStranger, "vote-for-stranger", "votes for who shows no voters that it knows")          \
  X(kFollowStranger, "follow-stranger", "follows who says that it leads a later epoch")            \
  X(kKnowLeaderByNodeId, "know-leader-by-node-id", "obeys who comes under its leader's node id")   \
  X(kBelieveAnyGoodbye, "believe-any-goodbye", "takes anybody's Goodbye for its leader's")         \
  X(kMatchBeyondLog, "match-beyond-log", "counts entries that it does not have")                   \
  X(kStrangersConfirmReads, "strangers-confirm-reads", "takes any answer for its leader's")        \
  /* Reads and hand-over */                                                                        \
  X(kReadBeforeBarrier, "read-before-barrier", "a new leader serves reads before its barrier")     \
  X(kReadWithoutRound, "read-without-round", "serves reads without asking its peers")              \
  X(kReuseReadSequence, "reuse-read-sequence", "all read rounds have one number")                  \
  X(kReadJoinsRound, "read-joins-round", "a read joins the round that is under way")               \
  X(kReadAwaitsRemoved, "read-awaits-removed", "a read waits for a voter that was removed")        \
  X(kOldEpochConfirms, "old-epoch-confirms", "answers of an earlier epoch confirm a read")         \
  X(kFollowerServesRead, "follower-serves-read", "a follower reads at its own commit index")       \
  X(kConfirmOnLoss, "confirm-on-loss", "a leader that steps down confirms its open reads")         \
  X(kReadAheadOfCommit, "read-ahead-of-commit", "a read is released before its entry is here")     \
  X(kHandOverTooEarly, "hand-over-too-early", "orders a target to stand that lacks entries")       \
  X(kHandOverUnpaused, "hand-over-unpaused", "hands over while its users still append")            \
  /* What stands above the log (tests/sim/user.cc) */                                              \
  X(kAnswerUnconfirmed, "answer-unconfirmed", "answers without a record leave unconfirmed")        \
  X(kForgetRefusals, "forget-refusals", "a refusal of a request with an id is no entry")           \
  X(kExecuteInLaterEpoch, "execute-in-later-epoch",                                                \
    "executes what was sent to the leader of an earlier epoch")                                    \
  X(kKeepOffice, "keep-office", "leads on where another voter hears its brokers")                  \
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
