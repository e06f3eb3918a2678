#include "tests/process/chaos/load_client.h"

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"

namespace quorate::testing {
namespace {

using client::CallFailure;
using client::CallResult;
using client::FailureKind;
using metadata::ConfigResourceType;
using metadata::MetadataImage;
using metadata::PartitionView;
using metadata::TopicPtr;
using Holds = std::function<bool(const MetadataImage&)>;

constexpr uint64_t kTopics = 24;
constexpr int kMaxPartitions = 12;
constexpr char kConfig[] = "retention.ms";
constexpr std::chrono::milliseconds kFirstAttempt{500};

// A client of one controller for stale reads does not wait for it.
constexpr std::chrono::milliseconds kSingleTimeout{500};

client::AdminClient MakeClient(const Cluster& cluster, std::vector<int> nodes,
                               std::chrono::milliseconds timeout) {
  return cluster.Client(std::move(nodes), [&](client::CallerOptions& options) {
    options.timeout = timeout;
    options.attempt_timeout = kFirstAttempt;
  });
}

TopicPtr FindTopic(const MetadataImage& image, const std::string& id) {
  return image.FindTopic(*Uuid::Parse(id));
}

// Returns whether the partition has, or is on the way to, exactly these replicas.
bool AimsAt(const PartitionView& partition, const std::vector<int32_t>& target) {
  std::set<int32_t> kept;
  for (size_t i = 0; i < partition.replica_count(); ++i) {
    if ((partition.removing_mask() >> i & 1) == 0) kept.insert(partition.replicas()[i]);
  }
  return kept == std::set<int32_t>(target.begin(), target.end());
}

}  // namespace

LoadClient::LoadClient(const Cluster* cluster, LoadOptions options, ClientHistory* history)
    : options_(std::move(options)),
      history_(*history),
      rng_(options_.seed),
      client_uuid_(Uuid::Random(rng_)),
      client_(MakeClient(*cluster, {}, options_.timeout)) {
  for (int node = 1; node <= cluster->options().controllers; ++node) {
    single_.push_back(MakeClient(*cluster, {node}, kSingleTimeout));
  }
  thread_ = std::thread([this] { Run(); });
}

LoadClient::~LoadClient() { Stop(); }

void LoadClient::Stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void LoadClient::Run() {
  while (!stop_) {
    MakeOneCall();
    std::this_thread::sleep_for(options_.interval);
  }
}

void LoadClient::MakeOneCall() {
  const uint64_t draw = rng_.Below(100);
  if (draw < 30) return CreateTopic();
  if (draw < 45) return DeleteTopic();
  if (draw < 52) return AddPartitions();
  if (draw < 67) return AlterConfig();
  if (draw < 77) return Reassign();
  if (draw < 82) return ElectLeaders();
  if (draw < 83) return TransferLeadership();
  ReadTopics();
}

template <typename Request>
Change LoadClient::Begin(Request& request) {
  request.mutable_request_id()->set_client_uuid(std::string(client_uuid_.bytes()));
  request.mutable_request_id()->set_sequence(++last_sequence_);
  return {.id = {.client_uuid = client_uuid_, .sequence = last_sequence_},
          .text = absl::StrFormat("%s: %s", options_.name, request.GetTypeName()),
          .acknowledged_before = history_.acknowledged()};
}

template <typename Response>
void LoadClient::End(Change change, const CallResult<Response>& result,
                     const std::function<Holds(const Response&)>& holds) {
  if (const auto* failure = std::get_if<CallFailure>(&result)) {
    change.outcome = failure->kind == FailureKind::kUnknown ? Change::Outcome::kUnknown
                                                            : Change::Outcome::kRefused;
  } else {
    const Response& response = std::get<Response>(result);
    change.outcome = Change::Outcome::kAnswered;
    change.end_offset = response.end_offset();
    for (const auto& item : response.results()) change.codes.push_back(item.error().code());
    if (holds) change.holds = holds(response);
  }
  history_.Add(std::move(change));
}

std::string LoadClient::AnyTopic() { return absl::StrFormat("topic-%d", rng_.Below(kTopics)); }

std::vector<int32_t> LoadClient::AnyBrokers(size_t count) {
  std::vector<int32_t> brokers;
  for (int32_t broker = 1; broker <= options_.brokers; ++broker) brokers.push_back(broker);
  for (size_t i = brokers.size() - 1; i > 0; --i) std::swap(brokers[i], brokers[rng_.Below(i + 1)]);
  brokers.resize(std::min(count, brokers.size()));
  return brokers;
}

void LoadClient::CreateTopic() {
  const std::string name = AnyTopic();
  const int partitions = 1 + static_cast<int>(rng_.Below(kMaxPartitions / 2));
  auto request = NewTopicRequest(name, partitions, 1 + static_cast<int>(rng_.Below(3)));
  Change change = Begin(request);
  End<admin::v1::CreateTopicsResponse>(
      std::move(change), client_.CreateTopics(request), [&](const auto& response) -> Holds {
        return [name, partitions, id = response.results(0).topic_id()](const MetadataImage& image) {
          const TopicPtr topic = FindTopic(image, id);
          return topic != nullptr && topic->name() == name &&
                 topic->partition_count() == partitions;
        };
      });
}

void LoadClient::DeleteTopic() {
  admin::v1::DeleteTopicsRequest request;
  request.add_topics()->set_name(AnyTopic());
  Change change = Begin(request);
  End<admin::v1::DeleteTopicsResponse>(
      std::move(change), client_.DeleteTopics(request), [](const auto& response) -> Holds {
        return [id = response.results(0).topic_id()](const MetadataImage& image) {
          return FindTopic(image, id) == nullptr;
        };
      });
}

void LoadClient::AddPartitions() {
  admin::v1::CreatePartitionsRequest request;
  const int count = 1 + static_cast<int>(rng_.Below(kMaxPartitions));
  request.add_topics()->set_name(AnyTopic());
  request.mutable_topics(0)->set_partition_count(count);
  Change change = Begin(request);
  End<admin::v1::CreatePartitionsResponse>(
      std::move(change), client_.CreatePartitions(request), [count](const auto& response) -> Holds {
        return [count, id = response.results(0).topic_id()](const MetadataImage& image) {
          const TopicPtr topic = FindTopic(image, id);
          return topic != nullptr && topic->partition_count() == count;
        };
      });
}

void LoadClient::AlterConfig() {
  admin::v1::IncrementalAlterConfigsRequest request;
  const std::string name = AnyTopic();
  const std::string value = std::to_string(1'000 + rng_.Below(1'000'000));
  auto* resource = request.add_resources();
  resource->mutable_resource()->set_type(admin::v1::ConfigResource::TOPIC);
  resource->mutable_resource()->set_name(name);
  auto* change_of_key = resource->add_changes();
  change_of_key->set_key(kConfig);
  change_of_key->set_operation(admin::v1::ConfigChange::SET);
  change_of_key->set_value(value);
  Change change = Begin(request);
  End<admin::v1::IncrementalAlterConfigsResponse>(
      std::move(change), client_.IncrementalAlterConfigs(request),
      [&](const auto& /*response*/) -> Holds {
        return [name, value](const MetadataImage& image) {
          const auto configs = image.Configs(ConfigResourceType::kTopic, name);
          const auto config = configs.find(kConfig);
          return config != configs.end() && config->second == value;
        };
      });
}

void LoadClient::Reassign() {
  admin::v1::AlterPartitionReassignmentsRequest request;
  const std::string name = AnyTopic();
  const std::vector<int32_t> target = AnyBrokers(1 + rng_.Below(3));
  request.add_topics()->mutable_topic()->set_name(name);
  auto* partition = request.mutable_topics(0)->add_partitions();
  partition->set_partition(0);
  for (const int32_t broker : target) partition->mutable_target()->add_broker_ids(broker);
  Change change = Begin(request);
  End<admin::v1::AlterPartitionReassignmentsResponse>(
      std::move(change), client_.AlterPartitionReassignments(request),
      [&](const auto& /*response*/) -> Holds {
        return [name, target](const MetadataImage& image) {
          const TopicPtr topic = image.FindTopicByName(name);
          return topic != nullptr && AimsAt(topic->partition(0), target);
        };
      });
}

// The log has a summary and the partitions in another form than the answer, so the codes are not
// compared.
void LoadClient::ElectLeaders() {
  admin::v1::ElectLeadersRequest request;
  request.set_type(admin::v1::ElectLeadersRequest::PREFERRED);
  request.set_all_topics(true);
  Change change = Begin(request);
  const auto result = client_.ElectLeaders(request);
  change.compare_codes = false;
  End<admin::v1::ElectLeadersResponse>(std::move(change), result);
}

// It has no request id, and appends no entry of its own.
void LoadClient::TransferLeadership() {
  admin::v1::TransferLeadershipRequest request;
  request.set_target_node_id(1 + static_cast<int32_t>(rng_.Below(single_.size())));
  client_.TransferLeadership(request);
}

void LoadClient::ReadTopics() {
  const size_t node = rng_.Below(2 * single_.size());
  const bool may_be_stale = node < single_.size();
  admin::v1::DescribeTopicsRequest request;
  request.set_allow_stale(may_be_stale);
  TopicsRead read{.text = absl::StrFormat("%s: %s read", options_.name,
                                          may_be_stale ? "a stale" : "a linearizable"),
                  .acknowledged_before = may_be_stale ? 0 : history_.acknowledged()};
  const auto result = (may_be_stale ? single_[node] : client_).DescribeTopics(request);
  const auto* response = std::get_if<admin::v1::DescribeTopicsResponse>(&result);
  if (response == nullptr) return;
  read.end_offset = response->end_offset();
  for (const auto& topic : response->topics()) read.topics.push_back(topic.SerializeAsString());
  history_.Add(std::move(read));
}

}  // namespace quorate::testing
