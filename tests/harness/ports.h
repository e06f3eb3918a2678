// Free loopback ports for the processes of a test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace quorate::testing {

// `count` ports that were free a moment ago, below the range from which the kernel takes the ports
// of outgoing connections, and none that this process was given before: a cluster's addresses must
// be known before it starts, and stay free while one of its processes is down.
std::vector<uint16_t> FreePorts(size_t count);

}  // namespace quorate::testing
