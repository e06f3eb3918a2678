#include "controller/decide/leaders/elect_leaders.h"

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/quote.h"
#include "controller/decide/leaders/leader_election.h"
#include "controller/decide/leaders/requested_changes.h"
#include "controller/decide/partitions/partition_change.h"
#include "controller/decide/topics/topic_ref.h"
#include "controller/decide/topics/topic_walk.h"
#include "metadata/record_builders.h"

namespace quorate::controller {
namespace {

using admin::v1::ElectLeadersRequest;
using admin::v1::ElectLeadersResponse;
using common::v1::Error;
using metadata::PartitionChange;
using metadata::PartitionView;

// The most partitions to look at.
constexpr int64_t kMaxLookedAt = SettlementPart().max_partitions;

int32_t IdOf(const std::optional<BrokerId>& leader) { return leader ? leader->value() : -1; }

// Items hold texts, because the log stores nothing else of them. The formats are permanent
// (docs/storage_format.md): a retry gets its answer from the item of an older program.
//
// A summary is "NOT_NEEDED" or "NOT_NEEDED NEXT_PARTITION"; its topic id is that of the next
// partition.
ItemResult SummaryItem(int64_t not_needed, const std::optional<PartitionPlace>& next) {
  if (!next) return {.message = absl::StrCat(not_needed)};
  return {.message = absl::StrCat(not_needed, " ", next->partition), .topic_id = next->topic_id};
}

void ReadSummary(const ItemResult& item, ElectLeadersResponse* response) {
  const std::vector<std::string> words = absl::StrSplit(item.message, ' ');
  int64_t not_needed = 0;
  if (absl::SimpleAtoi(words[0], &not_needed)) response->set_not_needed_count(not_needed);
  int32_t partition = 0;
  if (words.size() < 2 || !absl::SimpleAtoi(words[1], &partition)) return;
  *response->mutable_next() = CursorOf({.topic_id = item.topic_id, .partition = partition});
}

// A partition is "PARTITION LEADER TOPIC" or "PARTITION LEADER TOPIC MESSAGE".
ItemResult PartitionItem(const metadata::TopicImage& topic, int32_t partition, int32_t leader,
                         const ItemError& error) {
  std::string text = absl::StrCat(partition, " ", leader, " ", topic.name());
  if (error) absl::StrAppend(&text, " ", error->message);
  return {.code = error ? error->code : 0, .message = std::move(text), .topic_id = topic.id()};
}

void ReadPartition(const ItemResult& item, ElectLeadersResponse::Result* result) {
  const std::vector<std::string> words = absl::StrSplit(item.message, absl::MaxSplits(' ', 3));
  result->set_topic_id(item.topic_id.ToString());
  int32_t number = -1;
  result->set_partition(absl::SimpleAtoi(words[0], &number) ? number : -1);
  const bool has_leader = words.size() > 1 && absl::SimpleAtoi(words[1], &number);
  result->set_leader_id(has_leader ? number : -1);
  if (words.size() > 2) result->set_name(words[2]);
  if (item.code == common::v1::ERROR_CODE_UNSPECIFIED) return;
  *result->mutable_error() =
      ToError({.code = item.code, .message = words.size() > 3 ? words[3] : ""});
}

// Decides the elections of one type.
class Elector {
 public:
  Elector(const metadata::MetadataImage& image, ElectLeadersRequest::Type type)
      : image_(image),
        active_(image),
        elr_policies_(image),
        is_preferred_(type == ElectLeadersRequest::PREFERRED) {}

  bool IsNeeded(const PartitionView& partition) const {
    const auto leader = partition.leader_position();
    return is_preferred_ ? leader != size_t{0} : !leader;
  }

  // Sets `change`, or returns why there is none.
  ItemError Elect(const metadata::TopicImage& topic, const PartitionView& partition,
                  PartitionChange* change) {
    if (!IsNeeded(partition)) return NotNeeded(partition);
    const uint32_t active_mask = active_.MaskOf(partition);
    const ElrPolicy& elr = elr_policies_.Of(topic);
    if (partition.leader_position()) {
      auto moved = MoveToPreferred(partition, active_mask, elr);
      if (!moved) return PreferredNotAvailable(partition);
      *change = *std::move(moved);
      return std::nullopt;
    }
    *change = Settle(partition, active_mask,
                     is_preferred_ ? Unclean::kForbidden : AllowUnclean(image_), elr);
    if (change->leader_position) return std::nullopt;
    if (is_preferred_) return PreferredNotAvailable(partition);
    return MakeItemError(common::v1::ELIGIBLE_LEADERS_NOT_AVAILABLE,
                         "there is no leader, and no replica is active; start the broker of one");
  }

 private:
  ItemError NotNeeded(const PartitionView& partition) const {
    const int32_t leader = partition.leader()->value();
    return MakeItemError(
        common::v1::ELECTION_NOT_NEEDED,
        is_preferred_
            ? absl::StrFormat("broker %d, the first replica, is the leader already", leader)
            : absl::StrFormat("broker %d is the leader, so no unclean election is needed", leader));
  }

