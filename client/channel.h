// The one place where a channel to a Quorate process is made, so that every caller (quoratectl, a
// broker, a benchmark) notices a dead connection and finds a living one equally fast.
#pragma once

#include <grpcpp/channel.h>

#include <memory>

#include "base/clock.h"
#include "base/host_port.h"

namespace quorate::client {

// A connection that carries a call is pinged after this much silence, and given up when no answer
// comes within the timeout. A server must allow pings this often
// (GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS), or it closes the connection as abusive.
inline constexpr Duration kKeepaliveTime = std::chrono::seconds(10);
inline constexpr Duration kKeepaliveTimeout = std::chrono::seconds(5);

// A channel with a connection of its own: no other channel's backoff delays it. It connects when it
// is first used. Answers of any size are accepted (a server limits what it sends), and no proxy is
// ever used. Thread-safe.
std::shared_ptr<grpc::Channel> MakeChannel(const HostPort& endpoint);

}  // namespace quorate::client
