// Keeps our own stream of one class to one peer open: dials, says Hello, dials again when it ends.
//
//             refused, no answer            connected
//   kWaiting ◄──────────────────── kDialling ────────► kOpening ────────► kUp
//      │  ▲                           ▲  ▲                │    Hello       │
//      │  └───────────────────────────┼──┼────────────────┘ ended          │
//      └──────────────────────────────┘  └─────────────────────────────────┘ ended
//        back-off, or heard from the peer
//
// Dialling is a plain connect(2): gRPC is given an address that was just seen to listen, and a new
// channel, so that none of its own waiting is ever met.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "grpcpp/channel.h"
#include "server/peer_context.h"
#include "server/peer_outbound_stream.h"

namespace quorate::server {

// Lives on the raft loop.
class PeerLink final : private PeerOutboundStream::Owner {
 public:
  class Owner {
   public:
    // Both sides said Hello. `channel` is the stream's own.
    virtual void OnLinkUp(raft::StreamClass stream, const Hello& hello,
                          const std::shared_ptr<grpc::Channel>& channel) = 0;
    // The stream that was up ended. `by_us`: we ended it, or the peer with a reason, so that it
    // says nothing of the peer's life.
    virtual void OnLinkDown(raft::StreamClass stream, bool by_us) = 0;
    // An attempt at the link's address() failed.
    virtual void OnLinkFailed(raft::StreamClass stream, const std::string& why) = 0;
    // Nothing listens at the peer's address.
    virtual void OnLinkRefused() = 0;
    virtual void OnLinkGoodbye(const Goodbye& goodbye) = 0;
    virtual void OnLinkMessage(raft::Message message) = 0;

   protected:
    ~Owner() = default;
  };

  PeerLink(PeerContext* context, Owner* owner, NodeId peer, raft::StreamClass stream_class);

  // Where the peer is dialled from the next time on; at least one address, and once before Start.
  // The first one is where it should be; the next one is tried when an attempt fails.
  void SetAddresses(std::vector<HostPort> addresses);
  void Start();
  // Tells its owner nothing any more and dials no more, until it is started again; the stream goes
  // on until the registry ends it, or after Break.
  void Stop();

  // The peer gave a sign of life: dial it now, if we wait for it.
  void Wake();

  // The peer said that it stops. When the stream ends it is given time, or until Wake: every dial
  // would cost it, and the one that takes over from it, when they have least to spare.
  void ExpectStop() { stop_is_expected_ = true; }

  // Dropped unless the stream is up.
  void Send(const PeerPayload& payload);

  // Ends the stream, as if the connection had broken.
  void Break();
  // Ends a stream to another process of the peer's replica than this one.
  void BreakUnlessTo(uint64_t incarnation);

  bool up() const { return state_ == State::kUp; }
  // What is or was dialled last.
  const HostPort& address() const { return addresses_[current_]; }
  // Where the peer should be.
  const HostPort& expected_address() const { return addresses_[0]; }
  // Stopped, and nothing is under way that would come back to it: it may be destroyed.
  bool idle() const { return state_ == State::kStopped && under_way_ == 0; }

 private:
  enum class State { kStopped, kWaiting, kDialling, kOpening, kUp };

  // How long a stream must have been up for its end to be followed by a dial without any waiting.
  static constexpr Duration kStable = std::chrono::seconds(1);

  // "control stream to node 2 at controller-2:9093"
  std::string Name() const;
  void WaitUntil(MonoTime when);
  void BackOff();
  void Dial(const HostPort& address);
  void OnDialled(uint64_t attempt, const ConnectOutcome& outcome);
  void Open(const HostPort& numeric);
  void OnHello(const Hello& hello);
  void SetTimer(MonoTime when, void (PeerLink::*then)());
  void CancelTimer();
  void OnHelloTimeout();
  void DialCurrent();
  void OnAttemptFailed(const std::string& why);
  void Complain(const absl::Status& why);
  // OK: who answered is whom we mean, and the only one.
  absl::Status Check(const Hello& hello) const;

  // PeerOutboundStream::Owner
  void OnPayload(PeerOutboundStream* stream, PeerPayload payload) override;
  void OnEnd(PeerOutboundStream* stream, absl::Status why) override;

  PeerContext* const context_;
  Owner* const owner_;
  const NodeId peer_;
  const raft::StreamClass stream_class_;
  std::vector<HostPort> addresses_;
  size_t current_ = 0;
  // Dials and streams whose end was not told yet.
  int under_way_ = 0;

  State state_ = State::kStopped;
  // kWaiting: until the next dial; kOpening: until Hello must have come.
  TimerId timer_ = kNoTimer;
  // The next wait; doubles with each failure, and is short again after a stable stream.
  Duration back_off_;
  bool stop_is_expected_ = false;
  // The answer to an older dial is ignored.
  uint64_t attempt_ = 0;
  MonoTime last_dial_;
  // From kOpening on.
  std::shared_ptr<grpc::Channel> channel_;
  std::shared_ptr<PeerOutboundStream> stream_;
  // Of who answered last; 0: not told.
  uint64_t incarnation_ = 0;
  // Why this end, or the other one, refused the stream before it was up.
  std::string refusal_;
  // Where the stream goes; a number.
  HostPort dialled_address_;
  MonoTime up_since_;
};

}  // namespace quorate::server
