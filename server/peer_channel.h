// How peers connect: the gRPC settings of both ends, in one place.
#pragma once

#include <memory>
#include <string>

#include "base/host_port.h"
#include "grpcpp/channel.h"
#include "grpcpp/server_builder.h"
#include "server/peer_options.h"

namespace quorate::server {

// A new channel, with a connection of its own, to a numeric address that was just seen to accept
// connections. A channel for each dial: gRPC's back-off and name resolution, which belong to a
// channel, then never stand in the way. `authority` is the name that the peer is configured under.
std::shared_ptr<grpc::Channel> DialPeer(const HostPort& address, const std::string& authority,
                                        const PeerTimings& timings);

// For the server that listens to peers.
void ConfigurePeerServer(const PeerTimings& timings, grpc::ServerBuilder* builder);

}  // namespace quorate::server
