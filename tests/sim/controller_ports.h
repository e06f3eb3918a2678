// The ports through which a simulated controller asks other voters for the brokers that they hear
// from, and dials brokers.
#pragma once

#include <vector>

#include "controller/broker_prober.h"
#include "controller/voter_poll.h"

namespace quorate::sim {

class Brokers;

class ControllerPorts final : public controller::VoterPoll, public controller::BrokerProber {
 public:
  // `brokers` is null if there are none. It outlives the ports.
  ControllerPorts(Brokers* brokers, NodeId self) : brokers_(brokers), self_(self) {}

  void Ask(const std::vector<NodeId>& voters, Duration within,
           absl::AnyInvocable<void(std::vector<controller::VoterAnswer>) &&> done) override;
  void Probe(const metadata::Endpoint& endpoint, BrokerId broker, const Uuid& incarnation,
             absl::AnyInvocable<void(controller::ProbeResult) &&> done) override;

 private:
  Brokers* const brokers_;
  const NodeId self_;
};

}  // namespace quorate::sim
