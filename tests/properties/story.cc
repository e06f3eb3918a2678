#include "tests/properties/story.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/check.h"
#include "controller/testing/decision_fixture.h"
#include "controller/testing/partition_text.h"
#include "controller/testing/supported_versions.h"
#include "metadata/configs/config_keys.h"
#include "metadata/image_text.h"
#include "metadata/snapshot_encoder.h"
#include "metadata/snapshot_loader.h"
#include "metadata/testing/test_log.h"

namespace quorate::properties {
namespace {

using metadata::MetadataImage;
using metadata::PartitionView;

std::vector<int32_t> BrokersIn(uint32_t set) {
  std::vector<int32_t> brokers;
  for (int32_t i = 0; i < kBrokers; ++i) {
    if ((set >> i & 1) != 0) brokers.push_back(i + 1);
  }
  return brokers;
}

std::string ListOf(const std::vector<int32_t>& ids) { return absl::StrJoin(ids, ","); }

// Returns a list of the brokers in the set, which begins at one of them.
std::vector<int32_t> ReplicasOf(const Step& step) {
  std::vector<int32_t> brokers = BrokersIn(step.set);
  if (brokers.empty()) brokers.push_back(step.broker);
  const auto first = static_cast<ptrdiff_t>(static_cast<size_t>(step.variant) % brokers.size());
  std::rotate(brokers.begin(), brokers.begin() + first, brokers.end());
  return brokers;
}

// The ways in which an AlterPartition request can be wrong, and the error that each must get.
enum class Flaw {
  kNone,
  kBrokerEpoch,
  kFutureLeaderEpoch,
  kFuturePartitionEpoch,
  kOldLeaderEpoch,
  kOldPartitionEpoch,
  kNotLeader,
  kNoReplica,
  kTwice,
  kWithoutLeader,
  kMemberEpoch,
  kInactiveMember,
};

const char* ErrorOf(Flaw flaw) {
  switch (flaw) {
    case Flaw::kNone:
      return "";
    case Flaw::kBrokerEpoch:
      return "STALE_BROKER_EPOCH";
    case Flaw::kFutureLeaderEpoch:
    case Flaw::kFuturePartitionEpoch:
      return "NOT_CONTROLLER";
    case Flaw::kOldLeaderEpoch:
      return "FENCED_LEADER_EPOCH";
    case Flaw::kOldPartitionEpoch:
      return "INVALID_UPDATE_VERSION";
    case Flaw::kNotLeader:
    case Flaw::kNoReplica:
    case Flaw::kTwice:
    case Flaw::kWithoutLeader:
      return "INVALID_REQUEST";
    case Flaw::kMemberEpoch:
    case Flaw::kInactiveMember:
      return "INELIGIBLE_REPLICA";
  }
  return "";
}

void SetConfig(admin::v1::ConfigResource::Type type, const std::string& name,
               const std::string& key, const std::string& value, fuzz::Request* request) {
  auto* changes = request->mutable_alter_configs()->add_resources();
  changes->mutable_resource()->set_type(type);
  changes->mutable_resource()->set_name(name);
  auto* change = changes->add_changes();
  change->set_key(key);
  change->set_value(value);
  change->set_operation(value.empty() ? admin::v1::ConfigChange::DELETE
                                      : admin::v1::ConfigChange::SET);
}

void CheckEqual(const MetadataImage& replayed, const MetadataImage& image, const char* from) {
  CHECK_EQ(metadata::ImageText(replayed), metadata::ImageText(image))
      << "the log does not replay to the image " << from;
}

MetadataImage ThroughSnapshot(const MetadataImage& image) {
  metadata::SnapshotEncoder encoder(image, /*chunk_bytes=*/1'000);
  metadata::SnapshotLoader loader;
  while (const std::optional<std::string> chunk = encoder.Next()) CHECK_OK(loader.Add(*chunk));
  auto loaded = std::move(loader).Finish();
  CHECK_OK(loaded.status());
  return *std::move(loaded);
}

}  // namespace

Story::Story(bool is_old, SharedText* text)
    : text_(text),
      cluster_(is_old, [this](const MetadataImage& before, const metadata::v1::RecordBatch& batch,
                              const MetadataImage& after) { Remember(before, batch, after); }) {
  moments_.push_back({image(), metadata::ImageText(image())});
  text_->AddLine(absl::StrFormat(
      "brokers 1, 2 and 3 are active; metadata version %d; the topic \"topic\" is created",
      image().metadata_version()));
  DescribeChanges(MetadataImage());
}

void Story::Play(const Step& step) {
  ++steps_;
  switch (step.action) {
    case Action::kReturn:
      return Return(step);
    case Action::kRegister:
      return Register(step, /*is_gone=*/step.variant % 2 == 0);
    case Action::kHeartbeat:
      return Heartbeat(step);
    case Action::kDepart:
      return Depart(step);
    case Action::kUnregister:
      return Unregister(step);
    case Action::kCreateTopic:
      return CreateTopic(step);
    case Action::kDeleteTopic:
      return DeleteTopic(step);
    case Action::kCreatePartitions:
      return CreatePartitions(step);
    case Action::kAlterConfigs:
      return AlterConfigs(step);
    case Action::kAlterPartition:
      return AlterPartition(step);
    case Action::kElectLeaders:
      return ElectLeaders(step);
    case Action::kReassign:
      return Reassign(step);
    case Action::kCancelReassignment:
      return CancelReassignment(step);
    case Action::kUpdateFeatures:
      return UpdateFeatures(step);
    case Action::kAllocateProducerIds:
      return AllocateProducerIds(step);
  }
}

void Story::Return(const Step& step) {
  Register(step, /*is_gone=*/true);
  Step heartbeat = step;
  heartbeat.variant = 0;
  Heartbeat(heartbeat);
}

void Story::Register(const Step& step, bool is_gone) {
  const metadata::BrokerRegistration* registered = image().FindBroker(BrokerId(step.broker));
  const bool is_repeated = registered != nullptr && step.variant % 8 == 7;
  const Uuid incarnation = is_repeated ? registered->incarnation_id : metadata::TestUuid(++lives_);
  fuzz::Request request;
  auto* registration = request.mutable_register_broker();
  registration->set_registered_one_is_gone(is_gone);
  auto* broker = registration->mutable_request();
  broker->set_cluster_id(controller::DecisionFixture::kClusterId);
  broker->set_broker_id(step.broker);
  broker->set_incarnation_id(std::string(incarnation.bytes()));
  broker->set_advertised_endpoint(absl::StrFormat("broker-%d:9092", step.broker));
  controller::AddSupportedFeatures(broker);
  Execute(absl::StrFormat("%s process of broker %d registers%s", is_repeated ? "the same" : "a new",
                          step.broker, is_gone ? "; the old one is gone" : ""),
          request);
}

void Story::Heartbeat(const Step& step) {
  const metadata::BrokerRegistration* broker = image().FindBroker(BrokerId(step.broker));
  if (broker == nullptr) return;
  const bool is_behind = step.variant % 8 == 1;
  fuzz::Request request;
  request.mutable_heartbeat()->set_others_know(step.variant % 2 == 0);
  auto* heartbeat = request.mutable_heartbeat()->mutable_request();
  heartbeat->set_broker_id(step.broker);
  heartbeat->set_broker_epoch(broker->broker_epoch);
  heartbeat->set_incarnation_id(std::string(broker->incarnation_id.bytes()));
  heartbeat->set_metadata_end_offset(is_behind ? broker->broker_epoch
                                               : image().end_offset().value());
  heartbeat->set_want_fence(step.variant % 8 == 2);
  heartbeat->set_want_shutdown(step.variant % 8 >= 4);
  Execute(absl::StrFormat("heartbeat of broker %d%s%s%s", step.broker,
                          is_behind ? ", which has not replayed its registration" : "",
                          heartbeat->want_fence() ? ", which wants to be fenced" : "",
                          heartbeat->want_shutdown() ? ", which wants to stop" : ""),
          request);
}

void Story::Depart(const Step& step) {
  fuzz::Request request;
  auto* departure = request.mutable_departure();
  std::vector<int32_t> dead;
  std::vector<int32_t> stopping;
  for (const int32_t broker : BrokersIn(step.set)) {
    const metadata::BrokerRegistration* registered = image().FindBroker(BrokerId(broker));
    if (registered == nullptr || registered->fenced) continue;
    const bool stops = (step.variant >> (broker % 4) & 1) != 0;
    if (stops && registered->in_controlled_shutdown) continue;
    (stops ? stopping : dead).push_back(broker);
  }
  if (dead.empty() && stopping.empty()) return;
  departure->mutable_dead()->Add(dead.begin(), dead.end());
  departure->mutable_stopping()->Add(stopping.begin(), stopping.end());
  Execute(absl::StrFormat("brokers [%s] die and [%s] want to stop", ListOf(dead), ListOf(stopping)),
          request);
}

void Story::Unregister(const Step& step) {
  fuzz::Request request;
  request.mutable_unregister_broker()->set_broker_id(step.broker);
  request.mutable_unregister_broker()->set_force(step.variant % 2 == 0);
  Execute(absl::StrFormat("unregister broker %d%s", step.broker,
                          step.variant % 2 == 0 ? " by force" : ""),
          request);
}

void Story::CreateTopic(const Step& step) {
  fuzz::Request request;
  auto* topic = request.mutable_create_topics()->add_topics();
  topic->set_name(absl::StrCat("t", step.topic));
  std::string text = absl::StrFormat("create topic %s", topic->name());
  const int32_t partitions = 1 + step.partition;
  if (step.variant % 2 == 0) {
    topic->set_partition_count(partitions);
    topic->set_replication_factor(1 + step.variant % 3);
    absl::StrAppendFormat(&text, " of %d partitions of %d replicas", partitions,
                          topic->replication_factor());
  } else {
    const std::vector<int32_t> replicas = ReplicasOf(step);
    for (int32_t i = 0; i < partitions; ++i) {
      topic->add_assignments()->mutable_broker_ids()->Add(replicas.begin(), replicas.end());
    }
    absl::StrAppendFormat(&text, " of %d partitions of replicas %s", partitions, ListOf(replicas));
  }
  if (step.variant >= 8) {
    auto* config = topic->add_configs();
    config->set_key(std::string(metadata::kUncleanLeaderElectionKey));
    config->set_value("true");
    absl::StrAppend(&text, " with unclean election");
  }
  Execute(text, request);
}

void Story::DeleteTopic(const Step& step) {
  const metadata::TopicPtr topic = TopicOf(step);
  if (topic == nullptr) return;
  fuzz::Request request;
  request.mutable_delete_topics()->add_topics()->set_name(topic->name());
  Execute("delete topic " + topic->name(), request);
}

void Story::CreatePartitions(const Step& step) {
  const metadata::TopicPtr topic = TopicOf(step);
  if (topic == nullptr) return;
  fuzz::Request request;
  auto* more = request.mutable_create_partitions()->add_topics();
  more->set_name(topic->name());
  more->set_partition_count(topic->partition_count() + step.partition);
  Execute(absl::StrFormat("topic %s gets %d more partitions", topic->name(), step.partition),
          request);
}

void Story::AlterConfigs(const Step& step) {
  const metadata::TopicPtr topic = TopicOf(step);
  const bool is_default = topic == nullptr || step.variant >= 12;
  const char* const values[][2] = {{"true", "1"}, {"false", "2"}, {"", ""}, {"true", "3"}};
  const bool is_unclean = step.partition % 2 == 0;
  const std::string key(is_unclean ? metadata::kUncleanLeaderElectionKey
                                   : metadata::kMinInsyncReplicasKey);
  const std::string value = values[step.variant % 4][is_unclean ? 0 : 1];
  fuzz::Request request;
  SetConfig(is_default ? admin::v1::ConfigResource::BROKER : admin::v1::ConfigResource::TOPIC,
            is_default ? "" : topic->name(), key, value, &request);
  Execute(absl::StrFormat("%s=%s for %s", key, value.empty() ? "(deleted)" : value,
                          is_default ? "all brokers" : "topic " + topic->name()),
          request);
}

void Story::AlterPartition(const Step& step) {
  const Place place = PlaceOf(step);
  if (place.topic == nullptr) return;
  const PartitionView partition = place.partition();
  const auto leader = partition.leader();
  Flaw flaw = step.variant <= static_cast<int32_t>(Flaw::kInactiveMember)
                  ? static_cast<Flaw>(step.variant)
                  : Flaw::kNone;
  int32_t sender = leader ? leader->value() : step.broker;
  if (flaw == Flaw::kNotLeader) sender = step.broker;
  if (EpochOf(sender) < 0) return;

  std::vector<int32_t> members;
  for (size_t i = 0; i < partition.replica_count(); ++i) {
    const int32_t replica = partition.replica(i).value();
    const bool is_wanted = replica == sender || (step.set >> i & 1) != 0;
    if (is_wanted && IsActive(replica)) members.push_back(replica);
  }
  // A flaw needs something that has it.
  if (flaw == Flaw::kInactiveMember) {
    for (const int32_t replica : partition.replicas()) {
      if (!IsActive(replica)) members.push_back(replica);
    }
  } else if (flaw == Flaw::kNoReplica) {
    members.push_back(kBrokers + 1);
  } else if (flaw == Flaw::kTwice && !members.empty()) {
    members.push_back(members.front());
  } else if (flaw == Flaw::kWithoutLeader) {
    members.erase(std::remove(members.begin(), members.end(), sender), members.end());
  }
  if (!leader || leader->value() != sender) {
    if (flaw == Flaw::kNone || ErrorOf(flaw) == std::string("INELIGIBLE_REPLICA") ||
        flaw == Flaw::kOldPartitionEpoch) {
      flaw = Flaw::kNotLeader;
    }
  } else if (flaw == Flaw::kNotLeader ||
             (flaw == Flaw::kInactiveMember &&
              std::all_of(members.begin(), members.end(),
                          [this](int32_t member) { return IsActive(member); }))) {
    flaw = Flaw::kNone;
  }

  fuzz::Request request;
  auto* alter = request.mutable_alter_partition();
  alter->set_broker_id(sender);
  alter->set_broker_epoch(EpochOf(sender) - (flaw == Flaw::kBrokerEpoch ? 1 : 0));
  auto* topic = alter->add_topics();
  topic->set_topic_id(std::string(place.topic->id().bytes()));
  auto* wanted = topic->add_partitions();
  wanted->set_partition(place.index);
  wanted->set_leader_epoch(partition.leader_epoch() + (flaw == Flaw::kFutureLeaderEpoch ? 1 : 0) -
                           (flaw == Flaw::kOldLeaderEpoch ? 1 : 0));
  wanted->set_partition_epoch(partition.partition_epoch() +
                              (flaw == Flaw::kFuturePartitionEpoch ? 1 : 0) -
                              (flaw == Flaw::kOldPartitionEpoch ? 1 : 0));
  for (const int32_t member : members) {
    auto* in_isr = wanted->add_new_isr();
    in_isr->set_broker_id(member);
    in_isr->set_broker_epoch(EpochOf(member) + (flaw == Flaw::kMemberEpoch ? 1 : 0));
  }

  const MetadataImage before = image();
  const std::string errors =
      Execute(absl::StrFormat("broker %d asks for the ISR [%s] of %s (%s)", sender, ListOf(members),
                              place.Name(), flaw == Flaw::kNone ? "right" : ErrorOf(flaw)),
              request);
  if (flaw == Flaw::kNone) {
    // A reassignment that completes may take leadership away from the sender.
    CHECK(errors.empty() || absl::StartsWith(errors, "NEW_LEADER_ELECTED")) << errors;
    if (!errors.empty()) return;
    std::vector<int32_t> isr;
    for (const BrokerId id : image().FindTopic(place.topic->id())->partition(place.index).Isr()) {
      isr.push_back(id.value());
    }
    for (const int32_t member : isr) {
      CHECK(std::count(members.begin(), members.end(), member) == 1) << "the ISR is another one";
    }
    return;
  }
  CHECK(absl::StartsWith(errors, ErrorOf(flaw))) << "not " << ErrorOf(flaw) << " but " << errors;
  CHECK_EQ(before.end_offset(), image().end_offset()) << "a refused request wrote records";
}

void Story::ElectLeaders(const Step& step) {
  const metadata::TopicPtr topic = TopicOf(step);
  const bool is_unclean = step.variant % 2 == 1;
  fuzz::Request request;
  auto* elect = request.mutable_elect_leaders();
  elect->set_type(is_unclean ? admin::v1::ElectLeadersRequest::UNCLEAN
                             : admin::v1::ElectLeadersRequest::PREFERRED);
  const bool is_of_one = topic != nullptr && step.variant >= 8;
  if (is_of_one) {
    elect->add_topics()->mutable_topic()->set_name(topic->name());
  } else {
    elect->set_all_topics(true);
  }
  Execute(absl::StrFormat("elect %s leaders of %s", is_unclean ? "unclean" : "preferred",
                          is_of_one ? "topic " + topic->name() : "all topics"),
          request);
}

void Story::Reassign(const Step& step) {
  const Place place = PlaceOf(step);
  if (place.topic == nullptr) return;
  const std::vector<int32_t> replicas = ReplicasOf(step);
  fuzz::Request request;
  auto* topic = request.mutable_alter_reassignments()->add_topics();
  topic->mutable_topic()->set_name(place.topic->name());
  auto* partition = topic->add_partitions();
  partition->set_partition(place.index);
  partition->mutable_target()->mutable_broker_ids()->Add(replicas.begin(), replicas.end());
  Execute(absl::StrFormat("reassign %s to %s", place.Name(), ListOf(replicas)), request);
}

void Story::CancelReassignment(const Step& step) {
  const Place place = PlaceOf(step);
  if (place.topic == nullptr) return;
  fuzz::Request request;
  auto* topic = request.mutable_alter_reassignments()->add_topics();
  topic->mutable_topic()->set_name(place.topic->name());
  topic->add_partitions()->set_partition(place.index);
  Execute("cancel the reassignment of " + place.Name(), request);
}

void Story::UpdateFeatures(const Step& step) {
  fuzz::Request request;
  auto* update = request.mutable_update_features()->add_updates();
  update->set_feature(std::string(metadata::kMetadataVersionFeature));
  update->set_level(static_cast<uint32_t>(1 + step.partition));
  Execute(absl::StrFormat("set the metadata version to %d", update->level()), request);
}

void Story::AllocateProducerIds(const Step& step) {
  if (EpochOf(step.broker) < 0) return;
  fuzz::Request request;
  request.mutable_allocate_producer_ids()->set_broker_id(step.broker);
  request.mutable_allocate_producer_ids()->set_broker_epoch(EpochOf(step.broker));
  Execute(absl::StrFormat("broker %d wants producer ids", step.broker), request);
}

void Story::CheckLog() const {
  MetadataImage replayed = moments_.front().image;
  MetadataImage from_snapshot = replayed;
  for (size_t i = 0; i < log_.size(); ++i) {
    if (i == log_.size() / 2) from_snapshot = ThroughSnapshot(from_snapshot);
    for (MetadataImage* each : {&replayed, &from_snapshot}) {
      auto next = metadata::ReplayPayload(*each, log_[i].position, log_[i].payload);
      CHECK_OK(next.status());
      *each = *std::move(next);
    }
  }
  CheckEqual(replayed, image(), "from its beginning");
  CheckEqual(from_snapshot, image(), "from a snapshot");
  for (const Moment& moment : moments_) {
    CHECK_EQ(metadata::ImageText(moment.image), moment.text) << "an old image has changed";
  }
}

std::string Story::Execute(const std::string& text, const fuzz::Request& request) {
  text_->AddLine(absl::StrFormat("%d. %s", steps_, text));
  const MetadataImage before = image();
  const std::string errors = cluster_.Execute(request);
  if (!errors.empty()) text_->AddLine("   " + errors);
  DescribeChanges(before);
  cluster_.CheckState();
  return errors;
}

void Story::Remember(const MetadataImage& before, const metadata::v1::RecordBatch& batch,
                     const MetadataImage& after) {
  log_.push_back({.position = {.epoch = after.last_epoch(),
                               .base_offset = before.end_offset(),
                               .record_count = metadata::CountRecords(batch),
                               .append_time_ms = after.last_append_time_ms()},
                  .payload = batch.SerializeAsString()});
  moments_.push_back({after, metadata::ImageText(after)});
}

void Story::DescribeChanges(const MetadataImage& before) {
  image().ForEachChangedTopic(
      before, [this](const metadata::TopicPtr& old, const metadata::TopicPtr& now) {
        if (now == nullptr) return;
        now->ForEachChangedPartition(old.get(), [&](const PartitionView& partition) {
          text_->AddLine(absl::StrFormat("      %s-%d: %s", now->name(), partition.index(),
                                         controller::ToText(partition)));
        });
      });
}

metadata::TopicPtr Story::TopicOf(const Step& step) const {
  const std::vector<metadata::TopicPtr> topics = image().TopicsByName();
  if (topics.empty()) return nullptr;
  return topics[static_cast<size_t>(step.topic) % topics.size()];
}

Story::Place Story::PlaceOf(const Step& step) const {
  metadata::TopicPtr topic = TopicOf(step);
  if (topic == nullptr) return {};
  const int32_t index = step.partition % topic->partition_count();
  return {.topic = std::move(topic), .index = index};
}

std::string Story::Place::Name() const { return absl::StrFormat("%s-%d", topic->name(), index); }

int64_t Story::EpochOf(int32_t broker) const {
  const metadata::BrokerRegistration* registered = image().FindBroker(BrokerId(broker));
  return registered == nullptr ? -1 : registered->broker_epoch;
}

bool Story::IsActive(int32_t broker) const {
  const metadata::BrokerRegistration* registered = image().FindBroker(BrokerId(broker));
  return registered != nullptr && registered->active();
}

}  // namespace quorate::properties
