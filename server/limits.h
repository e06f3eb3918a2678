// Every limit on what a controller takes in from outside, in one place. A limit on bytes bounds
// memory; together those of the client listener and the peer listener stay below 256 MiB, whatever
// is sent and whatever is answered.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/budget.h"
#include "base/clock.h"

namespace quorate::server {

inline constexpr size_t kMiB = size_t{1} << 20;

// One message.

// The largest request that a client may send. The same number is in docs/grpc.md.
inline constexpr int kMaxRequestBytes = 8 << 20;
// The largest message between controllers: an entry of 8 MiB, or a forwarded request or answer, and
// everything around it.
inline constexpr int kMaxPeerMessageBytes = 16 << 20;
// The largest answer: it must fit a message between controllers with the envelope around it.
inline constexpr size_t kMaxAnswerBytes = size_t{kMaxPeerMessageBytes} - 64 * 1024;

// Requests whose bytes are being received at once, each of up to the size above: the others wait,
// with at most gRPC's 64 KiB of each in memory.
inline constexpr size_t kMaxReceivingClients = 8;
inline constexpr size_t kMaxReceivingPeers = 4;
inline constexpr size_t kMaxReceivingProcessCalls = 2;
// Of them, requests of one connection.
inline constexpr size_t kMaxReceivingOfClient = 4;
inline constexpr size_t kMaxReceivingOfPeer = 2;
// How long one may take to arrive while another connection gets no turn.
inline constexpr Duration kMaxReceiveTime = std::chrono::milliseconds(250);

// How long a client may take to receive an answer.
inline constexpr Duration kMaxSendTime = std::chrono::seconds(30);

// A request above this size takes milliseconds to parse.
inline constexpr size_t kLargeRequestBytes = size_t{128} << 10;

// Calls in hand, from their first byte until gRPC has sent the answer. The bytes count a request as
// it lies in memory, then its answer.

// Changes that clients ask for. As many as the loops queue without delaying a heartbeat.
inline constexpr Budget::Limits kClientWrites = {.max_count = 4'096, .max_bytes = 64 * kMiB};
// Lists and descriptions. Fewer, because each costs a round of heartbeats and a response.
inline constexpr Budget::Limits kClientReads = {.max_count = 2'048, .max_bytes = 48 * kMiB};
// Single answers above this size take the one place for large ones: the description of a million
// partitions needs about 40 MiB, and 180 MiB while it is made if they are all of one topic.
inline constexpr size_t kLargeAnswerBytes = 16 * kMiB;
inline constexpr Budget::Limits kLargeReads = {.max_count = 1, .max_bytes = 224 * kMiB};
// Changes of the voters and of the leader, which may wait for minutes and are few.
inline constexpr Budget::Limits kQuorumChanges = {.max_count = 64, .max_bytes = kMiB};
// What brokers ask for, so that clients cannot keep a broker from registering.
inline constexpr Budget::Limits kBrokerCalls = {.max_count = 4'096, .max_bytes = 32 * kMiB};
// What operators ask a process, controller or broker, about itself.
inline constexpr Budget::Limits kProcessCalls = {.max_count = 16, .max_bytes = kMiB};
// What the other controllers forward; each of them has its own limits on what it takes in.
inline constexpr Budget::Limits kForwardedCalls = {.max_count = 8'192, .max_bytes = 48 * kMiB};

// Streams. Each of them holds little: a heartbeat, or one chunk for a slow subscriber.

// Heartbeats have room of their own. Two streams for each of a thousand brokers is far from it.
inline constexpr Budget::Limits kHeartbeatStreams = {.max_count = 10'000, .max_bytes = 64 * kMiB};
inline constexpr size_t kHeartbeatStreamBytes = 4'096;
// One for each broker and each tool that follows the log.
inline constexpr Budget::Limits kSubscriptions = {.max_count = 4'096, .max_bytes = 64 * kMiB};
inline constexpr size_t kSubscriptionBytes = 8'192;
inline constexpr size_t kMaxSubscribeRequestBytes = 4'096;

// gRPC.

// Calls of one connection; more of them wait at the client. A broker needs four.
inline constexpr int kMaxStreamsPerConnection = 1'024;
// Forwarded calls share one connection for each peer.
inline constexpr int kMaxStreamsPerPeerConnection = 8'192;
// What gRPC may hold for one listener's connections before it ends calls to get memory back. Well
// above what the limits here let it hold, so that this never ends a call of a client that behaves.
inline constexpr size_t kGrpcQuotaBytes = 256 * kMiB;

// When a refused call may be tried again: about as long as an election takes.
inline constexpr int64_t kRetryAfterMs = 100;

// The longest that a call may wait, whatever its deadline: above every deadline that makes sense,
// and far below where a clock overflows.
inline constexpr Duration kMaxTimeout = std::chrono::hours(24);

// Descriptors.

// What a program raises its soft limit to, if the hard one lets it.
inline constexpr uint64_t kWantedDescriptors = 65'536;
// Connections take descriptors below this number only, because each costs memory too: thousands of
// brokers and tools, about 60 KiB each.
inline constexpr uint64_t kMaxConnectionDescriptors = 16'384;
// The last descriptors below either limit are not for connections of clients, so that peers still
// come in; and some of them not for peers either, so that the log and snapshots can be opened.
inline constexpr int kReservedFromClients = 256;
inline constexpr int kReservedFromPeers = 128;
// A connection whose bytes stay without acknowledgement for so long is broken.
inline constexpr Duration kUnacknowledgedTimeout = std::chrono::seconds(15);

// Strings.

// A principal, as it is written into the log with every entry.
inline constexpr size_t kMaxPrincipalBytes = 1'024;
// As much of a method's unknown name as an error repeats.
inline constexpr size_t kMaxMethodNameBytes = 128;
// What a subscriber calls itself, for the controller's log.
inline constexpr size_t kMaxSubscriberNameBytes = 128;

}  // namespace quorate::server
