#include "tests/sim/operator.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace quorate::sim {
namespace {

using controller::AddVoter;
using controller::RemoveVoter;

// The longest pause between two requests.
constexpr Duration kPauseMax = std::chrono::milliseconds(100);
constexpr Duration kPatienceMax = std::chrono::seconds(10);

RemoveVoter Removal(const raft::Voter& voter) {
  return {.node_id = voter.key.node_id, .directory_id = voter.key.directory_id};
}

}  // namespace

void Operator::Begin(const Machine& machine) {
  if (!steps_.empty()) return;
  Plan(machine);
  ++step_;
  deadline_ =
      surroundings_.scheduler->now() + RandomBetween(*surroundings_.rng, Duration(0), kPatienceMax);
  for (const controller::VoterChange& change : steps_) {
    if (const auto* add = std::get_if<AddVoter>(&change)) {
      surroundings_.invariants->OnVoterRequested(add->replica);
    }
    surroundings_.trace->Line(absl::StrCat("* an operator is to ", ToText(change)));
  }
  Ask();
}

// A new directory of a node is added after the old one was removed, because a node has one vote.
// Another node is added before the old one is removed.
void Operator::Plan(const Machine& machine) {
  const raft::ReplicaKey key = machine.voter().key;
  const raft::Voter* voter = surroundings_.electorate->governing().FindByNodeId(machine.id());
  if (voter == nullptr) {
    steps_ = {AddVoter{key}};
  } else if (voter->key != key) {
    steps_ = {Removal(*voter), AddVoter{key}};
  } else {
    const Machine* other = FindObserver();
    if (other != nullptr) steps_.emplace_back(AddVoter{other->voter().key});
    steps_.emplace_back(Removal(*voter));
  }
}

const Machine* Operator::FindObserver() {
  Rng& rng = *surroundings_.rng;
  const Machine* machine = machines_[rng.Below(machines_.size())];
  const raft::VoterSet& voters = surroundings_.electorate->governing();
  return voters.FindByNodeId(machine->id()) == nullptr ? machine : nullptr;
}

void Operator::Ask() {
  if (surroundings_.scheduler->now() >= deadline_) steps_.clear();
  if (steps_.empty()) return;
  for (Machine* machine : machines_) {
    if (!machine->up() || !machine->process()->user().leads()) continue;
    machine->process()->user().ChangeVoters(steps_.front(), [this, step = step_] {
      if (step != step_ || steps_.empty()) return;
      steps_.pop_front();
      ++step_;
    });
  }
  surroundings_.scheduler->After(RandomBetween(*surroundings_.rng, Duration(1), kPauseMax),
                                 [this] { Ask(); });
}

}  // namespace quorate::sim
