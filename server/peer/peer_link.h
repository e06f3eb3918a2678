// Keeps our own stream of one class to one peer open: it dials, says Hello, and dials again when
// the stream ends.
//
//             refused, no answer            connected
//   kWaiting ◄──────────────────── kDialling ────────► kOpening ────────► kUp
//      │  ▲                           ▲  ▲                │    Hello       │
//      │  └───────────────────────────┼──┼────────────────┘ ended          │
//      └──────────────────────────────┘  └─────────────────────────────────┘ ended
//        back-off is over, or the peer shows a sign of life
//
// Dialling is a plain connect(2). gRPC gets an address that accepted a connection just now, and a
// new channel, so that gRPC's own back-off never delays the stream.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "grpcpp/channel.h"
#include "server/peer/peer_context.h"
#include "server/peer/peer_outbound_stream.h"

namespace quorate::server {

// Lives on the raft loop.
class PeerLink final : private PeerOutboundStream::Owner {
 public:
  class Owner {
   public:
    // Both sides have said Hello. `channel` is the stream's channel.
    virtual void OnLinkUp(raft::StreamClass stream, const Hello& hello,
                          const std::shared_ptr<grpc::Channel>& channel) = 0;
    // The stream was up and has ended. `by_us` is true if we ended it, or if the peer ended it with
    // a reason: the end then says nothing about whether the peer is alive.
    virtual void OnLinkDown(raft::StreamClass stream, bool by_us) = 0;
    // An attempt at the link's address() failed.
    virtual void OnLinkFailed(raft::StreamClass stream, const std::string& why) = 0;
    // The connection was refused: nothing listens at the peer's address.
    virtual void OnLinkRefused() = 0;
    virtual void OnLinkGoodbye(const Goodbye& goodbye) = 0;
    virtual void OnLinkMessage(raft::Message message) = 0;

   protected:
    ~Owner() = default;
  };

  PeerLink(PeerContext* context, Owner* owner, NodeId peer, raft::StreamClass stream_class,
           std::shared_ptr<PeerMetrics> metrics);

  // Sets the addresses for the next dial and later ones. Requires at least one address; call it
  // once before Start. The first address is where the peer should be. After a failed attempt the
  // next one is tried.
  void SetAddresses(std::vector<HostPort> addresses);
  void Start();
  // Stops calling the owner and stops dialling until Start is called again. An open stream stays
  // open until the registry ends it; to end it now, call Break before Stop.
  void Stop();

  // The peer has shown a sign of life. If the link is in its back-off, the next dial is due now,
  // but not sooner than redial_min after the last one.
  void Wake();

  // The peer has said that it is stopping. After its stream ends, the link waits for redial_max, or
  // until Wake, before it dials. An immediate dial would burden the peer, and the node that takes
  // over from it, when they are busiest.
  void ExpectStop() { stop_is_expected_ = true; }

  // Sends a message. Drops it if the stream is not up.
  void Send(const PeerPayload& payload);

  // Ends the stream as if the connection had broken.
  void Break();
  // Ends the stream if it leads to another incarnation of the peer than this one.
  void BreakUnlessTo(uint64_t incarnation);

  bool up() const { return state_ == State::kUp; }
  // The address that is being dialled, or was dialled last.
  const HostPort& address() const { return addresses_[current_]; }
  // Where the peer should be.
  const HostPort& expected_address() const { return addresses_[0]; }
  // Returns whether the link is stopped and no callback to it is pending, so that it may be
  // destroyed.
  bool idle() const { return state_ == State::kStopped && pending_ends_ == 0; }

 private:
  enum class State { kStopped, kWaiting, kDialling, kOpening, kUp };

  // A stream that was up for at least this long is dialled again without a wait when it ends.
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
  // Returns OK if the node that answered is the one that we dialled, and its incarnation is the
  // only one.
  absl::Status Check(const Hello& hello) const;

  // PeerOutboundStream::Owner
  void OnPayload(PeerOutboundStream* stream, PeerPayload payload) override;
  void OnEnd(PeerOutboundStream* stream, absl::Status why) override;

  PeerContext* const context_;
  Owner* const owner_;
  const NodeId peer_;
  const raft::StreamClass stream_class_;
  const std::shared_ptr<PeerMetrics> metrics_;
  std::vector<HostPort> addresses_;
  size_t current_ = 0;
  // Dials and streams whose end has not been reported yet.
  int pending_ends_ = 0;

  State state_ = State::kStopped;
  // In kWaiting, fires when the next dial is due. In kOpening, fires when the wait for Hello times
  // out.
  TimerId timer_ = kNoTimer;
  // The next wait. It doubles with each failure, and is reset after a stable stream.
  Duration back_off_;
  bool stop_is_expected_ = false;
  // Numbers the dials, so that the result of an older dial is ignored.
  uint64_t attempt_ = 0;
  MonoTime last_dial_;
  // Set from kOpening on.
  std::shared_ptr<grpc::Channel> channel_;
  std::shared_ptr<PeerOutboundStream> stream_;
  // The incarnation of the process that answered last; 0 if it named none.
  uint64_t incarnation_ = 0;
  // Why either end refused the stream before it was up.
  std::string refusal_;
  // The numeric address that the stream is connected to.
  HostPort dialled_address_;
  MonoTime up_since_;
};

}  // namespace quorate::server
