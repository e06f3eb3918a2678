// Creates the connections between controllers. The gRPC settings of both ends are in this file.
#pragma once

#include <memory>
#include <string>

#include "base/host_port.h"
#include "grpcpp/channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/server_builder.h"
#include "server/peer/peer_options.h"

namespace quorate::server {

// Returns a new channel with its own connection to `address`, which must be numeric and should have
// accepted a connection just now. Each dial gets a new channel, because gRPC's back-off and name
// resolution belong to a channel and must never delay a dial. `authority` is the address that the
// peer is configured with.
std::shared_ptr<grpc::Channel> DialPeer(
    const HostPort& address, const std::string& authority,
    const std::shared_ptr<grpc::ChannelCredentials>& credentials, const PeerTimings& timings);

// Applies the settings to the server that listens for peers.
void ConfigurePeerServer(const PeerTimings& timings, grpc::ServerBuilder* builder);

}  // namespace quorate::server
