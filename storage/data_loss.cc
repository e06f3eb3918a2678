#include "storage/data_loss.h"

#include <string>

#include "absl/strings/str_format.h"

namespace quorate::storage {

absl::Status ExplainLoss(const DataDirectory& directory, const absl::Status& found) {
  if (!absl::IsDataLoss(found)) return found;
  return absl::DataLossError(absl::StrFormat(
      "the log in %s has lost data that this node may have promised or acknowledged: %s. The node "
      "must no longer take part in the quorum as directory %s. If the undamaged files still exist, "
      "put them back (an older copy of the directory does not help: it lacks later votes). If not, "
      "this node needs an empty data directory and must join as a new replica: empty the "
      "directory, start the node with --observer and run 'quoratectl quorum replace %d'. The other "
      "voters continue as long as they are a majority",
      directory.path(), std::string(found.message()), directory.directory_id().ToString(),
      directory.owner().node_id));
}

}  // namespace quorate::storage
