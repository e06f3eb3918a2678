// Free loopback ports for the processes of a test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace quorate::testing {

// Returns `count` ports that no process listens on. They are below the range that the kernel uses
// for outgoing connections. Until this process ends, no other call returns them, in this or another
// process: the addresses of a cluster must be known before it starts, and must stay free while one
// of its processes is down.
std::vector<uint16_t> FreePorts(size_t count);

}  // namespace quorate::testing
