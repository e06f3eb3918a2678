#include "metadata/cluster_events.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/ids.h"
#include "base/uuid.h"
#include "metadata/configs/config_keys.h"
#include "metadata/families/configs.h"
#include "metadata/text_util.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::metadata {
namespace {

using v1::ClusterEvent;

// Returns e.g. "1 leader" or "7 leaders".
std::string Counted(int64_t count, const char* one, const char* many) {
  return absl::StrCat(count, " ", count == 1 ? one : many);
}

// Returns e.g. "4 to broker 1, 3 to broker 2". `verb` is what comes before the broker.
std::string PerBroker(const std::map<BrokerId, int64_t>& counts, const char* verb) {
  return absl::StrJoin(counts, ", ", [verb](std::string* text, const auto& count) {
    absl::StrAppend(text, count.second, " ", verb, " broker ", count.first.value());
  });
}

// Returns `text`, cut to a length that is enough for what controllers write.
std::string Cut(const std::string& text) {
  constexpr size_t kMaxBytes = 1024;
  if (text.size() <= kMaxBytes) return text;
  size_t end = kMaxBytes;
  while ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // inside a UTF-8 character
  return text.substr(0, end) + "...";
}

// Collects the events of one batch.
class EventWriter {
 public:
  explicit EventWriter(const v1::Batch& batch) : batch_(batch) {}

  void Add(ClusterEvent::Kind kind, std::string subject, std::string text, int64_t count = 1) {
    ClusterEvent& event = events_.emplace_back();
    event.set_offset(batch_.base_offset());
    event.set_time_ms(batch_.append_time_ms());
    event.set_epoch(batch_.epoch());
    event.set_kind(kind);
    event.set_subject(std::move(subject));
    event.set_text(std::move(text));
    event.set_principal(Cut(batch_.principal()));
    event.set_cause(Cut(batch_.cause()));
    event.set_count(count);
  }

  std::vector<ClusterEvent> Take() && { return std::move(events_); }

 private:
  const v1::Batch& batch_;
  std::vector<ClusterEvent> events_;
};

// Adds the first kMaxEventsOfAKind events of one kind, and one event for the rest.
class LimitedEvents {
 public:
  // `rest` is what happened to the rest, e.g. "topics created".
  LimitedEvents(EventWriter* writer, ClusterEvent::Kind kind, const char* rest)
      : writer_(writer), kind_(kind), rest_(rest) {}

  void Add(const std::string& subject, std::string text) {
    if (++count_ <= kMaxEventsOfAKind) writer_->Add(kind_, subject, std::move(text));
  }
  void Finish() {
    const int64_t more = count_ - kMaxEventsOfAKind;
    if (more > 0) writer_->Add(kind_, "", absl::StrFormat("%d more %s", more, rest_), more);
  }

 private:
  EventWriter* const writer_;
  const ClusterEvent::Kind kind_;
  const char* const rest_;
  int64_t count_ = 0;
};

// Sums up how the partitions of a batch changed.
class PartitionChanges {
 public:
  void Add(const PartitionView& before, const PartitionView& after) {
    AddLeader(before, after);
    const std::set<BrokerId> old_isr = IsrOf(before);
    const std::set<BrokerId> new_isr = IsrOf(after);
    const int64_t left = AddMissing(old_isr, new_isr, left_);
    const int64_t joined = AddMissing(new_isr, old_isr, joined_);
    if (left > 0) ++shrank_;
    if (joined > 0) ++expanded_;
    if (before.ReplicasIn(~0U) != after.ReplicasIn(~0U)) ++replicas_changed_;
  }

