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
      "this node needs an empty data directory; that gets a new directory id, and the voter set "
      "does not have it: it can join again only when the voters can be changed, which this "
      "version cannot do yet. The other voters go on as long as they are a majority",
      directory.path(), std::string(found.message()), directory.directory_id().ToString()));
}

}  // namespace quorate::storage
