// The version of the programs, as the build has it.
#pragma once

namespace quorate {

// "1.2.3"
const char* Version();

}  // namespace quorate