  void AddTo(EventWriter& events) const {
    if (const int64_t moved = SumOf(moved_); moved > 0) {
      events.Add(
          ClusterEvent::LEADERS_MOVED, "",
          absl::StrCat(Counted(moved, "leader", "leaders"), " moved: ", PerBroker(moved_, "to")),
          moved);
    }
    if (const int64_t lost = SumOf(lost_); lost > 0) {
      events.Add(ClusterEvent::LEADERS_LOST, "",
                 absl::StrCat(Counted(lost, "partition", "partitions"),
                              " without a leader now: ", PerBroker(lost_, "of")),
                 lost);
    }
    if (const int64_t found = SumOf(found_); found > 0) {
      events.Add(ClusterEvent::LEADERS_FOUND, "",
                 absl::StrCat(Counted(found, "partition has", "partitions have"),
                              " a leader again: ", PerBroker(found_, "on")),
                 found);
    }
    if (const int64_t unclean = SumOf(unclean_); unclean > 0) {
      events.Add(ClusterEvent::UNCLEAN_ELECTION, "",
                 absl::StrCat(Counted(unclean, "leader", "leaders"),
                              " elected that may lack records: ", PerBroker(unclean_, "on")),
                 unclean);
    }
    if (shrank_ > 0) {
      events.Add(
          ClusterEvent::ISRS_SHRANK, "",
          absl::StrCat(Counted(shrank_, "ISR", "ISRs"), " shrank: ", PerBroker(left_, "without")),
          shrank_);
    }
    if (expanded_ > 0) {
      events.Add(ClusterEvent::ISRS_EXPANDED, "",
                 absl::StrCat(Counted(expanded_, "ISR", "ISRs"),
                              " expanded: ", PerBroker(joined_, "with")),
                 expanded_);
    }
    if (replicas_changed_ > 0) {
      events.Add(ClusterEvent::REPLICAS_CHANGED, "",
                 absl::StrCat("the replicas of ",
                              Counted(replicas_changed_, "partition", "partitions"), " changed"),
                 replicas_changed_);
    }
  }

 private:
  using Counts = std::map<BrokerId, int64_t>;

  static std::set<BrokerId> IsrOf(const PartitionView& partition) {
    const std::vector<BrokerId> isr = partition.Isr();
    return {isr.begin(), isr.end()};
  }

  // Counts the members of `from` that are not in `in`, and returns how many there are.
  static int64_t AddMissing(const std::set<BrokerId>& from, const std::set<BrokerId>& in,
                            Counts& counts) {
    int64_t missing = 0;
    for (const BrokerId broker : from) {
      if (in.contains(broker)) continue;
      ++counts[broker];
      ++missing;
    }
    return missing;
  }

  static int64_t SumOf(const Counts& counts) {
    int64_t sum = 0;
    for (const auto& [broker, count] : counts) sum += count;
    return sum;
  }

  void AddLeader(const PartitionView& before, const PartitionView& after) {
    if (before.leader() == after.leader()) return;
    if (!after.leader()) {
      ++lost_[*before.leader()];
    } else if (!before.InIsr(*after.leader()) &&
               (before.elr_mask() & MaskOf(before, *after.leader())) == 0) {
      ++unclean_[*after.leader()];
    } else if (before.leader()) {
      ++moved_[*after.leader()];
    } else {
      ++found_[*after.leader()];
    }
  }

  static uint32_t MaskOf(const PartitionView& partition, BrokerId broker) {
    const std::optional<size_t> position = partition.PositionOf(broker);
    return position ? uint32_t{1} << *position : 0;
  }

  Counts moved_;
  Counts lost_;
  Counts found_;
  Counts unclean_;
  Counts left_;
  Counts joined_;
  int64_t shrank_ = 0;
  int64_t expanded_ = 0;
  int64_t replicas_changed_ = 0;
};

// Collects what the records of one batch say.
class RecordEvents {
 public:
  RecordEvents(EventWriter* events, const MetadataImage& before, const MetadataImage& after)
      : events_(events), before_(before), after_(after) {}

  void Add(const v1::Record& record) {
    switch (record.kind_case()) {
      case v1::Record::kMetadataVersion:
        return AddVersion(record.metadata_version());
      case v1::Record::kRegisterBroker:
        return AddRegistration(record.register_broker());
      case v1::Record::kBrokerRegistrationChange:
        return AddRegistrationChange(record.broker_registration_change());
      case v1::Record::kUnregisterBroker:
        return unregistered_.Add(
            absl::StrCat(record.unregister_broker().broker_id()),
            absl::StrFormat("broker %d unregistered", record.unregister_broker().broker_id()));
      case v1::Record::kTopic:
        return AddTopic(record.topic());
      case v1::Record::kRemoveTopic:
        return AddRemoval(record.remove_topic());
      case v1::Record::kPartitions:
        return AddPartitions(record.partitions());
      case v1::Record::kPartitionChanges:
        changed_topics_.insert(IdOf(record.partition_changes().topic_id()));
        return;
      case v1::Record::kConfig:
        return AddConfig(record.config());
      default:
        return;
    }
  }

