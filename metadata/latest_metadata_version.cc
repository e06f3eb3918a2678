#include "metadata/metadata_image.h"

namespace quorate::metadata {

const uint32_t kLatestMetadataVersion = 3;

}  // namespace quorate::metadata