  ItemError PreferredNotAvailable(const PartitionView& partition) const {
    const BrokerId first = partition.replica(0);
    const metadata::BrokerRegistration* broker = image_.FindBroker(first);
    const char* why = "is not in the ISR";
    if (broker == nullptr) {
      why = "is not registered";
    } else if (broker->fenced) {
      why = "is fenced";
    } else if (broker->in_controlled_shutdown) {
      why = "is shutting down";
    } else if (!broker->details->IsOnline(partition.directory(0))) {
      why = "has its replica in a log directory that is offline";
    }
    return MakeItemError(common::v1::PREFERRED_LEADER_NOT_AVAILABLE,
                         absl::StrFormat("broker %d, the first replica, %s", first.value(), why));
  }

  const metadata::MetadataImage& image_;
  const ActiveBrokers active_;
  ElrPolicies elr_policies_;
  const bool is_preferred_;
};

// Goes through the partitions of a request in their order, from its start until the answer is full.
class ElectionWalk {
 public:
  ElectionWalk(Elector& elector, const PartitionPlace& start) : elector_(elector), start_(start) {}

  // Elects leaders of the topic's partitions: of those with the numbers `named`, or of all if there
  // are none. The topics must come in the order of their ids. Returns false if the walk has ended.
  bool Visit(const metadata::TopicImage& topic,
             const google::protobuf::RepeatedField<int32_t>& named) {
    looked_at_ += kPartitionsPerTopic;
    std::vector<PartitionChange> changes;
    named.empty() ? VisitAll(topic, &changes) : VisitNamed(topic, named, &changes);
    changes_.Add(topic, std::move(changes));
    return !next_;
  }

  RequestedChanges& changes() { return changes_; }
  // The results of the partitions.
  const ItemResults& results() const { return results_; }
  ItemResult Summary() const { return SummaryItem(not_needed_, next_); }

 private:
  void VisitAll(const metadata::TopicImage& topic, std::vector<PartitionChange>* changes) {
    const int32_t begin = topic.id() == start_.topic_id ? std::max(start_.partition, 0) : 0;
    for (int32_t i = begin; i < topic.partition_count(); ++i) {
      if (IsFull(topic, i)) return;
      const PartitionView partition = topic.partition(i);
      if (elector_.IsNeeded(partition)) {
        Elect(topic, partition, changes);
      } else {
        ++not_needed_;
      }
    }
  }

  void VisitNamed(const metadata::TopicImage& topic,
                  const google::protobuf::RepeatedField<int32_t>& named,
                  std::vector<PartitionChange>* changes) {
    std::map<int32_t, int> times_named;
    for (const int32_t partition : named) ++times_named[partition];
    auto it = topic.id() == start_.topic_id ? times_named.lower_bound(start_.partition)
                                            : times_named.begin();
    for (; it != times_named.end(); ++it) {
      const auto& [i, times] = *it;
      if (IsFull(topic, i)) return;
      if (const ItemError error = CheckPartition(topic, i, times)) {
        results_.push_back(PartitionItem(topic, i, -1, error));
      } else {
        Elect(topic, topic.partition(i), changes);
      }
    }
  }

  // Returns whether the walk ends before this partition.
  bool IsFull(const metadata::TopicImage& topic, int32_t partition) {
    if (results_.size() < kMaxElectionResults && looked_at_++ < kMaxLookedAt) return false;
    next_ = PartitionPlace{.topic_id = topic.id(), .partition = partition};
    return true;
  }

  // Elects a leader of the partition, and adds the result.
  void Elect(const metadata::TopicImage& topic, const PartitionView& partition,
             std::vector<PartitionChange>* changes) {
    PartitionChange change;
    const ItemError error = elector_.Elect(topic, partition, &change);
    const auto leader = error ? partition.leader() : LeaderAfter(partition, change);
    results_.push_back(PartitionItem(topic, partition.index(), IdOf(leader), error));
    if (!error) changes->push_back(std::move(change));
  }

