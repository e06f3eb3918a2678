// A client that changes the metadata at a modest rate during a chaos test: topics, partitions,
// configs, reassignments, elections and leadership transfers, all with request ids.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "client/admin_client.h"
#include "tests/harness/cluster.h"
#include "tests/process/chaos/client_history.h"

namespace quorate::testing {

struct LoadOptions {
  std::string name;
  uint64_t seed = 0;
  int brokers = 0;
  // The longest time that one call may take, with all its retries.
  std::chrono::milliseconds timeout{};
  // The wait between two calls.
  std::chrono::milliseconds interval{};
};

// Owns one thread. The clients of a test share the names of their topics, so that they get in each
// other's way.
class LoadClient {
 public:
  // The arguments must outlive the client.
  LoadClient(const Cluster* cluster, LoadOptions options, ClientHistory* history);
  ~LoadClient();

  // Ends the thread after the call in flight.
  void Stop();

 private:
  void Run();
  void MakeOneCall();

  void CreateTopic();
  void DeleteTopic();
  void AddPartitions();
  void AlterConfig();
  void Reassign();
  void ElectLeaders();
  void TransferLeadership();
  void ReadTopics();

  // Begins the record of a change, and gives the request its id.
  template <typename Request>
  Change Begin(Request& request);
  // Records what became of it. `holds` makes the check of a successful answer.
  template <typename Response>
  void End(
      Change change, const client::CallResult<Response>& result,
      const std::function<std::function<bool(const metadata::MetadataImage&)>(const Response&)>&
          holds = nullptr);

  std::string AnyTopic();
  // Returns up to `count` different brokers in random order.
  std::vector<int32_t> AnyBrokers(size_t count);

  const LoadOptions options_;
  ClientHistory& history_;
  Rng rng_;
  const Uuid client_uuid_;
  int64_t last_sequence_ = 0;
  client::AdminClient client_;
  // One for each controller, for reads that may be stale.
  std::vector<client::AdminClient> single_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace quorate::testing