  // Adds what only all records together say.
  void Finish() {
    for (LimitedEvents* limited :
         {&registered_, &fenced_, &unfenced_, &shutting_down_, &unregistered_, &offline_, &created_,
          &deleted_, &added_, &configured_}) {
      limited->Finish();
    }
    PartitionChanges changes;
    for (const Uuid& id : changed_topics_) {
      const TopicPtr before = before_.FindTopic(id);
      const TopicPtr after = after_.FindTopic(id);
      if (before == nullptr || after == nullptr) continue;
      after->ForEachChangedPartition(before.get(), [&](const PartitionView& partition) {
        if (partition.index() >= before->partition_count()) return;
        changes.Add(before->partition(partition.index()), partition);
      });
    }
    changes.AddTo(*events_);
  }

 private:
  static Uuid IdOf(const std::string& bytes) { return Uuid::FromBytes(bytes).value_or(Uuid()); }

  void AddVersion(const v1::MetadataVersionRecord& record) {
    const uint32_t old_level = before_.metadata_version();
    events_->Add(
        ClusterEvent::METADATA_VERSION_RAISED, "",
        old_level == 0
            ? absl::StrFormat("the log begins at metadata version %d", record.level())
            : absl::StrFormat("metadata version raised from %d to %d", old_level, record.level()));
  }

  void AddRegistration(const v1::RegisterBrokerRecord& record) {
    const bool again = before_.FindBroker(BrokerId(record.broker_id())) != nullptr;
    registered_.Add(
        absl::StrCat(record.broker_id()),
        absl::StrFormat(
            "broker %d registered%s at %s:%d%s", record.broker_id(), again ? " again" : "",
            record.endpoint().host(), record.endpoint().port(),
            record.rack().empty() ? "" : absl::StrCat(", rack ", Quoted(record.rack()))));
  }

  void AddRegistrationChange(const v1::BrokerRegistrationChangeRecord& record) {
    const std::string broker = absl::StrFormat("broker %d", record.broker_id());
    const std::string subject = absl::StrCat(record.broker_id());
    if (record.has_fenced()) {
      if (record.fenced()) {
        fenced_.Add(subject, broker + " fenced");
      } else {
        unfenced_.Add(subject, broker + " unfenced");
      }
    }
    if (record.in_controlled_shutdown()) {
      shutting_down_.Add(subject, broker + " is stopping, and gives its leaders away");
    }
    if (record.has_log_directories()) AddOfflineDirectories(BrokerId(record.broker_id()));
  }

  void AddOfflineDirectories(BrokerId id) {
    const BrokerRegistration* before = before_.FindBroker(id);
    const BrokerRegistration* after = after_.FindBroker(id);
    if (before == nullptr || after == nullptr) return;
    const std::vector<Uuid>& online = after->details->log_directories;
    for (const Uuid& directory : before->details->log_directories) {
      if (std::binary_search(online.begin(), online.end(), directory)) continue;
      offline_.Add(absl::StrCat(id.value()), absl::StrFormat("log directory %s of broker %d failed",
                                                             directory.ToString(), id.value()));
    }
  }

  void AddTopic(const v1::TopicRecord& record) {
    const TopicPtr topic = after_.FindTopic(IdOf(record.topic_id()));
    if (topic == nullptr || topic->partition_count() == 0) return;
    created_topics_.insert(topic->id());
    created_.Add(record.name(),
                 absl::StrFormat("topic %s created: %s, %s of each", record.name(),
                                 Counted(topic->partition_count(), "partition", "partitions"),
                                 Counted(static_cast<int64_t>(topic->partition(0).replica_count()),
                                         "replica", "replicas")));
  }

  void AddRemoval(const v1::RemoveTopicRecord& record) {
    const TopicPtr topic = before_.FindTopic(IdOf(record.topic_id()));
    if (topic == nullptr) return;
    deleted_.Add(topic->name(),
                 absl::StrFormat("topic %s deleted: %s", topic->name(),
                                 Counted(topic->partition_count(), "partition", "partitions")));
  }

