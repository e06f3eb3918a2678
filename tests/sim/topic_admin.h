// Changes the topics of a simulated cluster like administrators with quoratectl: creates, extends
// and deletes topics, begins, overwrites and cancels reassignments, elects leaders, allows unclean
// elections, and unregisters brokers. Nobody repeats a request that was lost or refused.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "controller/operation.h"
#include "tests/sim/checks/partition_checks.h"
#include "tests/sim/machine.h"

namespace quorate::sim {

class TopicAdmin {
 public:
  // The topic of all brokers, which is created first and never deleted.
  static constexpr char kTopic[] = "t";
  static constexpr int kPartitions = 30;

  // Everything outlives the administrator.
  TopicAdmin(Scheduler* scheduler, Trace* trace, Rng* rng, PartitionChecks* checks)
      : scheduler_(*scheduler), trace_(*trace), rng_(*rng), checks_(*checks) {}

  void Start(std::vector<Machine*> machines);
  // Sends no further request, except to create kTopic. Requests that are under way are lost.
  void Stop() { over_ = true; }

 private:
  void Schedule();
  void Act(Machine* machine);
  void CreateFirstTopic(Machine* machine, const metadata::MetadataImage& image);
  void CreateTopic(Machine* machine);
  void DeleteTopics(Machine* machine, const metadata::MetadataImage& image);
  void CreatePartitions(Machine* machine, const metadata::TopicImage& topic);
  void Reassign(Machine* machine, const metadata::TopicImage& topic);
  void CancelReassignments(Machine* machine, const metadata::TopicImage& topic);
  void ElectLeaders(Machine* machine, const metadata::TopicImage& topic);
  void AllowUnclean(Machine* machine, const metadata::TopicImage& topic);
  void Unregister(Machine* machine);

  // Sends the request to the machine, which receives it a while later if it still runs.
  template <typename Request, typename Response>
  void Send(Machine* machine, const controller::Operation<Request, Response>& operation,
            const Request& request);
  // Returns a random topic.
  metadata::TopicPtr AnyTopic(const metadata::MetadataImage& image);
  // Returns up to `most` brokers in random order; now and then one of them twice, or an unknown
  // one.
  admin::v1::ReplicaAssignment AnyBrokers(uint64_t most);

  Scheduler& scheduler_;
  Trace& trace_;
  Rng& rng_;
  PartitionChecks& checks_;
  std::vector<Machine*> machines_;
  bool over_ = false;
  Duration pause_{0};
  int64_t requests_ = 0;
  int64_t topics_ = 0;
};

}  // namespace quorate::sim
