// Decides what a new active controller appends before it decides any request. It appends whatever
// the log lacks. It never tests whether the log is empty, because an earlier active controller may
// have failed after it appended only a part.
#pragma once

#include <string>
#include <vector>

#include "metadata/metadata_image.h"
#include "quorate/metadata/v1/records.pb.h"
#include "raft/api/entry.h"
#include "raft/api/voter_set.h"

namespace quorate::controller {

struct ActivationEntry {
  raft::EntryType type = raft::EntryType::kRecords;
  // Set for an entry of any type but kRecords.
  std::string payload;
  metadata::v1::RecordBatch records;
  std::string cause;
};

// Returns the missing entries in this order: the voter set unless the log has one, then the
// metadata version unless `image` has one.
std::vector<ActivationEntry> DecideActivation(const metadata::MetadataImage& image, bool has_voters,
                                              const raft::VoterSet& voters);

}  // namespace quorate::controller
