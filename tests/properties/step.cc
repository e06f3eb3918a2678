#include "tests/properties/step.h"

namespace quorate::properties {
namespace {

const char* NameOf(Action action) {
  switch (action) {
    case Action::kReturn:
      return "return";
    case Action::kRegister:
      return "register";
    case Action::kHeartbeat:
      return "heartbeat";
    case Action::kDepart:
      return "depart";
    case Action::kUnregister:
      return "unregister";
    case Action::kCreateTopic:
      return "create topic";
    case Action::kDeleteTopic:
      return "delete topic";
    case Action::kCreatePartitions:
      return "create partitions";
    case Action::kAlterConfigs:
      return "alter configs";
    case Action::kAlterPartition:
      return "alter partition";
    case Action::kElectLeaders:
      return "elect leaders";
    case Action::kReassign:
      return "reassign";
    case Action::kCancelReassignment:
      return "cancel reassignment";
    case Action::kUpdateFeatures:
      return "update features";
    case Action::kAllocateProducerIds:
      return "allocate producer ids";
  }
  return "?";
}

}  // namespace

void showValue(const Step& step, std::ostream& out) {
  out << '{' << NameOf(step.action) << ' ' << step.broker << ' ' << step.topic << ' '
      << step.partition << ' ' << step.set << ' ' << step.variant << '}';
}

}  // namespace quorate::properties

namespace rc {

using quorate::properties::Action;
using quorate::properties::Step;

Gen<Step> Arbitrary<Step>::arbitrary() {
  return gen::build<Step>(
      // How often each action occurs. Elections and changes of ISRs need brokers that come and go.
      gen::set(&Step::action, gen::weightedElement<Action>({{6, Action::kReturn},
                                                            {2, Action::kRegister},
                                                            {4, Action::kHeartbeat},
                                                            {6, Action::kDepart},
                                                            {1, Action::kUnregister},
                                                            {2, Action::kCreateTopic},
                                                            {1, Action::kDeleteTopic},
                                                            {1, Action::kCreatePartitions},
                                                            {3, Action::kAlterConfigs},
                                                            {12, Action::kAlterPartition},
                                                            {4, Action::kElectLeaders},
                                                            {6, Action::kReassign},
                                                            {2, Action::kCancelReassignment},
                                                            {1, Action::kUpdateFeatures},
                                                            {1, Action::kAllocateProducerIds}})),
      gen::set(&Step::broker, gen::inRange(1, quorate::properties::kBrokers + 1)),
      gen::set(&Step::topic, gen::inRange(0, 4)), gen::set(&Step::partition, gen::inRange(0, 4)),
      gen::set(&Step::set, gen::inRange<uint32_t>(0, 1u << quorate::properties::kBrokers)),
      gen::set(&Step::variant, gen::inRange(0, 16)));
}

}  // namespace rc