  void AddPartitions(const v1::PartitionsRecord& record) {
    const Uuid id = IdOf(record.topic_id());
    const TopicPtr topic = after_.FindTopic(id);
    if (created_topics_.contains(id) || topic == nullptr) return;
    added_.Add(topic->name(), absl::StrFormat("topic %s got %s, %d in all", topic->name(),
                                              Counted(record.replica_counts_size(),
                                                      "more partition", "more partitions"),
                                              topic->partition_count()));
  }

  void AddConfig(const v1::ConfigRecord& record) {
    const auto type = static_cast<ConfigResourceType>(record.resource_type());
    const std::string resource =
        type == ConfigResourceType::kBroker && record.resource_name() == kDefaultOfBrokers
            ? "all brokers"
            : absl::StrCat(ConfigResourceText(type), " ", record.resource_name());
    if (!record.has_value()) {
      configured_.Add(
          record.resource_name(),
          absl::StrFormat("config of %s: %s back to its default", resource, record.key()));
    } else {
      configured_.Add(record.resource_name(),
                      absl::StrFormat("config of %s: %s set%s", resource, record.key(),
                                      IsSensitiveConfig(type, record.key())
                                          ? ""
                                          : absl::StrCat(" to ", Quoted(record.value()))));
    }
  }

  EventWriter* const events_;
  const MetadataImage& before_;
  const MetadataImage& after_;

  LimitedEvents registered_{events_, ClusterEvent::BROKER_REGISTERED, "brokers registered"};
  LimitedEvents fenced_{events_, ClusterEvent::BROKER_FENCED, "brokers fenced"};
  LimitedEvents unfenced_{events_, ClusterEvent::BROKER_UNFENCED, "brokers unfenced"};
  LimitedEvents shutting_down_{events_, ClusterEvent::BROKER_SHUTTING_DOWN, "brokers stopping"};
  LimitedEvents unregistered_{events_, ClusterEvent::BROKER_UNREGISTERED, "brokers unregistered"};
  LimitedEvents offline_{events_, ClusterEvent::LOG_DIRECTORY_OFFLINE, "log directories failed"};
  LimitedEvents created_{events_, ClusterEvent::TOPIC_CREATED, "topics created"};
  LimitedEvents deleted_{events_, ClusterEvent::TOPIC_DELETED, "topics deleted"};
  LimitedEvents added_{events_, ClusterEvent::PARTITIONS_ADDED, "topics with more partitions"};
  LimitedEvents configured_{events_, ClusterEvent::CONFIG_CHANGED, "configs changed"};

  std::set<Uuid> created_topics_;
  std::set<Uuid> changed_topics_;
};

// Adds the event of an entry that only controllers need. The barrier is the first entry of an
// epoch.
void AddQuorumEvent(const v1::Batch& batch, const MetadataImage& before, EventWriter& events) {
  if (batch.epoch() > before.last_epoch().value()) {
    events.Add(ClusterEvent::CONTROLLER_ELECTED, "",
               batch.cause().empty()
                   ? absl::StrFormat("a controller elected in epoch %d", batch.epoch())
                   : absl::StrFormat("%s (epoch %d)", batch.cause(), batch.epoch()));
  } else {
    events.Add(
        ClusterEvent::VOTERS_CHANGED, "",
        absl::StrCat("voters changed: ", batch.cause().empty() ? "no cause" : batch.cause()));
  }
}

}  // namespace

std::vector<v1::ClusterEvent> EventsOf(const v1::Batch& batch, const MetadataImage& before,
                                       const MetadataImage& after) {
  EventWriter events(batch);
  if (batch.records().empty()) {
    AddQuorumEvent(batch, before, events);
    return std::move(events).Take();
  }
  v1::RecordBatch records;
  if (!records.ParseFromString(batch.records())) return {};
  RecordEvents collector(&events, before, after);
  for (const v1::Record& record : records.records()) collector.Add(record);
  collector.Finish();
  return std::move(events).Take();
}

}  // namespace quorate::metadata
