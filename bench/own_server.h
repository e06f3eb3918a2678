// Starts servers that are this program itself, run again in separate processes with a special flag.
#pragma once

#include <grpcpp/server.h>

#include <memory>
#include <string>
#include <vector>

#include "base/host_port.h"
#include "tests/harness/process.h"

namespace quorate::bench {

// Runs this program with `flags`, with which its main function must call Listen at `endpoint`, and
// waits until it listens. Its output goes to the file `log`. Ends the program if the server does
// not start.
std::unique_ptr<testing::Process> StartOwnServer(const HostPort& endpoint,
                                                 const std::vector<std::string>& flags,
                                                 const std::string& log);

// Starts a server. `service` must outlive it. Ends the program if the port is in use.
std::unique_ptr<grpc::Server> Listen(const std::string& endpoint, grpc::Service* service);

}  // namespace quorate::bench
