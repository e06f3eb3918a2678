// The voter lists that this node was started with. The log may name other voters by the next start,
// which must accept the same configuration again all the same.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"

namespace quorate::storage {

// Node ids in ascending order.
using VoterList = std::vector<NodeId>;

// Adds `list` in front of `lists`, unless it is among them. The oldest ones go when there are more
// than 16: an operator edits a configuration a few times in its life.
std::vector<VoterList> WithVoterList(std::vector<VoterList> lists, VoterList list);

// The file in the data directory that holds them, the latest first. Text; its form is in
// docs/storage_format.md. No promise of the node depends on it.
class VoterListFile {
 public:
  explicit VoterListFile(std::string path) : path_(std::move(path)) {}

  // Empty: no start has written the file. DATA_LOSS: it is damaged.
  absl::StatusOr<std::vector<VoterList>> Load() const;
  // Durable once OK.
  absl::Status Store(const std::vector<VoterList>& lists) const;

 private:
  const std::string path_;
};

}  // namespace quorate::storage
