// The clients of a simulated cluster: they ask for changes and read, on one controller or another,
// and write down what they were told. On their way to the leader changes are forwarded, held up,
// lost, and sent again where that does no harm, as by server/request_router.h.
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

  // Begins to work, for ever.
  void Start() {
    ScheduleNext();
    CrowdWhereTwoLead(Duration(0));
  }

  // From now on there is always something to do soon.
  void Hurry();
  // Begins nothing new.
  void Stop() { stopped_ = true; }

 private:
  struct Request;
  using RequestPtr = std::shared_ptr<Request>;

  void ScheduleNext();
  // After a pause: asks more often while two controllers believe that they lead.
  void CrowdWhereTwoLead(Duration pause);
  // By way of a controller.
  void Ask(Change change, Machine* via);
  void Read();
  Change DrawChange();
  // An attempt that nobody waits for, whatever becomes of the others: of a request with an id.
  void StrayLater(const RequestPtr& request);
  // The next attempt: by way of a controller, to the one that it believes leads.
  void Try(const RequestPtr& request, Machine* via);
  void Deliver(const RequestPtr& request, Process* process, int number, Epoch epoch);
  void Submit(const RequestPtr& request, Process* process, int number, Epoch epoch);
  void OnAnswer(const RequestPtr& request, int number, const User::Answered& answer);
  // An attempt of which no more is heard.
  void OnFailure(const RequestPtr& request, int number, bool maybe_executed);
  // Sends a request again as soon as its controller hears of a leader of a later epoch.
  void Watch(const RequestPtr& request);
  bool Ends(const RequestPtr& request);
  void GiveUp(const RequestPtr& request);

  // Mostly the one that leads; sometimes another, or one that believes it does.
  Machine* PickLeader();
  Machine* PickAny() { return machines_[rng_.Below(machines_.size())]; }
  Machine* Find(NodeId id);
  bool OneIn(uint64_t n) { return rng_.Below(n) == 0; }

  const Surroundings surroundings_;
  Rng& rng_;
  const std::vector<Machine*> machines_;
  // Between two operations, on average.
  Duration pause_;
  bool stopped_ = false;
  int64_t values_ = 0;
  // Requests made where two led.
  int crowd_ = 0;
  // What was answered of late.
  std::deque<Change> remembered_;
};

}  // namespace quorate::sim
