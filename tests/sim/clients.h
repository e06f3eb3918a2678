// The clients of a simulated cluster. They send changes and reads to random controllers and record
// the answers. On the way to the leader, changes are forwarded, delayed, lost, and sent again if
// that is safe, as server/node/request_router.h does.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "tests/sim/machine.h"

namespace quorate::sim {

class Clients {
 public:
  // The machines outlive the clients.
  Clients(const Surroundings& surroundings, std::vector<Machine*> machines)
      : surroundings_(surroundings),
        rng_(*surroundings.rng),
        machines_(std::move(machines)),
        pause_(surroundings.swarm->client_pause) {}

  // Starts sending requests, until Stop.
  void Start() {
    ScheduleNext();
    CrowdWhereTwoLead(Duration(0));
  }

  // Sends requests frequently from now on.
  void Hurry();
  // Sends requests seldom from now on.
  void SlowDown();
  // Sends no new requests.
  void Stop() { stopped_ = true; }

 private:
  struct Request;
  using RequestPtr = std::shared_ptr<Request>;

  void ScheduleNext();
  // Checks after `pause`, and then repeatedly, whether two controllers believe that they lead.
  // Sends more requests while they do.
  void CrowdWhereTwoLead(Duration pause);
  // Sends a change to the controller `via`.
  void Ask(Change change, Machine* via);
  void Read();
  Change DrawChange();
  // Makes another attempt later whose result is ignored, independent of the other attempts.
  // REQUIRES: the request has an id.
  void StrayLater(const RequestPtr& request);
  // Makes the next attempt: sends it to `via`, which forwards it to the controller that it believes
  // to lead.
  void Try(const RequestPtr& request, Machine* via);
  void Deliver(const RequestPtr& request, Process* process, int number, Epoch epoch);
  void Submit(const RequestPtr& request, Process* process, int number, Epoch epoch);
  void OnAnswer(const RequestPtr& request, int number, const User::Answered& answer);
  // Handles an attempt whose answer was lost.
  void OnFailure(const RequestPtr& request, int number, bool maybe_executed);
  // Sends a request again as soon as its controller learns of a leader of a later epoch.
  void Watch(const RequestPtr& request);
  bool Ends(const RequestPtr& request);
  void GiveUp(const RequestPtr& request);

  // Returns mostly the leader, sometimes another controller or one that believes that it leads.
  Machine* PickLeader();
  Machine* PickAny() { return machines_[rng_.Below(machines_.size())]; }
  Machine* Find(NodeId id);
  bool OneIn(uint64_t n) { return rng_.Below(n) == 0; }

  const Surroundings surroundings_;
  Rng& rng_;
  const std::vector<Machine*> machines_;
  // The average time between two operations.
  Duration pause_;
  bool stopped_ = false;
  int64_t values_ = 0;
  // The number of requests sent while two controllers led.
  int crowd_ = 0;
  // Recently answered changes.
  std::deque<Change> remembered_;
};

}  // namespace quorate::sim
