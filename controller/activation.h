// What a new active controller appends before it decides anything: whatever the log lacks, whoever
// failed before: "the log is empty" is never the test.
#pragma once

#include <string>
#include <vector>

#include "metadata/metadata_image.h"
#include "quorate/metadata/v1/records.pb.h"
#include "raft/entry.h"
#include "raft/voter_set.h"

namespace quorate::controller {

struct ActivationEntry {
  raft::EntryType type = raft::EntryType::kRecords;
  // Of an entry other than kRecords.
  std::string payload;
  metadata::v1::RecordBatch records;
  std::string cause;
};

// In order: the voter set unless the log has one, the metadata version unless `image` has one.
std::vector<ActivationEntry> DecideActivation(const metadata::MetadataImage& image, bool has_voters,
                                              const raft::VoterSet& voters);

}  // namespace quorate::controller
