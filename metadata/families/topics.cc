#include "metadata/families/topics.h"

#include <xxhash.h>

#include <algorithm>
#include <memory>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "metadata/copy_on_write.h"
#include "metadata/families/configs.h"
#include "metadata/hash_sections.h"
#include "metadata/image_state.h"
#include "metadata/image_text.h"
#include "metadata/replay_errors.h"
#include "metadata/snapshot_sections.h"
#include "metadata/text_util.h"
#include "metadata/topic_name.h"

namespace quorate::metadata {
namespace {

bool CollideWhenNormalized(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return (x == '.' ? '_' : x) == (y == '.' ? '_' : y); });
}

void HashPartition(const PartitionView& partition, ContentHasher& hasher) {
  hasher.Add(static_cast<int64_t>(partition.replica_count()));
  for (const int32_t replica : partition.replicas()) hasher.Add(replica);
  hasher.Add(partition.isr_mask());
  hasher.Add(partition.leader_position().has_value()
                 ? static_cast<int64_t>(*partition.leader_position())
                 : -1);
  hasher.Add(partition.leader_epoch());
  hasher.Add(partition.partition_epoch());
}

void HashExtras(const PartitionView& partition, ContentHasher& hasher) {
  hasher.Add(partition.index());
  const PartitionExtras& extras = partition.extras();
  hasher.Add(extras.adding_mask);
  hasher.Add(extras.removing_mask);
  hasher.Add(extras.elr_mask);
  hasher.Add(extras.last_known_leader_position.has_value()
                 ? int64_t{*extras.last_known_leader_position}
                 : -1);
  hasher.Add(extras.recovering ? 1 : 0);
  for (size_t i = 0; i < partition.replica_count(); ++i) {
    hasher.Add(partition.directory(i).value_or(Uuid()));
  }
}

// Hashes topics piece by piece. A topic is its id, its name, the number of its partitions and the
// partitions. If any partition has extras or directories, those that have them follow, and then -1.
class TopicsHasher {
 public:
  explicit TopicsHasher(const TopicsImage* topics) : topics_(topics) {}

  // Adds about a hundred partitions. Returns whether there are more.
  bool Next(ContentHasher& hasher) {
    bool more = false;
    int64_t room = kPiece;
    topics_->ForEachFrom(topic_id_.value_or(Uuid()), [&](const TopicPtr& topic) {
      if (topic->id() != topic_id_) Begin(*topic);
      room -= AddPiece(*topic, hasher);
      more = room <= 0 || next_ < end_;
      return !more;
    });
    return more;
  }

 private:
  static constexpr int32_t kPiece = 100;

  void Begin(const TopicImage& topic) {
    topic_id_ = topic.id();
    count_ = topic.partition_count();
    has_extras_ = topic.has_extras();
    next_ = -1;
    end_ = has_extras_ ? 2 * count_ : count_;
  }

  // Adds the next partitions or extras of the topic. Returns how many, and one for a new topic.
  int64_t AddPiece(const TopicImage& topic, ContentHasher& hasher) {
    if (next_ == end_) return 0;
    const int64_t before = next_;
    if (next_ < 0) {
      hasher.Add(topic.id());
      hasher.Add(topic.name());
      // A negative number says that the extras follow behind the partitions.
      hasher.Add(has_extras_ ? -1 - count_ : count_);
      next_ = 0;
    }
    const int64_t stop = std::min(next_ + kPiece, next_ < count_ ? count_ : end_);
    if (next_ < count_) {
      for (; next_ < stop; ++next_) {
        HashPartition(topic.partition(static_cast<int32_t>(next_)), hasher);
      }
    } else {
      topic.ForEachPartitionWithExtras(
          static_cast<int32_t>(next_ - count_), static_cast<int32_t>(stop - count_),
          [&](const PartitionView& partition) { HashExtras(partition, hasher); });
      next_ = stop;
    }
    if (next_ == end_ && has_extras_) hasher.Add(-1);
    return next_ - before;
  }

  const TopicsImage* const topics_;
  // The topic that is being hashed. Its partitions have the places from 0 to `count_`, and their
  // extras the places from there to `end_`.
  std::optional<Uuid> topic_id_;
  int64_t count_ = 0;
  bool has_extras_ = false;
  int64_t next_ = 0;
  int64_t end_ = 0;
};

}  // namespace

v1::Record MakeTopicRecord(std::string_view name, const Uuid& id) {
  v1::Record record;
  record.mutable_topic()->set_name(std::string(name));
  record.mutable_topic()->set_topic_id(std::string(id.bytes()));
  return record;
}

v1::Record MakeRemoveTopicRecord(const Uuid& id) {
  v1::Record record;
  record.mutable_remove_topic()->set_topic_id(std::string(id.bytes()));
  return record;
}

uint64_t TopicsImage::NameHash(std::string_view name) {
  // The name of a topic fits (kMaxTopicNameBytes), so that no memory is allocated.
  absl::InlinedVector<char, 256> normalized(name.begin(), name.end());
  std::replace(normalized.begin(), normalized.end(), '.', '_');
  return XXH3_64bits(normalized.data(), normalized.size());
}

TopicPtr TopicsImage::Find(const Uuid& id) const {
  const TopicPtr* topic = topics_.Find(id);
  return topic == nullptr ? nullptr : *topic;
}

TopicPtr TopicsImage::FindByHash(std::string_view name,
                                 absl::FunctionRef<bool(const TopicImage&)> matches) const {
  TopicPtr found;
  const uint64_t hash = NameHash(name);
  names_.ScanFrom({hash, Uuid()}, [&](const IdsByNameHash::Entry& entry) {
    if (entry.first != hash) return false;
    const TopicPtr& topic = *topics_.Find(entry.second);
    if (matches(*topic)) found = topic;
    return found == nullptr;
  });
  return found;
}

