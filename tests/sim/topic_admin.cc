#include "tests/sim/topic_admin.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controller/operations.h"
#include "tests/sim/brokers.h"

namespace quorate::sim {
namespace {

using admin::v1::AlterPartitionReassignmentsRequest;
using std::chrono::milliseconds;

constexpr Duration kLongestDelay = milliseconds(1500);
constexpr size_t kMostTopics = 4;
constexpr int32_t kMostPartitions = 8;
// The number of replicas of the partitions of kTopic.
constexpr int kReplicas = 3;

// Whether the checks look up requests of this type.
template <typename Request>
constexpr bool kIsChecked = std::is_constructible_v<PartitionRequest, Request>;

AlterPartitionReassignmentsRequest::Topic* AddTopic(const metadata::TopicImage& topic,
                                                    AlterPartitionReassignmentsRequest* request) {
  auto* entry = request->add_topics();
  entry->mutable_topic()->set_name(topic.name());
  return entry;
}

}  // namespace

void TopicAdmin::Start(std::vector<Machine*> machines) {
  machines_ = std::move(machines);
  pause_ = milliseconds(50 << rng_.Below(5));
  Schedule();
}

void TopicAdmin::Schedule() {
  scheduler_.After(RandomBetween(rng_, Duration(1), 2 * pause_), [this] {
    std::vector<Machine*> leaders;
    for (Machine* machine : machines_) {
      if (machine->up() && machine->process()->user().leads()) leaders.push_back(machine);
    }
    if (!leaders.empty()) Act(leaders[rng_.Below(leaders.size())]);
    Schedule();
  });
}

void TopicAdmin::Act(Machine* machine) {
  // The image that the administrator sees may be an old one by the time the request arrives.
  const metadata::MetadataImage image = machine->process()->user().image();
  if (image.FindTopicByName(kTopic) == nullptr) return CreateFirstTopic(machine, image);
  if (over_) return;
  const metadata::TopicPtr topic = AnyTopic(image);
  switch (rng_.Below(16)) {
    case 0:
      if (image.topic_count() < kMostTopics) CreateTopic(machine);
      break;
    case 1:
      DeleteTopics(machine, image);
      break;
    case 2:
      if (topic->partition_count() < kMostPartitions) CreatePartitions(machine, *topic);
      break;
    case 3:
    case 4:
      CancelReassignments(machine, *topic);
      break;
    case 5:
    case 6:
      ElectLeaders(machine, *topic);
      break;
    case 7:
      AllowUnclean(machine, *topic);
      break;
    case 8:
      if (rng_.Below(4) == 0) Unregister(machine);
      break;
    default:
      Reassign(machine, *topic);
  }
}

void TopicAdmin::CreateFirstTopic(Machine* machine, const metadata::MetadataImage& image) {
  const bool all_run = std::all_of(image.brokers().begin(), image.brokers().end(),
                                   [](const auto& entry) { return entry.second->active(); });
  if (image.brokers().size() < size_t{Brokers::kBrokers} || !all_run) return;
  admin::v1::CreateTopicsRequest request;
  auto* topic = request.add_topics();
  topic->set_name(kTopic);
  for (int i = 0; i < kPartitions; ++i) {
    auto* assignment = topic->add_assignments();
    for (int j = 0; j < kReplicas; ++j) {
      assignment->add_broker_ids(1 + (i + j) % Brokers::kBrokers);
    }
  }
  Send(machine, controller::kCreateTopics, request);
}

void TopicAdmin::CreateTopic(Machine* machine) {
  admin::v1::CreateTopicsRequest request;
  auto* topic = request.add_topics();
  topic->set_name(absl::StrCat("t", ++topics_));
  const uint64_t partitions = 1 + rng_.Below(4);
  if (rng_.Below(2) == 0) {
    topic->set_partition_count(static_cast<int32_t>(partitions));
    topic->set_replication_factor(static_cast<int32_t>(1 + rng_.Below(4)));
  } else {
    const uint64_t most = 1 + rng_.Below(3);
    for (uint64_t i = 0; i < partitions; ++i) *topic->add_assignments() = AnyBrokers(most);
  }
  Send(machine, controller::kCreateTopics, request);
}

void TopicAdmin::DeleteTopics(Machine* machine, const metadata::MetadataImage& image) {
  admin::v1::DeleteTopicsRequest request;
  const uint64_t most = 1 + rng_.Below(2);
  for (const metadata::TopicPtr& topic : image.TopicsByName()) {
    if (topic->name() == kTopic || static_cast<uint64_t>(request.topics_size()) == most) continue;
    request.add_topics()->set_name(topic->name());
  }
  if (!request.topics().empty()) Send(machine, controller::kDeleteTopics, request);
}

void TopicAdmin::CreatePartitions(Machine* machine, const metadata::TopicImage& topic) {
  admin::v1::CreatePartitionsRequest request;
  auto* entry = request.add_topics();
  entry->set_name(topic.name());
  entry->set_partition_count(topic.partition_count() + 1);
  if (rng_.Below(2) == 0) *entry->add_assignments() = AnyBrokers(3);
  Send(machine, controller::kCreatePartitions, request);
}

void TopicAdmin::Reassign(Machine* machine, const metadata::TopicImage& topic) {
  AlterPartitionReassignmentsRequest request;
  auto* entry = AddTopic(topic, &request);
  for (int32_t i = 0; i < topic.partition_count(); ++i) {
    if (rng_.Below(3) != 0) continue;
    auto* partition = entry->add_partitions();
    partition->set_partition(i);
    *partition->mutable_target() = AnyBrokers(4);
  }
  if (!entry->partitions().empty()) {
    Send(machine, controller::kAlterPartitionReassignments, request);
  }
}

void TopicAdmin::CancelReassignments(Machine* machine, const metadata::TopicImage& topic) {
  AlterPartitionReassignmentsRequest request;
  auto* entry = AddTopic(topic, &request);
  for (int32_t i = 0; i < topic.partition_count(); ++i) {
    const metadata::PartitionView partition = topic.partition(i);
    const bool is_reassigning = (partition.adding_mask() | partition.removing_mask()) != 0;
    if (is_reassigning && rng_.Below(2) == 0) entry->add_partitions()->set_partition(i);
  }
  if (!entry->partitions().empty()) {
    Send(machine, controller::kAlterPartitionReassignments, request);
  }
}

void TopicAdmin::ElectLeaders(Machine* machine, const metadata::TopicImage& topic) {
  admin::v1::ElectLeadersRequest request;
  request.set_type(rng_.Below(4) == 0 ? admin::v1::ElectLeadersRequest::UNCLEAN
                                      : admin::v1::ElectLeadersRequest::PREFERRED);
  request.add_topics()->mutable_topic()->set_name(topic.name());
  Send(machine, controller::kElectLeaders, request);
}

void TopicAdmin::AllowUnclean(Machine* machine, const metadata::TopicImage& topic) {
  admin::v1::IncrementalAlterConfigsRequest request;
  auto* resource = request.add_resources();
  resource->mutable_resource()->set_type(admin::v1::ConfigResource::TOPIC);
  resource->mutable_resource()->set_name(topic.name());
  auto* change = resource->add_changes();
  change->set_key("unclean.leader.election.enable");
  change->set_operation(admin::v1::ConfigChange::SET);
  change->set_value(rng_.Below(3) == 0 ? "true" : "false");
  Send(machine, controller::kIncrementalAlterConfigs, request);
}

void TopicAdmin::Unregister(Machine* machine) {
  admin::v1::UnregisterBrokerRequest request;
  request.set_broker_id(1 + static_cast<int32_t>(rng_.Below(Brokers::kBrokers)));
  request.set_force(rng_.Below(2) == 0);
  Send(machine, controller::kUnregisterBroker, request);
}

template <typename Request, typename Response>
void TopicAdmin::Send(Machine* machine, const controller::Operation<Request, Response>& operation,
                      const Request& request) {
  const std::string principal = absl::StrCat("admin ", ++requests_);
  if (trace_.enabled()) {
    trace_.Line(absl::StrCat("* ", principal, ": ", std::string(operation.label), " ",
                             request.ShortDebugString()));
  }
  if constexpr (kIsChecked<Request>) checks_.OnRequest(principal, request);
  const bool is_late = !over_ && rng_.Below(4) == 0;
  const Duration delay =
      is_late ? RandomBetween(rng_, Duration(1), kLongestDelay) : milliseconds(1);
  const bool is_last = over_;
  scheduler_.After(delay, [this, machine, &operation, request, principal, is_last] {
    Process* process = machine->up() ? machine->process() : nullptr;
    if (process == nullptr || (over_ && !is_last)) return;
    process->Run([process, &operation, request, principal] {
      process->user().Administer(operation, request, principal);
    });
  });
}

metadata::TopicPtr TopicAdmin::AnyTopic(const metadata::MetadataImage& image) {
  const std::vector<metadata::TopicPtr> topics = image.TopicsByName();
  return topics[rng_.Below(topics.size())];
}

admin::v1::ReplicaAssignment TopicAdmin::AnyBrokers(uint64_t most) {
  std::vector<int32_t> ids;
  for (int32_t id = 1; id <= Brokers::kBrokers; ++id) ids.push_back(id);
  for (size_t i = 0; i + 1 < ids.size(); ++i)
    std::swap(ids[i], ids[i + rng_.Below(ids.size() - i)]);
  ids.resize(1 + rng_.Below(most));
  if (rng_.Below(8) == 0) ids.push_back(ids[0]);
  if (rng_.Below(20) == 0) ids.push_back(Brokers::kBrokers + 1);
  admin::v1::ReplicaAssignment assignment;
  assignment.mutable_broker_ids()->Add(ids.begin(), ids.end());
  return assignment;
}

}  // namespace quorate::sim
