#include "storage/data_loss.h"

#include <string>

#include "absl/strings/str_format.h"

namespace quorate::storage {

absl::Status ExplainLoss(const DataDirectory& directory, const absl::Status& found) {
  if (!absl::IsDataLoss(found)) return found;
  return absl::DataLossError(absl::StrFormat(
      "the log in %s has lost what this node may have promised or acknowledged: %s. It must not "
      "take part in the quorum as directory %s any more. If the undamaged files still exist, put "
      "them back (an older copy of the directory is no remedy, it has forgotten votes). If not, "
      "this node needs an empty data directory, as another replica: empty it, start the node with "
      "--observer and run 'quoratectl quorum replace %d'. The other voters go on as long as they "
      "are a majority",
      directory.path(), std::string(found.message()), directory.directory_id().ToString(),
      directory.owner().node_id));
}

}  // namespace quorate::storage
