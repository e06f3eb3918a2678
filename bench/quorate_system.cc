#include "bench/quorate_system.h"

#include <utility>

namespace quorate::bench {

QuorateSystem::QuorateSystem(std::string name, std::string program)
    : name_(std::move(name)),
      cluster_({.controllers = 3, .brokers = 1, .controller_program = std::move(program)}) {
  cluster_.Start();
  client::AdminClient client = cluster_.Client();
  CreateWrittenTopics(client);
  // The broker was needed to create the topics. As a subscriber it would use a share of the CPU.
  cluster_.broker(1).Kill();
  for (int node = 1; node <= 3; ++node) processes_.push_back(cluster_.controller(node).pid());
  const int active = cluster_.AwaitActive();
  writes_.emplace(*ParseHostPort(cluster_.ControllerEndpoint(active)), ConfigWrite());
}

LoadResult QuorateSystem::Load(const LoadOptions& options) {
  return writes_->Run(options, processes_);
}

std::vector<HostPort> QuorateSystem::listeners() const {
  client::AdminClient client = cluster_.Client();
  const admin::v1::DescribeClusterResponse described = testing::Must(client.DescribeCluster({}));
  std::vector<HostPort> all;
  for (const auto& controller : described.controllers()) {
    all.push_back(*ParseHostPort(controller.client_endpoint()));
    all.push_back(*ParseHostPort(controller.peer_endpoint()));
  }
  return all;
}

}  // namespace quorate::bench
