#include "tests/sim/clients.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace quorate::sim {
namespace {

constexpr Duration kReadTimeoutMax = std::chrono::seconds(1);

}  // namespace

void Clients::ScheduleNext() {
  const Duration pause =
      RandomBetween(*surroundings_.rng, Duration(1), 2 * surroundings_.swarm->client_pause);
  surroundings_.scheduler->After(pause, [this] {
    surroundings_.rng->Below(2) == 0 ? Append() : Read();
    ScheduleNext();
  });
}

void Clients::Append() {
  Rng& rng = *surroundings_.rng;
  std::string value = absl::StrCat(++values_, ":");
  value.append(rng.Below(surroundings_.swarm->value_bytes), 'x');
  const ClientHistory::Op op = surroundings_.ledger->BeginAppend(value);
  Machine* machine = PickForAppend();
  const bool accepted = machine->up() && !machine->process()->paused() &&
                        machine->process()->user().Append(op, value);
  if (!accepted) surroundings_.ledger->Refused(op);
}

void Clients::Read() {
  const ClientHistory::Op op = surroundings_.ledger->BeginRead();
  Machine* machine = PickAny();
  if (!machine->up() || machine->process()->paused()) return;
  const Duration timeout = RandomBetween(*surroundings_.rng, Duration(1), kReadTimeoutMax);
  machine->process()->user().Read(op, machine->clock().Now() + timeout);
}

Machine* Clients::PickForAppend() {
  if (surroundings_.rng->Below(10) == 0) return PickAny();
  const size_t first = surroundings_.rng->Below(machines_.size());
  for (size_t i = 0; i < machines_.size(); ++i) {
    Machine* machine = machines_[(first + i) % machines_.size()];
    if (machine->up() && machine->process()->user().leads()) return machine;
  }
  return machines_[first];
}

}  // namespace quorate::sim
