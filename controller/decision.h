// What every decision is made from and what it yields. A decision is a pure function
// Decide…(view, request, context): it reads no clock, does no I/O and changes nothing; the request
// pipeline replays and appends what it returns.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "base/random.h"
#include "controller/answer.h"
#include "controller/leader_election.h"
#include "controller/partition_tally.h"
#include "metadata/metadata_image.h"
#include "quorate/metadata/v1/records.pb.h"
#include "raft/entry.h"
#include "raft/voter_set.h"

namespace quorate::controller {

// Largest serialized batch that may be decided: an entry, less its header (principal, cause and the
// request's result are bounded by what a request may hold).
inline constexpr size_t kMaxBatchBytes = raft::kMaxEntryBytes - (64 << 10);

// The newest state of the active controller, uncommitted decisions included.
struct View {
  const metadata::MetadataImage& image;
  // Of the same image.
  const PartitionTally& tally;
};

struct Context {
  MonoTime now;
  // For topic ids and for ties in placement.
  Rng* rng = nullptr;
  std::string principal;
  std::optional<RequestId> request_id;
};

template <typename T>
struct Decision {
  // Empty: nothing to append.
  metadata::v1::RecordBatch records;
  Answer<T> answer;
  // The voters that are to govern: an entry of its own, and then `records` is empty. REQUIRES:
  // RequestPipeline::VotersAreCommitted.
  std::optional<raft::VoterSet> voters = {};
  // Goes into the entry's header, for people and audits.
  std::string cause;
  // What became of partitions whose brokers come or go, for the log line.
  SettlementCounts settled = {};
  // The records are one part of a change that is too large for one entry: append them, and decide
  // again from the image that follows. Until then there is no answer but to heartbeats.
  bool again = false;
  // The answer is that of an earlier attempt at the same request, which may still be uncommitted.
  bool is_retry = false;
  // The records change nothing but the memory of request ids: their rate is limited.
  bool remembers_only = false;
};

// The offset that the next record appended to `batch` gets, if the batch is appended to `image`.
RecordOffset NextRecordOffset(const metadata::MetadataImage& image,
                              const metadata::v1::RecordBatch& batch);

// POLICY_VIOLATION: the request would make `bytes` of records. The remedy is a smaller request.
common::v1::Error TooLargeForOneEntry(size_t bytes);

}  // namespace quorate::controller
