// The version of the programs, which the build sets.
#pragma once

namespace quorate {

// "1.2.3"
const char* Version();

}  // namespace quorate
