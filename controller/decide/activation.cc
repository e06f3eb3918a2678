#include "controller/decide/activation.h"

#include "metadata/record_builders.h"

namespace quorate::controller {

std::vector<ActivationEntry> DecideActivation(const metadata::MetadataImage& image, bool has_voters,
                                              const raft::VoterSet& voters) {
  std::vector<ActivationEntry> entries;
  if (!has_voters) {
    entries.push_back({.type = raft::EntryType::kVoters,
                       .payload = voters.Encode(),
                       .cause = "activation: the first voter set"});
  }
  if (image.metadata_version() == 0) {
    ActivationEntry entry{.cause = "activation: the metadata version"};
    *entry.records.add_records() =
        metadata::MakeMetadataVersionRecord(metadata::kLatestMetadataVersion);
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace quorate::controller
