// All limits on what a controller admits from clients, brokers and peers. A limit on bytes bounds
// memory, whatever the requests and answers are. All budgets of both listeners add up to less than
// 256 MiB, except kLargeReads, which only a cluster with very many partitions can fill.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/budget.h"
#include "base/clock.h"

namespace quorate::server {

inline constexpr size_t kMiB = size_t{1} << 20;

// Messages.

// The largest request that a client may send. docs/grpc.md states the same number.
inline constexpr int kMaxRequestBytes = 8 << 20;
// The largest message between controllers: an entry of 8 MiB, or a forwarded request or answer,
// plus everything around it.
inline constexpr int kMaxPeerMessageBytes = 16 << 20;
// The largest answer: with its envelope it must fit into a message between controllers.
inline constexpr size_t kMaxAnswerBytes = size_t{kMaxPeerMessageBytes} - size_t{64} * 1024;

// How many requests, each up to the size above, are received at the same time. The others wait;
// gRPC buffers at most 64 KiB of each of them.
inline constexpr size_t kMaxReceivingClients = 8;
inline constexpr size_t kMaxReceivingPeers = 4;
inline constexpr size_t kMaxReceivingProcessCalls = 2;
// How many of them may belong to one connection.
inline constexpr size_t kMaxReceivingOfClient = 4;
inline constexpr size_t kMaxReceivingOfPeer = 2;
// How long one request may take to arrive while another connection waits for its turn.
inline constexpr Duration kMaxReceiveTime = std::chrono::milliseconds(250);

// How long a client may take to receive an answer.
inline constexpr Duration kMaxSendTime = std::chrono::seconds(30);

// A request above this size takes milliseconds to parse.
inline constexpr size_t kLargeRequestBytes = size_t{128} << 10;

// Calls in flight. A call counts from its first byte until gRPC has sent the answer. Its bytes are
// the size of the request in memory, and later the size of its answer.

// Changes that clients request. The loops can queue this many without delaying a heartbeat.
inline constexpr Budget::Limits kClientWrites = {.max_count = 4'096, .max_bytes = 64 * kMiB};
// Lists and descriptions. Fewer than writes, because each costs a round of heartbeats and a
// response.
inline constexpr Budget::Limits kClientReads = {.max_count = 2'048, .max_bytes = 40 * kMiB};
// An answer above kLargeAnswerBytes uses this separate budget, which admits one answer at a time.
// The description of a million partitions needs about 40 MiB, and 180 MiB while it is built if they
// all belong to one topic.
inline constexpr size_t kLargeAnswerBytes = 16 * kMiB;
inline constexpr Budget::Limits kLargeReads = {.max_count = 1, .max_bytes = 224 * kMiB};
// Changes of the voters and transfers of leadership, which are few and may wait for minutes.
inline constexpr Budget::Limits kQuorumChanges = {.max_count = 64, .max_bytes = kMiB};
// Calls of brokers. Separate from those of clients, so that clients cannot keep a broker from
// registering.
inline constexpr Budget::Limits kBrokerCalls = {.max_count = 4'096, .max_bytes = 32 * kMiB};
// Calls of operators about the process itself, controller or broker.
inline constexpr Budget::Limits kProcessCalls = {.max_count = 16, .max_bytes = kMiB};
// Pages of the audit log. One at a time is read, and each takes milliseconds.
inline constexpr Budget::Limits kAuditReads = {.max_count = 16, .max_bytes = 4 * kMiB};
// Calls that other controllers forward. Each of those controllers has its own limits on clients.
inline constexpr Budget::Limits kForwardedCalls = {.max_count = 8'192, .max_bytes = 40 * kMiB};

// Streams. Each of them holds little memory: a heartbeat, or one chunk for a slow subscriber.

// Heartbeat streams have their own budget. A thousand brokers with two streams each use a fifth of
// it.
inline constexpr Budget::Limits kHeartbeatStreams = {.max_count = 10'000, .max_bytes = 40 * kMiB};
inline constexpr size_t kHeartbeatStreamBytes = 4'096;
// One for each broker and each tool that follows the log.
inline constexpr Budget::Limits kSubscriptions = {.max_count = 4'096, .max_bytes = 32 * kMiB};
inline constexpr size_t kSubscriptionBytes = 8'192;
inline constexpr size_t kMaxSubscribeRequestBytes = 4'096;
// Streams of events. Each replays the log into an image of its own, which these bytes do not
// include.
inline constexpr Budget::Limits kEventStreams = {.max_count = 2, .max_bytes = kMiB};

// What the calls and streams of a controller may hold together, without kLargeReads.
static_assert(kClientWrites.max_bytes + kClientReads.max_bytes + kQuorumChanges.max_bytes +
                  kBrokerCalls.max_bytes + kProcessCalls.max_bytes + kAuditReads.max_bytes +
                  kForwardedCalls.max_bytes + kHeartbeatStreams.max_bytes +
                  kSubscriptions.max_bytes + kEventStreams.max_bytes <=
              256 * kMiB);

// gRPC.

// Concurrent calls of one connection. The client holds further calls back. A broker needs four.
inline constexpr int kMaxStreamsPerConnection = 1'024;
// Forwarded calls share one connection for each peer.
inline constexpr int kMaxStreamsPerPeerConnection = 8'192;
// How much memory gRPC may use for one listener's connections before it ends calls to free some. It
// is well above what the limits here allow, so that gRPC never ends a call of a well-behaved
// client.
inline constexpr size_t kGrpcQuotaBytes = 256 * kMiB;

// When the client may retry a refused call: about as long as an election takes.
inline constexpr int64_t kRetryAfterMs = 100;

// The longest that a call may wait, whatever its deadline. It is above every sensible deadline, and
// far below the point where adding it to a clock overflows.
inline constexpr Duration kMaxTimeout = std::chrono::hours(24);

// File descriptors.

// The soft limit that a program sets for itself, as far as the hard limit allows.
inline constexpr uint64_t kWantedDescriptors = 65'536;
// The last descriptors below the lower of this limit and ConnectionLimits::max_descriptors are
// reserved. Clients leave 256 of them free, so that peers can still connect; peers leave 128 free,
// so that the files of the log and of snapshots can still be opened.
inline constexpr int kReservedFromClients = 256;
inline constexpr int kReservedFromPeers = 128;
// New connections of one listener (server/calls/connection_gate.h).
struct ConnectionLimits {
  // Connections use only descriptors below this number, because each connection also costs memory,
  // about 60 KiB.
  size_t max_descriptors = 0;
  // Connections whose first bytes have not arrived or that wait for a place: in all, and of one
  // host. A new one beyond the first limit replaces the oldest one of the host that has most.
  size_t max_waiting = 0;
  size_t max_waiting_of_host = 0;
  // Connections that gRPC has and that have not made a call.
  size_t max_opening = 0;
  size_t max_opening_of_host = 0;
  // All connections of one host.
  size_t max_of_host = 0;
  // How long a connection may wait, and after how long gRPC has closed it if its handshakes are
  // not complete.
  Duration timeout = {};
  // How long a connection keeps its place although others wait for it.
  Duration min_opening_time = {};
};
// The defaults. The options of both programs change some of them (server/program/process_config.h).
inline constexpr ConnectionLimits kConnectionLimits = {
    // Enough for thousands of brokers and tools.
    .max_descriptors = 16'384,
    .max_waiting = 4'096,
    .max_waiting_of_host = 1'024,
    // A connection that opens costs up to 100 KiB.
    .max_opening = 256,
    .max_opening_of_host = 64,
    .max_of_host = 2'048,
    .timeout = std::chrono::seconds(10),
    .min_opening_time = std::chrono::seconds(2)};
// A connection is broken if sent bytes stay unacknowledged for this long.
inline constexpr Duration kUnacknowledgedTimeout = std::chrono::seconds(15);

// Strings.

// A principal, which every entry of the log contains.
inline constexpr size_t kMaxPrincipalBytes = 1'024;
// How much of an unknown method name an error message repeats.
inline constexpr size_t kMaxMethodNameBytes = 128;
// The name that a subscriber gives itself, as the controller's log shows it.
inline constexpr size_t kMaxSubscriberNameBytes = 128;

}  // namespace quorate::server