TopicPtr TopicsImage::FindByName(std::string_view name) const {
  return FindByHash(name, [name](const TopicImage& topic) { return topic.name() == name; });
}

TopicPtr TopicsImage::FindColliding(std::string_view name) const {
  return FindByHash(name, [name](const TopicImage& topic) {
    return topic.name() != name && CollideWhenNormalized(topic.name(), name);
  });
}

std::vector<TopicPtr> TopicsImage::ByName() const {
  std::vector<TopicPtr> topics;
  topics.reserve(size());
  ForEach([&](const TopicPtr& topic) { topics.push_back(topic); });
  std::sort(topics.begin(), topics.end(),
            [](const TopicPtr& a, const TopicPtr& b) { return a->name() < b->name(); });
  return topics;
}

void TopicsImage::ForEachChange(
    const TopicsImage& before,
    absl::FunctionRef<void(const TopicPtr& before, const TopicPtr& now)> fn) const {
  // Deletions come first, because a topic may have been deleted and created again. The receiver
  // then never sees two topics with one name.
  std::vector<std::pair<TopicPtr, TopicPtr>> present;
  topics_.ForEachChange(before.topics_, [&](const TopicPtr* old, const TopicPtr* now) {
    if (now == nullptr) {
      fn(*old, nullptr);
    } else if (old == nullptr) {
      present.emplace_back(nullptr, *now);
    } else if (!(**old == **now)) {
      present.emplace_back(*old, *now);
    }
  });
  for (const auto& [old, now] : present) fn(old, now);
}

absl::StatusOr<TopicPtr> TopicsImage::Require(const std::string& id_bytes) const {
  ASSIGN_OR_RETURN(const Uuid id, ParseUuid(id_bytes, "topic_id"));
  TopicPtr topic = Find(id);
  if (topic == nullptr) return Contradiction("there is no topic with id %s", id.ToString());
  return topic;
}

TopicImage& TopicsImage::OwnTopic(const Uuid& id) { return Own(topics_.Mutable(id)); }

absl::Status TopicsImage::Replay(const v1::TopicRecord& record, const ReplayContext& /*context*/) {
  ASSIGN_OR_RETURN(const Uuid id, ParseUuid(record.topic_id(), "topic_id"));
  if (const absl::Status valid = ValidateTopicName(record.name()); !valid.ok()) {
    return Malformed("%s", std::string(valid.message()));
  }
  if (topics_.Find(id) != nullptr) {
    return Contradiction("a topic with id %s already exists", id.ToString());
  }
  if (FindByName(record.name()) != nullptr) {
    return Contradiction("a topic named %s already exists", record.name());
  }
  auto topic = std::make_shared<TopicImage>();
  topic->id_ = id;
  topic->name_ = record.name();
  topics_.Put(std::move(topic));
  names_.Put({NameHash(record.name()), id});
  return absl::OkStatus();
}

absl::Status TopicsImage::Replay(const v1::RemoveTopicRecord& record,
                                 const ReplayContext& context) {
  ASSIGN_OR_RETURN(const TopicPtr topic, Require(record.topic_id()));
  partition_count_ -= topic->partition_count();
  topics_.Erase(topic->id());
  names_.Erase({NameHash(topic->name()), topic->id()});
  context.builder.Mutable<ConfigsImage>().RemoveResource(ConfigResourceType::kTopic, topic->name());
  return absl::OkStatus();
}

std::string TopicsImage::TextOf(const v1::TopicRecord& record, size_t /*max_items*/) {
  return absl::StrCat("Topic ", Quoted(record.name()), " id=", IdText(record.topic_id()));
}

std::string TopicsImage::TextOf(const v1::RemoveTopicRecord& record, size_t /*max_items*/) {
  return absl::StrCat("RemoveTopic ", IdText(record.topic_id()));
}

void TopicsImage::AddToSnapshot(SnapshotSections& sections) const {
  // One record's part of a topic: its partitions from `first` on, or the topic itself.
  struct TopicPart {
    const TopicImage* topic = nullptr;
    std::optional<int32_t> first;
  };
  std::vector<TopicPart> parts;
  ForEach([&](const TopicPtr& topic) {
    parts.push_back({.topic = topic.get()});
    for (int32_t first = 0; first < topic->partition_count(); first += kPartitionsPerRecord) {
      parts.push_back({.topic = topic.get(), .first = first});
    }
  });
  sections.Add(std::move(parts), [](const TopicPart& part, v1::Record* record) {
    if (part.first.has_value()) {
      FillRecord(*part.topic, *part.first, *record->mutable_partitions());
      return;
    }
    // Filled in place, which is faster than MakeTopicRecord: an image consists mostly of topics.
    record->mutable_topic()->set_name(part.topic->name());
    record->mutable_topic()->set_topic_id(std::string(part.topic->id().bytes()));
  });
}

void TopicsImage::AddToHash(HashSections& sections) const {
  sections.Add([this](ContentHasher& hasher) {
    hasher.Add(static_cast<int64_t>(size()));
    return false;
  });
  sections.Add(
      [topics = TopicsHasher(this)](ContentHasher& hasher) mutable { return topics.Next(hasher); });
}

void TopicsImage::AddToText(std::string& text) const {
  for (const TopicPtr& topic : ByName()) {
    absl::StrAppend(&text, "topic ", topic->name(), " id=", topic->id().ToString(),
                    " partitions=", topic->partition_count(), "\n");
    topic->ForEachChangedPartition(nullptr, [&](const PartitionView& partition) {
      absl::StrAppend(&text, "  ", partition.index(), " ", PartitionText(partition), "\n");
    });
  }
}

}  // namespace quorate::metadata
