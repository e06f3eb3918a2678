// The servers that this program is itself: run anew with a flag of its own, each a process.
#pragma once

#include <grpcpp/server.h>

#include <memory>
#include <string>
#include <vector>

#include "base/host_port.h"
#include "tests/harness/process.h"

namespace quorate::bench {

// Runs this program with `flags`, which must lead to Listen at `endpoint`, and waits for that. What
// it prints is written to the file `log`. A server that does not come ends the program.
std::unique_ptr<testing::Process> StartOwnServer(const HostPort& endpoint,
                                                 const std::vector<std::string>& flags,
                                                 const std::string& log);

// `service` must outlive the server. A port in use ends the program.
std::unique_ptr<grpc::Server> Listen(const std::string& endpoint, grpc::Service* service);

}  // namespace quorate::bench
