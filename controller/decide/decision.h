// Defines the inputs and the output of a decision. A decision is a pure function Decide…(view,
// request, context). It reads no clock, does no I/O and changes no state. The request pipeline
// replays and appends the records that it returns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "controller/answer.h"
#include "controller/decide/leaders/election_cause.h"
#include "controller/decide/leaders/leader_election.h"
#include "controller/decide/partitions/partition_tally.h"
#include "controller/decide/request_size.h"
#include "metadata/metadata_image.h"
#include "quorate/metadata/v1/records.pb.h"
#include "raft/api/entry.h"
#include "raft/api/voter_set.h"

namespace quorate::controller {

// The largest serialized batch that a decision may return: the size of an entry less room for its
// header. The header's principal, cause and request result are bounded by the limits on requests.
inline constexpr size_t kMaxBatchBytes = raft::kMaxEntryBytes - (64 << 10);

// The newest state of the active controller, including uncommitted decisions.
struct View {
  const metadata::MetadataImage& image;
  // The counts of the same image.
  const PartitionTally& tally;
};

struct Context {
  MonoTime now;
  // Used for topic ids and to break ties in placement.
  Rng* rng = nullptr;
  std::string principal;
  std::optional<RequestId> request_id;
  // For a request whose size depends on the image. All others are checked before (CheckSize).
  RequestLimits limits = {};
  // The error of a request that creates or deletes partitions, if its principal has used up its
  // quota (partition_quota.h). No decision depends on it: DecideRemembered refuses such a request.
  std::optional<common::v1::Error> throttled = {};
  // Where a change of many partitions goes on, if this is not its first part (Decision::again).
  PartitionPlace settle_from = {};
};

template <typename T>
struct Decision {
  // If empty, no records are appended.
  metadata::v1::RecordBatch records;
  Answer<T> answer;
  // The new voter set, if it changes. It is appended as a separate entry, and `records` is then
  // empty. REQUIRES: RequestPipeline::VotersAreCommitted.
  std::optional<raft::VoterSet> voters = {};
  // Stored in the entry's header, for people and audits.
  std::string cause;
  // What happened to the partitions of brokers that come or go, for the log line.
  SettlementCounts settled = {};
  // Why the records change leaders, if they do, for metrics.
  ElectionCause election_cause = ElectionCause::kOther;
  // This is one part of a change that is too large for one task. The pipeline appends the records,
  // if there are any, and decides again from the resulting image. The context of the next part says
  // where this part has ended (`settled.rest`). Until the last part, only heartbeats are answered.
  bool again = false;
  // The answer repeats the answer to an earlier attempt of the same request. That attempt's records
  // may still be uncommitted.
  bool is_retry = false;
  // The number of partitions that the records create or delete, for the quota of the principal.
  int64_t partition_mutations = 0;
  // The request was refused with the error Context::throttled.
  bool is_throttled = false;
  // The records change only the memory of request ids. Their rate is limited.
  bool remembers_only = false;
};

// Returns the offset of the next record that is added to `batch`, if `batch` is appended to
// `image`.
RecordOffset NextRecordOffset(const metadata::MetadataImage& image,
                              const metadata::v1::RecordBatch& batch);

// Returns POLICY_VIOLATION for a request that would write `bytes` of records. The remedy is a
// smaller request.
common::v1::Error TooLargeForOneEntry(size_t bytes);

}  // namespace quorate::controller
