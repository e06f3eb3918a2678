// Makes a program one of the release before: it supports the metadata version before the latest one
// at most. It is linked into the older programs, whose own definition of the version takes
// precedence over that of the library. In everything else they are the current programs, so what
// tests show with them is what depends on the metadata version. QUORATE_OLDER_PROGRAMS makes the
// tests run the programs of a real earlier release instead.
#include "metadata/metadata_image.h"

namespace quorate::metadata {

const uint32_t kLatestMetadataVersion = 2;

}  // namespace quorate::metadata
