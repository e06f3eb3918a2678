#include "tests/sim/clients.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"

namespace quorate::sim {
namespace {

using std::chrono::milliseconds;
using Repeats = ClientHistory::Repeats;

// The average time between two operations after Hurry and after SlowDown.
constexpr Duration kHurriedPause = milliseconds(100);
constexpr Duration kSlowPause = milliseconds(2000);
constexpr Duration kTimeoutMax = milliseconds(1000);
// The longest time for which a client repeats one request.
constexpr Duration kPatienceMax = milliseconds(5000);
// The longest pause before the next attempt.
constexpr Duration kPauseMax = milliseconds(100);
// An attempt is delayed by 1 << n milliseconds, with n below this number.
constexpr uint64_t kHoldUps = 13;
// How often clients check whether two controllers believe that they lead, and how often they then
// send requests to them; how many requests the new leader gets for each one of the old leader, and
// the total number of requests.
constexpr Duration kLookPause = milliseconds(20);
constexpr Duration kCrowdPause = milliseconds(4);
constexpr int kCrowdAtNew = 4;
constexpr int kCrowdMax = 100;
// The number of answered changes that clients may repeat.
constexpr size_t kRemembered = 8;
// The number of keys of each kind.
constexpr uint64_t kKeys = 2;

bool IsUp(Machine* machine) { return machine->up() && !machine->process()->paused(); }

bool Leads(Machine* machine) { return machine->up() && machine->process()->user().leads(); }

}  // namespace

struct Clients::Request {
  ClientHistory::Op op = 0;
  Change change;
  Repeats repeats = Repeats::kNever;
  MonoTime give_up_at;
  // Whether it was answered or given up.
  bool over = false;
  // The number of attempts, except strays. The failure of an attempt before the latest one has no
  // meaning.
  int attempts = 0;
  // The process that received the request first, and the leader's epoch that it knew at the latest
  // attempt.
  Machine* via = nullptr;
  const Process* router = nullptr;
  Epoch tried;
};

void Clients::Hurry() {
  pause_ = kHurriedPause;
  ScheduleNext();
}

void Clients::SlowDown() { pause_ = kSlowPause; }

void Clients::ScheduleNext() {
  const Duration pause = RandomBetween(rng_, Duration(1), 2 * pause_);
  surroundings_.scheduler->After(pause, [this] {
    if (stopped_) return;
    rng_.Below(5) < 3 ? Ask(DrawChange(), OneIn(3) ? PickAny() : PickLeader()) : Read();
    ScheduleNext();
  });
}

// An answer can be stale only while two controllers believe that they lead, which does not last
// long.
void Clients::CrowdWhereTwoLead(Duration pause) {
  surroundings_.scheduler->After(pause, [this] {
    if (stopped_) return;
    std::vector<Machine*> leaders;
    std::copy_if(machines_.begin(), machines_.end(), std::back_inserter(leaders), &Leads);
    if (leaders.size() < 2) return CrowdWhereTwoLead(kLookPause);
    const auto [old, newest] =
        std::minmax_element(leaders.begin(), leaders.end(), [](Machine* a, Machine* b) {
          return a->process()->user().leadership().epoch < b->process()->user().leadership().epoch;
        });
    // An answer of the old leader is wrong if the new leader has made changes. The old one answers
    // at once only if it has nothing to change, so it gets repeated changes.
    if (++crowd_ % (kCrowdAtNew + 1) > 0) {
      Ask(DrawChange(), *newest);
    } else if (!remembered_.empty()) {
      Ask(remembered_[rng_.Below(remembered_.size())], *old);
    }
    if (crowd_ < kCrowdMax) CrowdWhereTwoLead(kCrowdPause);
  });
}

void Clients::Read() {
  const ClientHistory::Op op = surroundings_.ledger->BeginRead();
  Machine* machine = PickAny();
  if (!IsUp(machine)) return;
  const Duration timeout = RandomBetween(rng_, Duration(1), kTimeoutMax);
  machine->process()->user().Read(op, machine->clock().Now() + timeout);
}

Change Clients::DrawChange() {
  // There are few keys, so that requests conflict.
  const uint64_t key = rng_.Below(kKeys);
  std::string value = absl::StrCat(++values_, ":");
  value.append(rng_.Below(surroundings_.swarm->value_bytes), 'x');
  switch (rng_.Below(5)) {
    case 0:
      return {.kind = Change::Kind::kAdd, .key = absl::StrCat("a", key), .value = value};
    case 1:
      return {.kind = Change::Kind::kRemove, .key = absl::StrCat("a", key)};
    case 2:
    case 3:
      return {
          .kind = Change::Kind::kSet, .key = absl::StrCat("n", key), .value = OneIn(2) ? "0" : "1"};
    default:
      return {.kind = Change::Kind::kSet, .key = absl::StrCat("s", key), .value = value};
  }
}

void Clients::Ask(Change change, Machine* via) {
  auto request = std::make_shared<Request>();
  request->change = std::move(change);
  // A repeated add or remove is refused, so it is not repeated without an id.
  const bool is_set = request->change.kind == Change::Kind::kSet;
  request->repeats = static_cast<Repeats>(rng_.Below(is_set ? 3 : 2));
  request->op = surroundings_.ledger->BeginChange(request->change, request->repeats);
  request->give_up_at =
      surroundings_.scheduler->now() + RandomBetween(rng_, Duration(0), kPatienceMax);
  request->via = via;
  request->router = via->process();
  if (request->repeats == Repeats::kById && OneIn(2)) StrayLater(request);
  Try(request, via);
  if (request->repeats == Repeats::kUntilAnswered) Watch(request);
}

void Clients::StrayLater(const RequestPtr& request) {
  const Duration pause = milliseconds(int64_t{1} << rng_.Below(kHoldUps));
  surroundings_.scheduler->After(pause, [this, request] {
    Machine* machine = PickLeader();
    if (machine->up()) Deliver(request, machine->process(), /*number=*/0, Epoch());
  });
}

void Clients::Try(const RequestPtr& request, Machine* via) {
  const int number = ++request->attempts;
  if (!via->up()) return OnFailure(request, number, /*maybe_executed=*/false);
  const auto& known = via->process()->user().leadership();
  if (!known.leader) return OnFailure(request, number, /*maybe_executed=*/false);
  request->tried = known.epoch;
  Machine* leader = Find(*known.leader);
  const auto arrive = [this, request, leader, number, epoch = known.epoch] {
    if (leader->up()) Deliver(request, leader->process(), number, epoch);
  };
  const auto send = [this, via, leader, arrive] {
    if (leader == via) return arrive();
    surroundings_.network->Pass(via->id(), leader->id(), arrive);
  };
  if (!OneIn(4)) return send();
  surroundings_.scheduler->After(milliseconds(int64_t{1} << rng_.Below(kHoldUps)), send);
}

// If the process is paused, in half of the cases only its raft loop is, because requests use
// another thread.
void Clients::Deliver(const RequestPtr& request, Process* process, int number, Epoch epoch) {
  if (process->paused() && OneIn(2)) return Submit(request, process, number, epoch);
  process->Run(
      [this, request, process, number, epoch] { Submit(request, process, number, epoch); });
}

void Clients::Submit(const RequestPtr& request, Process* process, int number, Epoch epoch) {
  std::optional<RequestId> id;
  if (request->repeats == Repeats::kById) {
    // A single client with an arbitrary uuid.
    static const Uuid client = *Uuid::FromBytes(std::string(16, 'c'));
    id = RequestId{.client_uuid = client, .sequence = static_cast<int64_t>(request->op) + 1};
  }
  process->user().Submit({.op = request->op,
                          .change = request->change,
                          .id = id,
                          .epoch = epoch,
                          .timeout = RandomBetween(rng_, Duration(1), kTimeoutMax)},
                         [this, request, number](const controller::Answer<User::Answered>& answer) {
                           if (const auto* answered = std::get_if<User::Answered>(&answer)) {
                             return OnAnswer(request, number, *answered);
                           }
                           const auto& error = std::get<common::v1::Error>(answer);
                           OnFailure(request, number, error.outcome() != common::v1::REFUSED);
                         });
}

void Clients::OnAnswer(const RequestPtr& request, int number, const User::Answered& answer) {
  // Without an id, a later attempt may still be executed, so only the answer to the latest attempt
  // counts.
  const bool counts =
      request->repeats == Repeats::kById || (!request->over && number == request->attempts);
  if (!counts) return;
  request->over = true;
  surroundings_.ledger->Answered(request->op, answer.verdict, answer.end_offset);
  remembered_.push_back(request->change);
  if (remembered_.size() > kRemembered) remembered_.pop_front();
}

void Clients::OnFailure(const RequestPtr& request, int number, bool maybe_executed) {
  if (request->over || number != request->attempts) return;
  if (request->repeats == Repeats::kNever && maybe_executed) {
    request->over = true;
    return;
  }
  if (Ends(request)) return GiveUp(request);
  const Duration pause = RandomBetween(rng_, Duration(1), kPauseMax);
  surroundings_.scheduler->After(pause, [this, request, number] {
    if (request->over || number != request->attempts) return;
    if (Ends(request)) return GiveUp(request);
    const bool anywhere = request->repeats != Repeats::kUntilAnswered && OneIn(2);
    Try(request, anywhere ? PickLeader() : request->via);
  });
}

// Only the process that knows the earlier attempts may send a request without an id again.
bool Clients::Ends(const RequestPtr& request) {
  if (surroundings_.scheduler->now() >= request->give_up_at) return true;
  return request->repeats == Repeats::kUntilAnswered && request->via->process() != request->router;
}

void Clients::GiveUp(const RequestPtr& request) {
  request->over = true;
  // No attempt was executed: an attempt that may have been executed ends the request earlier.
  if (request->repeats == Repeats::kNever) surroundings_.ledger->Refused(request->op);
}

void Clients::Watch(const RequestPtr& request) {
  surroundings_.scheduler->After(RandomBetween(rng_, Duration(1), kPauseMax), [this, request] {
    if (request->over) return;
    if (Ends(request)) return GiveUp(request);
    if (IsUp(request->via)) {
      const auto& known = request->via->process()->user().leadership();
      if (known.leader && known.epoch > request->tried) Try(request, request->via);
    }
    Watch(request);
  });
}

Machine* Clients::PickLeader() {
  if (OneIn(10)) return PickAny();
  const size_t first = rng_.Below(machines_.size());
  for (size_t i = 0; i < machines_.size(); ++i) {
    Machine* machine = machines_[(first + i) % machines_.size()];
    if (Leads(machine)) return machine;
  }
  return machines_[first];
}

Machine* Clients::Find(NodeId id) {
  return *std::find_if(machines_.begin(), machines_.end(),
                       [id](const Machine* machine) { return machine->id() == id; });
}

}  // namespace quorate::sim
