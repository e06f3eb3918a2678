// The voter lists with which this node was started. The log may name other voters by the next
// start, and that start must still accept the same configuration.
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

// Returns `lists` with `list` added in front, unless it is already among them. Drops the oldest
// ones beyond 16: an operator edits a configuration only a few times.
std::vector<VoterList> WithVoterList(std::vector<VoterList> lists, VoterList list);

// The content of the file below: text, in the format of docs/storage_format.md. Parse returns
// DATA_LOSS for anything that Encode does not write.
std::string EncodeVoterLists(const std::vector<VoterList>& lists);
absl::StatusOr<std::vector<VoterList>> ParseVoterLists(const std::string& content);

// The file in the data directory that holds the lists, latest first. No guarantee of the node
// depends on it.
class VoterListFile {
 public:
  explicit VoterListFile(std::string path) : path_(std::move(path)) {}

  // Returns an empty vector if no start has written the file, and DATA_LOSS if it is damaged.
  absl::StatusOr<std::vector<VoterList>> Load() const;
  // Replaces the file. Durable once it returns OK.
  absl::Status Store(const std::vector<VoterList>& lists) const;

 private:
  const std::string path_;
};

}  // namespace quorate::storage