  Elector& elector_;
  const PartitionPlace start_;
  RequestedChanges changes_;
  ItemResults results_;
  int64_t looked_at_ = 0;
  int64_t not_needed_ = 0;
  std::optional<PartitionPlace> next_;
};

// Resolves the topics that the request names, and adds an item for each to `items`. Errors are
// reported only by the first request of a sequence.
std::map<Uuid, std::pair<metadata::TopicPtr, const ElectLeadersRequest::TopicPartitions*>> TopicsOf(
    const metadata::MetadataImage& image, const ElectLeadersRequest& request, ItemResults* items) {
  const std::vector<ResolvedTopic> resolved = ResolveTopics(image, request.topics());
  std::map<Uuid, std::pair<metadata::TopicPtr, const ElectLeadersRequest::TopicPartitions*>> topics;
  for (int i = 0; i < request.topics_size(); ++i) {
    const ResolvedTopic& entry = resolved[static_cast<size_t>(i)];
    ItemResult item = entry.error;
    if (entry.topic != nullptr) {
      if (item.code == 0) topics[entry.topic->id()] = {entry.topic, &request.topics(i)};
      item.topic_id = entry.topic->id();
    }
    items->push_back(request.has_start() && item.code != 0 ? ItemResult() : std::move(item));
  }
  return topics;
}

PartitionPlace StartOf(const ElectLeadersRequest& request) {
  if (!request.has_start()) return {};
  return {.topic_id = Uuid::Parse(request.start().topic_id()).value_or(Uuid()),
          .partition = request.start().partition()};
}

}  // namespace

Decision<ItemResults> DecideElectLeaders(const View& view, const ElectLeadersRequest& request,
                                         const Context& /*context*/) {
  Elector elector(view.image, request.type());
  const PartitionPlace start = StartOf(request);
  ElectionWalk walk(elector, start);
  ItemResults items(1);
  const auto topics = TopicsOf(view.image, request, &items);
  if (request.all_topics()) {
    view.image.ForEachTopicFrom(
        start.topic_id, [&](const metadata::TopicPtr& topic) { return walk.Visit(*topic, {}); });
  } else {
    for (auto it = topics.lower_bound(start.topic_id); it != topics.end(); ++it) {
      const auto& [topic, entry] = it->second;
      if (!walk.Visit(*topic, entry->partitions())) break;
    }
  }
  items[0] = walk.Summary();
  items.insert(items.end(), walk.results().begin(), walk.results().end());
  RequestedChanges& changes = walk.changes();
  if (request.validate_only() || changes.counts().changed == 0) {
    return {.answer = std::move(items)};
  }
  return {.records = changes.TakeRecords(),
          .answer = std::move(items),
          .cause = absl::StrFormat("ElectLeaders %s %s",
                                   ElectLeadersRequest::Type_Name(request.type()), changes.Text()),
          .settled = changes.counts(),
          .election_cause = ElectionCause::kElectLeaders};
}

ElectLeadersResponse ToResponse(const ElectLeadersRequest& request, const ItemResults& items) {
  ElectLeadersResponse response;
  const size_t entries = ItemCount(request);
  const bool is_refused = items.at(0).code != common::v1::ERROR_CODE_UNSPECIFIED;
  if (!is_refused) ReadSummary(items[0], &response);
  // If the request was refused as a whole, every item has the error.
  for (size_t i = request.all_topics() && is_refused ? 0 : 1; i < items.size(); ++i) {
    if (i >= entries) {
      ReadPartition(items[i], response.add_results());
    } else if (items[i].code != common::v1::ERROR_CODE_UNSPECIFIED) {
      auto* result = response.add_results();
      if (i > 0) {
        const auto& topic = request.topics(static_cast<int>(i - 1)).topic();
        result->set_name(topic.name());
        result->set_topic_id(items[i].topic_id.is_zero() ? topic.topic_id()
                                                         : items[i].topic_id.ToString());
      }
      result->set_partition(-1);
      result->set_leader_id(-1);
      *result->mutable_error() = ToError(items[i]);
    }
  }
  return response;
}

std::optional<Error> CheckSize(const ElectLeadersRequest& request, const RequestLimits& limits) {
  if (auto error = CheckCount(request.topics_size(), limits.max_items, "topics")) return error;
  int64_t partitions = 0;
  for (const auto& topic : request.topics()) partitions += topic.partitions_size();
  if (auto error = CheckCount(partitions, limits.max_partitions, "partitions")) return error;
  const auto invalid = [](std::string message) {
    return MakeError(common::v1::INVALID_REQUEST, std::move(message));
  };
  if (request.type() != ElectLeadersRequest::PREFERRED &&
      request.type() != ElectLeadersRequest::UNCLEAN) {
    return invalid("the type of the election must be PREFERRED or UNCLEAN");
  }
  if (request.all_topics() != request.topics().empty()) {
    return invalid("name the topics of the election, or set all_topics, but not both");
  }
  if (request.has_start() && !Uuid::Parse(request.start().topic_id())) {
    return invalid(
        absl::StrFormat("start.topic_id is %s, which is not a topic id: send `next` of "
                        "the last answer, or leave `start` out",
                        Quote(request.start().topic_id())));
  }
  return std::nullopt;
}

bool IsLarge(const ElectLeadersRequest& request, const metadata::MetadataImage& /*image*/) {
  // The walk through partitions is bounded like a part of a settlement. Only the request itself may
  // be large.
  int64_t cost = request.topics_size() * kCostPerTopic;
  for (const auto& topic : request.topics()) cost += topic.partitions_size() * kCostPerPartition;
  return cost > kMaxCostOnLoop;
}

}  // namespace quorate::controller
