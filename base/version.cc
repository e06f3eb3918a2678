#include "base/version.h"

namespace quorate {

const char* Version() { return QUORATE_VERSION; }

}  // namespace quorate
