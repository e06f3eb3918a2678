#include "broker/testing/fake_cluster.h"

#include <type_traits>

#include "base/check.h"
#include "broker/testing/fake_controller_channel.h"
#include "metadata/replay.h"
#include "metadata/testing/test_log.h"

namespace quorate::broker {

using metadata::BrokerRegistration;
using metadata::PartitionChange;
using metadata::PartitionView;
using metadata::TopicPtr;

template <typename Event>
void FakeCluster::Deliver(std::shared_ptr<Stream<Event>>& slot, Event event) {
  if (slot == nullptr || paused_.contains(slot->controller)) return;
  Executor* const executor = std::is_same_v<Event, HeartbeatEvent> ? session_executor_ : executor_;
  executor->Post([&slot, stream = slot, event = std::move(event)]() mutable {
    if (slot != stream) return;  // ended in the meantime
    if (std::holds_alternative<common::v1::Error>(event)) slot.reset();
    stream->on_event(std::move(event));
  });
}

void FakeCluster::Elect(int controller) {
  active_ = controller;
  ++epoch_;
  const bool is_empty = log_.empty();
  Append({});
  if (is_empty) Append({metadata::MakeMetadataVersionRecord(metadata::kLatestMetadataVersion)});
}

void FakeCluster::Depose() {
  active_ = 0;
  SendProgress();
  if (heartbeat_ != nullptr) {
    Deliver<HeartbeatEvent>(heartbeat_, TestError(common::v1::NOT_CONTROLLER));
  }
}

void FakeCluster::Kill(int controller) {
  dead_.insert(controller);
  if (active_ == controller) active_ = 0;
  const common::v1::Error broken = TestError(common::v1::CONTROLLER_NOT_AVAILABLE);
  if (heartbeat_ != nullptr && heartbeat_->controller == controller) {
    Deliver<HeartbeatEvent>(heartbeat_, broken);
  }
  if (subscription_ != nullptr && subscription_->controller == controller) {
    Deliver<MetadataEvent>(subscription_, broken);
  }
}

void FakeCluster::Append(const std::vector<metadata::v1::Record>& records) {
  metadata::v1::RecordBatch batch;
  for (const metadata::v1::Record& record : records) *batch.add_records() = record;
  metadata::v1::Batch& entry = log_.emplace_back();
  entry.set_epoch(epoch_);
  entry.set_base_offset(image_.end_offset().value());
  entry.set_record_count(metadata::CountRecords(batch));
  if (!records.empty()) entry.set_records(batch.SerializeAsString());
  auto next = metadata::ReplayPayload(image_,
                                      {.epoch = Epoch(epoch_),
                                       .base_offset = image_.end_offset(),
                                       .record_count = entry.record_count()},
                                      entry.records());
  CHECK_OK(next.status());
  image_ = *std::move(next);
  SendBatch(log_.back());
  SendProgress();
}

void FakeCluster::SendUnchecked(const std::string& payload) {
  metadata::v1::Batch batch;
  batch.set_epoch(epoch_);
  batch.set_base_offset(image_.end_offset().value());
  batch.set_record_count(1);
  batch.set_records(payload);
  SendBatch(batch);
}

int64_t FakeCluster::AddBroker(int id) {
  BrokerRegistration broker;
  broker.id = BrokerId(id);
  broker.incarnation_id = metadata::TestUuid(static_cast<uint16_t>(1000 + id));
  broker.broker_epoch = image_.end_offset().value();
  broker.endpoint = {"localhost", 9092};
  Append({metadata::MakeRegisterBrokerRecord(broker)});
  return broker.broker_epoch;
}

void FakeCluster::SetFenced(int id, bool fenced) {
  ChangeBroker(BrokerId(id), {.fenced = fenced, .in_controlled_shutdown = {}}, fenced);
}

void FakeCluster::Unregister(int id) {
  std::vector<metadata::v1::Record> records = LeaveIsrs(BrokerId(id));
  records.push_back(metadata::MakeUnregisterBrokerRecord(
      BrokerId(id), image_.FindBroker(BrokerId(id))->broker_epoch));
  Append(records);
}

void FakeCluster::ChangeBroker(BrokerId id, const metadata::BrokerChange& change,
                               bool leaves_isrs) {
  const BrokerRegistration* broker = image_.FindBroker(id);
  CHECK(broker != nullptr);
  std::vector<metadata::v1::Record> records;
  if (leaves_isrs) records = LeaveIsrs(id);
  records.push_back(metadata::MakeBrokerRegistrationChangeRecord(id, broker->broker_epoch, change));
  Append(records);
}

void FakeCluster::ReplaceLog() {
  log_.clear();
  image_ = metadata::MetadataImage();
  metadata::v1::SubscribeResponse response;
  response.mutable_reset()->set_reason("the log was restored");
  Deliver<MetadataEvent>(subscription_, response);
  Elect(active_);
}

std::optional<common::v1::Error> FakeCluster::Refusal(const std::string& endpoint) const {
  if (dead_.contains(Number(endpoint)) || active_ == 0) {
    return TestError(common::v1::CONTROLLER_NOT_AVAILABLE);
  }
  return std::nullopt;
}

void FakeCluster::RegisterBroker(const std::string& endpoint, Duration,
                                 v1::RegisterBrokerRequest request,
                                 CallDone<v1::RegisterBrokerResponse> done) {
  CallResult<v1::RegisterBrokerResponse> result;
  registrations.push_back(request);
  if (const auto refusal = Refusal(endpoint)) {
    result = *refusal;
  } else {
    const BrokerRegistration* known = image_.FindBroker(BrokerId(request.broker_id()));
    v1::RegisterBrokerResponse response;
    response.set_endpoint_verified(true);
    if (known != nullptr && known->incarnation_id.bytes() == request.incarnation_id()) {
      response.set_broker_epoch(known->broker_epoch);
    } else {
      BrokerRegistration broker;
      broker.id = BrokerId(request.broker_id());
      broker.incarnation_id = *Uuid::FromBytes(request.incarnation_id());
      broker.broker_epoch = image_.end_offset().value();
      broker.endpoint = {"localhost", 9092};
      response.set_broker_epoch(broker.broker_epoch);
      Append({metadata::MakeRegisterBrokerRecord(broker)});
    }
    result = response;
  }
  session_executor_->Post([done = std::move(done), result = std::move(result)]() mutable {
    std::move(done)(std::move(result));
  });
}

void FakeCluster::AlterPartition(const std::string& endpoint, Duration,
                                 v1::AlterPartitionRequest request,
                                 CallDone<v1::AlterPartitionResponse> done) {
  CallResult<v1::AlterPartitionResponse> result;
  if (const auto refusal = Refusal(endpoint)) {
    result = *refusal;
  } else {
    v1::AlterPartitionResponse response;
    std::vector<metadata::v1::Record> records;
    for (const auto& topic : request.topics()) {
      const TopicPtr image = image_.FindTopic(*Uuid::FromBytes(topic.topic_id()));
      std::vector<PartitionChange> changes;
      auto& answered = *response.add_topics();
      answered.set_topic_id(topic.topic_id());
      for (const auto& partition : topic.partitions()) {
        const PartitionView now = image->partition(partition.partition());
        auto& answer = *answered.add_partitions();
        answer.set_partition(partition.partition());
        if (now.partition_epoch() != partition.partition_epoch()) {
          *answer.mutable_error() = TestError(common::v1::INVALID_UPDATE_VERSION);
          continue;
        }
        PartitionChange& change = changes.emplace_back();
        change.partition = partition.partition();
        change.leader_position = now.leader_position();
        for (const auto& member : partition.new_isr()) {
          change.isr_mask |= 1u << *now.PositionOf(BrokerId(member.broker_id()));
        }
      }
      if (!changes.empty()) {
        records.push_back(metadata::MakePartitionChangesRecord(image->id(), changes));
      }
    }
    if (!records.empty()) Append(records);
    result = response;
  }
  alterations.push_back(std::move(request));
  executor_->Post([done = std::move(done), result = std::move(result)]() mutable {
    std::move(done)(std::move(result));
  });
}

void FakeCluster::ReportRoles(const std::string& endpoint, Duration, v1::ReportRolesRequest request,
                              CallDone<v1::ReportRolesResponse> done) {
  CallResult<v1::ReportRolesResponse> result;
  if (const auto refusal = Refusal(endpoint)) result = *refusal;
  reports.push_back(std::move(request));
  executor_->Post([done = std::move(done), result = std::move(result)]() mutable {
    std::move(done)(std::move(result));
  });
}

void FakeCluster::OpenHeartbeat(const std::string& endpoint,
                                absl::AnyInvocable<void(HeartbeatEvent)> on_event) {
  CHECK(heartbeat_ == nullptr);
  heartbeat_ = std::make_shared<HeartbeatStream>();
  heartbeat_->controller = Number(endpoint);
  heartbeat_->on_event = std::move(on_event);
  if (dead_.contains(heartbeat_->controller)) {
    Deliver<HeartbeatEvent>(heartbeat_, TestError(common::v1::CONTROLLER_NOT_AVAILABLE));
  }
}

void FakeCluster::SendHeartbeat(v1::HeartbeatRequest request) {
  CHECK(heartbeat_ != nullptr);
  heartbeats.push_back(request);
  if (dead_.contains(heartbeat_->controller) || paused_.contains(heartbeat_->controller)) return;
  if (heartbeat_->controller != active_) {
    Deliver<HeartbeatEvent>(
        heartbeat_,
        TestError(common::v1::NOT_CONTROLLER, active_ == 0 ? "" : "c" + std::to_string(active_)));
    return;
  }
  const BrokerRegistration* known = image_.FindBroker(BrokerId(request.broker_id()));
  if (known == nullptr || known->broker_epoch != request.broker_epoch()) {
    Deliver<HeartbeatEvent>(heartbeat_,
                            TestError(known == nullptr ? common::v1::BROKER_ID_NOT_REGISTERED
                                                       : common::v1::STALE_BROKER_EPOCH));
    return;
  }
  Deliver<HeartbeatEvent>(heartbeat_, DecideHeartbeat(request));
}

v1::HeartbeatResponse FakeCluster::DecideHeartbeat(const v1::HeartbeatRequest& request) {
  const BrokerId id(request.broker_id());
  const bool caught_up = request.metadata_end_offset() > request.broker_epoch();
  v1::HeartbeatResponse response;
  if (request.want_shutdown()) {
    if (!image_.FindBroker(id)->in_controlled_shutdown) {
      ChangeBroker(id, {.fenced = {}, .in_controlled_shutdown = true}, /*leaves_isrs=*/true);
    }
    response.set_should_shut_down(true);
  } else if (image_.FindBroker(id)->fenced && caught_up && !request.want_fence()) {
    SetFenced(request.broker_id(), false);
  }
  response.set_is_caught_up(caught_up);
  response.set_is_fenced(image_.FindBroker(id)->fenced);
  response.set_controller_epoch(epoch_);
  return response;
}

std::vector<metadata::v1::Record> FakeCluster::LeaveIsrs(BrokerId broker) const {
  std::vector<metadata::v1::Record> records;
  image_.ForEachTopic([&](const TopicPtr& topic) {
    std::vector<PartitionChange> changes;
    topic->ForEachChangedPartition(nullptr, [&](const PartitionView& partition) {
      const auto position = partition.PositionOf(broker);
      if (!position || !partition.InIsr(broker) || partition.isr_count() == 1) return;
      PartitionChange& change = changes.emplace_back();
      change.partition = partition.index();
      change.isr_mask = partition.isr_mask() & ~(1u << *position);
      change.leader_position = partition.leader() == broker
                                   ? static_cast<size_t>(__builtin_ctz(change.isr_mask))
                                   : partition.leader_position();
    });
    if (!changes.empty()) {
      records.push_back(metadata::MakePartitionChangesRecord(topic->id(), changes));
    }
  });
  return records;
}

void FakeCluster::CloseHeartbeat(v1::HeartbeatRequest goodbye, Task closed) {
  CHECK(heartbeat_ != nullptr);
  goodbyes.push_back(std::move(goodbye));
  heartbeat_.reset();
  session_executor_->Post(std::move(closed));
}

void FakeCluster::Subscribe(const std::string& endpoint, metadata::v1::SubscribeRequest request,
                            absl::AnyInvocable<void(MetadataEvent)> on_event) {
  subscription_ = std::make_shared<MetadataStream>();
  subscription_->controller = Number(endpoint);
  subscription_->on_event = std::move(on_event);
  if (dead_.contains(subscription_->controller)) {
    Deliver<MetadataEvent>(subscription_, TestError(common::v1::CONTROLLER_NOT_AVAILABLE));
    return;
  }
  for (const metadata::v1::Batch& batch : log_) {
    if (batch.base_offset() >= request.end_offset()) SendBatch(batch);
  }
  SendProgress();
}

void FakeCluster::SendBatch(const metadata::v1::Batch& batch) {
  if (subscription_ != nullptr && isolated_.contains(subscription_->controller)) return;
  metadata::v1::SubscribeResponse response;
  *response.mutable_batch() = batch;
  Deliver<MetadataEvent>(subscription_, response);
}

void FakeCluster::SendProgress() {
  metadata::v1::SubscribeResponse response;
  response.mutable_progress()->set_high_watermark(image_.end_offset().value());
  response.mutable_progress()->set_epoch(epoch_);
  const bool isolated = subscription_ != nullptr && isolated_.contains(subscription_->controller);
  response.mutable_progress()->set_leader_id(active_ == 0 || isolated ? -1 : active_);
  Deliver<MetadataEvent>(subscription_, response);
}

}  // namespace quorate::broker
