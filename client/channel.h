// Creates all channels to Quorate processes, so that every caller (quoratectl, a broker, a
// benchmark) detects a dead connection and reconnects equally fast.
#pragma once

#include <grpcpp/channel.h>

#include <memory>

#include "base/clock.h"
#include "base/host_port.h"
#include "security/tls_store.h"

namespace quorate::client {

// A connection with a call in flight is pinged after this much silence, and closed if no answer
// arrives within the timeout. A server must allow pings at this interval
// (GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS), or it closes the connection as abusive.
inline constexpr Duration kKeepaliveTime = std::chrono::seconds(10);
inline constexpr Duration kKeepaliveTimeout = std::chrono::seconds(5);

// Returns a channel with a separate connection, so that the backoff of other channels does not
// delay it. It connects when it is first used. It accepts answers of any size, because servers
// limit what they send, and never uses a proxy. With `tls`, it proves this process's identity with
// the store's current certificate and accepts only a server whose certificate is for the host of
// `endpoint`; if `tls` is null, it is plain text. The channel is thread-safe.
std::shared_ptr<grpc::Channel> MakeChannel(const HostPort& endpoint,
                                           const security::TlsStore* tls = nullptr);

}  // namespace quorate::client
