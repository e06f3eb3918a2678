#include "controller/testing/controller_story.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/check.h"
#include "controller/decide/partitions/reassignment_pages.h"
#include "controller/testing/partition_text.h"
#include "metadata/testing/test_log.h"

namespace quorate::controller {
namespace {

using admin::v1::AlterPartitionReassignmentsResponse;
using admin::v1::CreatePartitionsResponse;
using admin::v1::CreateTopicsResponse;
using admin::v1::DeleteTopicsResponse;
using admin::v1::ElectLeadersResponse;
using admin::v1::IncrementalAlterConfigsResponse;
using broker::v1::AlterPartitionResponse;
using broker::v1::AssignReplicasToDirsResponse;
using broker::v1::HeartbeatResponse;
using broker::v1::RegisterBrokerResponse;

// Formats the error of an item. Omits the outcome, which is never in doubt for an item.
std::string ItemText(const common::v1::Error& error) {
  return common::v1::ErrorCode_Name(error.code()) + " (" + error.message() + ")";
}

std::string ErrorText(const common::v1::Error& error) {
  std::string text = absl::StrFormat("%s, %s (%s)", common::v1::ErrorCode_Name(error.code()),
                                     common::v1::Outcome_Name(error.outcome()), error.message());
  if (error.retry_after_ms() != 0) {
    text += absl::StrFormat(", retry after %d ms", error.retry_after_ms());
  }
  return text;
}

std::string EntryText(const raft::EntryHeader& header) {
  return absl::StrFormat("[%d, %d) epoch %d: %s", header.base_offset.value(),
                         header.end_offset().value(), header.epoch.value(), header.cause);
}

std::string HeartbeatText(const HeartbeatResponse& response) {
  return std::string(response.is_caught_up() ? "caught up" : "not caught up") +
         (response.is_fenced() ? ", fenced" : ", unfenced") +
         (response.should_shut_down() ? ", may stop" : "");
}

template <typename Response>
std::string TopicResultsText(const Response& response, const char* done) {
  const auto& result = response.results(0);
  return result.has_error() ? ItemText(result.error())
                            : absl::StrFormat("%s, as of offset %d", done, response.end_offset());
}

void SetRequestId(const TranscriptCommand& command, common::v1::RequestId* id) {
  id->set_client_uuid(std::string(metadata::TestUuid(1).bytes()));
  id->set_sequence(command.GetInt("id"));
}

// Adds the assignments of a command with replicas=1,2;2,3.
template <typename Topic>
void AddAssignments(const TranscriptCommand& command, Topic* topic) {
  if (!command.Has("replicas")) return;
  const std::vector<std::string> partitions = absl::StrSplit(command.Get("replicas"), ';');
  for (const std::string& of_partition : partitions) {
    auto* assignment = topic->add_assignments();
    const std::vector<std::string> ids = absl::StrSplit(of_partition, ',');
    for (const std::string& id : ids) assignment->add_broker_ids(std::stoi(id));
  }
}

std::vector<int32_t> Brokers(const TranscriptCommand& command) {
  std::vector<int32_t> ids;
  for (const int64_t id : command.GetInts("broker")) ids.push_back(static_cast<int32_t>(id));
  CHECK(!ids.empty()) << command.text() << ": which broker?";
  return ids;
}

// A story names a log directory by one letter.
Uuid DirectoryOf(const std::string& name) {
  CHECK_EQ(name.size(), 1u) << name;
  return *Uuid::FromBytes(std::string(Uuid::kBytes, name[0]));
}
std::string DirectoryName(const Uuid& directory) {
  return std::string(directory.bytes().substr(0, 1));
}

std::vector<Uuid> DirectoriesOf(const std::string& names) {
  std::vector<Uuid> directories;
  for (const auto name : absl::StrSplit(names, ',', absl::SkipEmpty())) {
    directories.push_back(DirectoryOf(std::string(name)));
  }
  return directories;
}

// Returns, for example, ", in a,-" or "" if no replica is assigned to a directory.
std::string DirectoriesText(const metadata::PartitionView& partition) {
  if (!partition.has_directories()) return "";
  std::vector<std::string> names;
  for (size_t i = 0; i < partition.replica_count(); ++i) {
    const auto directory = partition.directory(i);
    names.push_back(directory ? DirectoryName(*directory) : "-");
  }
  return ", in " + absl::StrJoin(names, ",");
}

}  // namespace

std::string ControllerStory::Run(const TranscriptCommand& command) {
  Dispatch(command);
  PrintLog();
  return std::exchange(output_, "");
}

template <typename T>
Reply<T> ControllerStory::PrintAnswer(const std::string& label,
                                      std::function<std::string(const T&)> describe) {
  return [this, label, describe = std::move(describe)](const Answer<T>& answer) {
    PrintLog();  // first print what released the answer
    const auto* error = std::get_if<common::v1::Error>(&answer);
    Print(label + ": " + (error != nullptr ? ErrorText(*error) : describe(std::get<T>(answer))));
  };
}

void ControllerStory::PrintLog() {
  const auto& entries = cluster_.quorum().entries();
  size_t same = 0;
  while (same < seen_.size() && same < entries.size() && seen_[same] == entries[same]) ++same;
  for (size_t i = same; i < seen_.size(); ++i) Print("- " + EntryText(seen_[i]->header()));
  for (size_t i = same; i < entries.size(); ++i) Print("+ " + EntryText(entries[i]->header()));
  seen_ = entries;
  if (const size_t committed = cluster_.quorum().committed_count(); committed != seen_committed_) {
    seen_committed_ = committed;
    Print(absl::StrFormat("committed up to %d", entries[committed - 1]->end_offset().value()));
  }
}

void ControllerStory::Dispatch(const TranscriptCommand& command) {
  const bool known = DispatchCluster(command) || DispatchBroker(command) || DispatchTopic(command);
  if (!known) Print("there is no command " + command.name());
}

bool ControllerStory::DispatchCluster(const TranscriptCommand& command) {
  const std::string& name = command.name();
  if (name == "elect") {
    cluster_.Elect(static_cast<int>(command.GetInt("controller")),
                   static_cast<size_t>(command.GetInt("kept")));
    cluster_.ForgetStreams();
  } else if (name == "commit") {
    cluster_.Commit(command.Has("count") ? static_cast<size_t>(command.GetInt("count")) : SIZE_MAX);
  } else if (name == "commits") {
    const bool held = command.Has("held");
    cluster_.quorum().CommitAtOnce(command.Has("at_once") && !held);
  } else if (name == "pause") {
    cluster_.quorum().Pause();
    cluster_.Run();
  } else if (name == "resume") {
    cluster_.quorum().Resume();
    cluster_.Run();
  } else if (name == "isolate") {
    cluster_.quorum().Isolate(NodeId(static_cast<int32_t>(command.GetInt("controller"))));
  } else if (name == "heal") {
    cluster_.quorum().Heal(NodeId(static_cast<int32_t>(command.GetInt("controller"))));
    cluster_.Run();
  } else if (name == "reads") {
    const bool held = command.Has("held");
    command.Has("confirmed") && !held ? cluster_.quorum().ConfirmReads()
                                      : cluster_.quorum().HoldReads();
    cluster_.Run();
  } else if (name == "advance") {
    cluster_.Advance(std::chrono::milliseconds(command.GetMs("by")));
  } else {
    return false;
  }
  return true;
}

bool ControllerStory::DispatchBroker(const TranscriptCommand& command) {
  const std::string& name = command.name();
  if (name == "brokers") {
    DescribeBrokers(command);
    return true;
  }
  if (name == "alter") {
    Alter(command);
    return true;
  }
  if (name == "assign") {
    Assign(command);
    return true;
  }
  const auto label = [&](int32_t id) { return absl::StrFormat("%s %d", name, id); };
  const auto heartbeat = [&](int32_t id) {
    if (command.Has("to")) {
      return cluster_.HeartbeatTo(static_cast<int>(command.GetInt("to")), id,
                                  PrintAnswer<HeartbeatResponse>(label(id), HeartbeatText));
    }
    if (command.Has("late")) {
      return cluster_.HeartbeatLate(id, PrintAnswer<HeartbeatResponse>(label(id), HeartbeatText));
    }
    std::optional<int64_t> offset;
    if (command.Has("offset")) offset = command.GetInt("offset");
    cluster_.Heartbeat(id, command.Has("want_shutdown"), offset,
                       PrintAnswer<HeartbeatResponse>(label(id), HeartbeatText));
  };
  const auto register_broker = [&](int32_t id) {
    cluster_.Register(id,
                      PrintAnswer<RegisterBrokerResponse>(
                          label(id),
                          [](const RegisterBrokerResponse& response) {
                            return absl::StrFormat(
                                "epoch %d, endpoint %s", response.broker_epoch(),
                                response.endpoint_verified() ? "verified" : "not verified");
                          }),
                      command.Has("clean"));
  };
  const bool known = name == "start" || name == "kill" || name == "stream" || name == "swallow" ||
                     name == "bring-up" || name == "register" || name == "heartbeat";
  if (!known) return false;
  for (const int32_t id : Brokers(command)) {
    ControllerCluster::Broker& broker = cluster_.broker(id);
    if (command.Has("dirs")) broker.log_directories = DirectoriesOf(command.Get("dirs"));
    if (command.Has("failed")) broker.offline_directories = DirectoriesOf(command.Get("failed"));
    if (name == "start") {
      cluster_.StartBroker(id, /*answers=*/!command.Has("undialled"));
    } else if (name == "kill") {
      cluster_.KillBroker(id);
    } else if (name == "stream") {
      if (command.Has("replaced")) {
        cluster_.ReplaceStream(id);
        continue;
      }
      const std::string ends = command.Get("ends");
      const StreamEnd end = ends == "stopping"       ? StreamEnd::kStopping
                            : ends == "reconnecting" ? StreamEnd::kReconnecting
                                                     : StreamEnd::kBroken;
      command.Has("late") ? cluster_.EndOlderStream(id, end) : cluster_.EndStream(id, end);
    } else if (name == "swallow") {
      cluster_.prober().Swallow(ControllerCluster::EndpointOf(id));
    } else if (name == "bring-up") {
      cluster_.StartBroker(id);
      register_broker(id);
      heartbeat(id);
    } else if (name == "register") {
      register_broker(id);
    } else {
      heartbeat(id);
    }
  }
  return true;
}

bool ControllerStory::DispatchTopic(const TranscriptCommand& command) {
  if (command.name() == "create") {
    Create(command);
  } else if (command.name() == "extend") {
    Extend(command);
  } else if (command.name() == "delete") {
    Delete(command);
  } else if (command.name() == "configure") {
    Configure(command);
  } else if (command.name() == "elect-leaders") {
    ElectLeaders(command);
  } else if (command.name() == "reassign") {
    Reassign(command);
  } else if (command.name() == "feature") {
    UpdateFeature(command);
  } else if (command.name() == "reassignments") {
    ListReassignments();
  } else if (command.name() == "voters") {
    ChangeVoters(command);
  } else if (command.name() == "topic") {
    DescribeTopic(command);
  } else {
    return false;
  }
  return true;
}

void ControllerStory::Create(const TranscriptCommand& command) {
  admin::v1::CreateTopicsRequest request;
  auto* topic = request.add_topics();
  topic->set_name(command.Get("topic"));
  if (command.Has("partitions")) {
    topic->set_partition_count(static_cast<int32_t>(command.GetInt("partitions")));
  }
  if (command.Has("factor")) {
    topic->set_replication_factor(static_cast<int32_t>(command.GetInt("factor")));
  }
  AddAssignments(command, topic);
  request.set_validate_only(command.Has("validate_only"));
  if (command.Has("id")) SetRequestId(command, request.mutable_request_id());
  Asked(command).Execute(kCreateTopics, request, ContextOf(command),
                         PrintAnswer<CreateTopicsResponse>(
                             "create " + topic->name(), [](const CreateTopicsResponse& response) {
                               return TopicResultsText(response, "created");
                             }));
  cluster_.Run();
}

void ControllerStory::Extend(const TranscriptCommand& command) {
  admin::v1::CreatePartitionsRequest request;
  auto* topic = request.add_topics();
  topic->set_name(command.Get("topic"));
  topic->set_partition_count(static_cast<int32_t>(command.GetInt("partitions")));
  AddAssignments(command, topic);
  request.set_validate_only(command.Has("validate_only"));
  if (command.Has("id")) SetRequestId(command, request.mutable_request_id());
  Asked(command).Execute(
      kCreatePartitions, request, ContextOf(command),
      PrintAnswer<CreatePartitionsResponse>("extend " + topic->name(),
                                            [](const CreatePartitionsResponse& response) {
                                              return TopicResultsText(response, "extended");
                                            }));
  cluster_.Run();
}

void ControllerStory::Delete(const TranscriptCommand& command) {
  admin::v1::DeleteTopicsRequest request;
  request.add_topics()->set_name(command.Get("topic"));
  if (command.Has("id")) SetRequestId(command, request.mutable_request_id());
  Asked(command).Execute(
      kDeleteTopics, request, ContextOf(command),
      PrintAnswer<DeleteTopicsResponse>("delete " + command.Get("topic"),
                                        [](const DeleteTopicsResponse& response) {
                                          return TopicResultsText(response, "deleted");
                                        }));
  cluster_.Run();
}

void ControllerStory::Configure(const TranscriptCommand& command) {
  admin::v1::IncrementalAlterConfigsRequest request;
  auto* item = request.add_resources();
  const bool is_default = command.Has("broker_default");
  item->mutable_resource()->set_type(is_default ? admin::v1::ConfigResource::BROKER
                                                : admin::v1::ConfigResource::TOPIC);
  if (!is_default) item->mutable_resource()->set_name(command.Get("topic"));
  auto* change = item->add_changes();
  if (command.Has("delete")) {
    change->set_operation(admin::v1::ConfigChange::DELETE);
    change->set_key(command.Get("delete"));
  } else {
    const std::pair<std::string, std::string> set = absl::StrSplit(command.Get("set"), ':');
    change->set_operation(admin::v1::ConfigChange::SET);
    change->set_key(set.first);
    change->set_value(set.second);
  }
  request.set_validate_only(command.Has("validate_only"));
  if (command.Has("id")) SetRequestId(command, request.mutable_request_id());
  Asked(command).Execute(kIncrementalAlterConfigs, request, ContextOf(command),
                         PrintAnswer<IncrementalAlterConfigsResponse>(
                             "configure " + (is_default ? "all brokers" : command.Get("topic")),
                             [](const IncrementalAlterConfigsResponse& response) {
                               return TopicResultsText(response, "altered");
                             }));
  cluster_.Run();
}

void ControllerStory::ElectLeaders(const TranscriptCommand& command) {
  admin::v1::ElectLeadersRequest request;
  request.set_type(command.Get("type") == "unclean" ? admin::v1::ElectLeadersRequest::UNCLEAN
                                                    : admin::v1::ElectLeadersRequest::PREFERRED);
  request.set_all_topics(command.Has("all"));
  if (command.Has("topic")) {
    auto* entry = request.add_topics();
    entry->mutable_topic()->set_name(command.Get("topic"));
    for (const int64_t partition : command.GetInts("partitions")) {
      entry->add_partitions(static_cast<int32_t>(partition));
    }
  }
  request.set_validate_only(command.Has("validate_only"));
  if (command.Has("id")) SetRequestId(command, request.mutable_request_id());
  Asked(command).Execute(
      kElectLeaders, request, ContextOf(command),
      PrintAnswer<ElectLeadersResponse>("elect-leaders", [](const ElectLeadersResponse& response) {
        std::string text = absl::StrFormat("%d needed no election, as of offset %d",
                                           response.not_needed_count(), response.end_offset());
        for (const auto& result : response.results()) {
          absl::StrAppendFormat(&text, "\n  %s-%d: leader %d%s%s", result.name(),
                                result.partition(), result.leader_id(),
                                result.has_error() ? ", " : "",
                                result.has_error() ? ItemText(result.error()) : "");
        }
        return text;
      }));
  cluster_.Run();
}

void ControllerStory::Reassign(const TranscriptCommand& command) {
  admin::v1::AlterPartitionReassignmentsRequest request;
  auto* entry = request.add_topics();
  entry->mutable_topic()->set_name(command.Get("topic"));
  auto* partition = entry->add_partitions();
  partition->set_partition(static_cast<int32_t>(command.GetInt("partition")));
  if (!command.Has("cancel")) {
    for (const int64_t id : command.GetInts("replicas")) {
      partition->mutable_target()->add_broker_ids(static_cast<int32_t>(id));
    }
  }
  request.set_validate_only(command.Has("validate_only"));
  if (command.Has("id")) SetRequestId(command, request.mutable_request_id());
  Asked(command).Execute(
      kAlterPartitionReassignments, request, ContextOf(command),
      PrintAnswer<AlterPartitionReassignmentsResponse>(
          absl::StrFormat("reassign %s-%d", command.Get("topic"), partition->partition()),
          [](const AlterPartitionReassignmentsResponse& response) {
            return TopicResultsText(response, "done");
          }));
  cluster_.Run();
}

void ControllerStory::UpdateFeature(const TranscriptCommand& command) {
  admin::v1::UpdateFeaturesRequest request;
  auto* update = request.add_updates();
  update->set_feature(command.Get("name"));
  update->set_level(static_cast<uint32_t>(command.GetInt("level")));
  update->set_downgrade(command.Has("downgrade"));
  request.set_validate_only(command.Has("validate_only"));
  if (command.Has("id")) SetRequestId(command, request.mutable_request_id());
  Asked(command).UpdateFeatures(
      request, ContextOf(command),
      PrintAnswer<admin::v1::UpdateFeaturesResponse>(
          "feature " + update->feature(), [](const admin::v1::UpdateFeaturesResponse& response) {
            return TopicResultsText(
                response, absl::StrFormat("level %d", response.results(0).level()).c_str());
          }));
  cluster_.Run();
}

void ControllerStory::ListReassignments() {
  const auto page = ListReassignmentPage(cluster_.ImageOf(1), {});
  const auto& list = std::get<admin::v1::ListPartitionReassignmentsResponse>(page);
  if (list.reassignments().empty()) Print("no partition is being reassigned");
  for (const auto& one : list.reassignments()) {
    Print(absl::StrFormat(
        "%s-%d: replicas %s, adding %s, removing %s, isr %s", one.name(), one.partition(),
        absl::StrJoin(one.replicas(), ","), absl::StrJoin(one.adding_replicas(), ","),
        absl::StrJoin(one.removing_replicas(), ","), absl::StrJoin(one.isr(), ",")));
  }
}

void ControllerStory::ChangeVoters(const TranscriptCommand& command) {
  std::vector<raft::ReplicaStatus> replicas;
  for (const int32_t id : {1, 2, 3}) {
    replicas.push_back({.key = {.node_id = NodeId(id)},
                        .in_session = true,
                        .caught_up = true,
                        .max_metadata_version = metadata::kLatestMetadataVersion});
  }
  cluster_.quorum().SetReplicas(std::move(replicas));
  const bool adds = command.Has("add");
  const NodeId id(static_cast<int32_t>(command.GetInt(adds ? "add" : "remove")));
  const VoterChange change = adds ? VoterChange(AddVoter{{.node_id = id}})
                                  : VoterChange(RemoveVoter{.node_id = id, .directory_id = {}});
  Asked(command).ChangeVoters(
      change, /*validate_only=*/false, ContextOf(command),
      PrintAnswer<VoterChangeResult>(command.text(), [](const VoterChangeResult& result) {
        std::string ids;
        for (const NodeId voter : result.voters.NodeIds()) ids += " " + ToString(voter);
        return (result.changed ? "changed, the voters are" : "nothing to change, the voters are") +
               ids;
      }));
  cluster_.Run();
}

RequestContext ControllerStory::ContextOf(const TranscriptCommand& command) {
  RequestContext context{.principal = "alice"};
  if (command.Has("within")) {
    context.deadline = cluster_.clock().Now() + std::chrono::milliseconds(command.GetMs("within"));
  }
  if (command.Has("epoch")) context.epoch = Epoch(static_cast<int32_t>(command.GetInt("epoch")));
  return context;
}

QuorumController& ControllerStory::Asked(const TranscriptCommand& command) {
  return command.Has("on") ? cluster_.controller(static_cast<int>(command.GetInt("on")))
                           : cluster_.active();
}

void ControllerStory::Alter(const TranscriptCommand& command) {
  const int32_t sender = Brokers(command).front();
  const auto topic = cluster_.ImageOf(1).FindTopicByName(command.Get("topic"));
  CHECK(topic != nullptr) << command.text();
  broker::v1::AlterPartitionRequest request;
  request.set_broker_id(sender);
  request.set_broker_epoch(cluster_.broker(sender).epoch);
  auto* of_topic = request.add_topics();
  of_topic->set_topic_id(std::string(topic->id().bytes()));
  auto* partition = of_topic->add_partitions();
  partition->set_partition(static_cast<int32_t>(command.GetInt("partition")));
  partition->set_leader_epoch(static_cast<int32_t>(command.GetInt("leader_epoch")));
  partition->set_partition_epoch(static_cast<int32_t>(command.GetInt("partition_epoch")));
  for (const int64_t id : command.GetInts("isr")) {
    auto* member = partition->add_new_isr();
    member->set_broker_id(static_cast<int32_t>(id));
    member->set_broker_epoch(cluster_.broker(static_cast<int32_t>(id)).epoch);
  }
  Asked(command).AlterPartition(
      request, {.principal = "broker"},
      PrintAnswer<AlterPartitionResponse>(
          absl::StrFormat("alter by %d", sender), [](const AlterPartitionResponse& response) {
            const auto& done = response.topics(0).partitions(0);
            if (done.has_error()) return ItemText(done.error());
            std::string isr;
            for (const int32_t id : done.isr())
              isr += (isr.empty() ? "" : ",") + std::to_string(id);
            return absl::StrFormat("leader %d, isr %s, epochs %d/%d", done.leader_id(), isr,
                                   done.leader_epoch(), done.partition_epoch());
          }));
  cluster_.Run();
}

void ControllerStory::Assign(const TranscriptCommand& command) {
  const int32_t sender = Brokers(command).front();
  const auto topic = cluster_.ImageOf(1).FindTopicByName(command.Get("topic"));
  CHECK(topic != nullptr) << command.text();
  broker::v1::AssignReplicasToDirsRequest request;
  request.set_broker_id(sender);
  request.set_broker_epoch(cluster_.broker(sender).epoch);
  auto* directory = request.add_directories();
  directory->set_id(std::string(DirectoryOf(command.Get("dir")).bytes()));
  auto* of_topic = directory->add_topics();
  of_topic->set_topic_id(std::string(topic->id().bytes()));
  for (const int64_t partition : command.GetInts("partitions")) {
    of_topic->add_partitions(static_cast<int32_t>(partition));
  }
  Asked(command).AssignReplicasToDirs(
      request, {.principal = "broker"},
      PrintAnswer<AssignReplicasToDirsResponse>(
          absl::StrFormat("assign by %d", sender),
          [](const AssignReplicasToDirsResponse& response) {
            std::vector<std::string> results;
            for (const auto& partition : response.directories(0).topics(0).partitions()) {
              results.push_back(absl::StrFormat(
                  "%d %s", partition.partition(),
                  partition.has_error() ? ItemText(partition.error()) : "assigned"));
            }
            return absl::StrJoin(results, ", ");
          }));
  cluster_.Run();
}

void ControllerStory::DescribeTopic(const TranscriptCommand& command) {
  const auto image = cluster_.ImageOf(static_cast<int>(command.GetInt("on", 1)));
  const auto topic = image.FindTopicByName(command.Get("name"));
  if (topic == nullptr) return Print("there is no topic " + command.Get("name"));
  for (int32_t i = 0; i < topic->partition_count(); ++i) {
    Print(absl::StrFormat("%s-%d: %s", topic->name(), i, ToText(topic->partition(i))) +
          DirectoriesText(topic->partition(i)));
  }
}

void ControllerStory::DescribeBrokers(const TranscriptCommand& command) {
  Pending<admin::v1::DescribeClusterResponse> described;
  cluster_.controller(static_cast<int>(command.GetInt("on", 1))).DescribeCluster(described.reply());
  cluster_.Run();
  for (const auto& broker : described.value().brokers()) {
    std::string failed;
    for (const std::string& id : broker.offline_log_directories()) {
      absl::StrAppend(&failed, failed.empty() ? ", failed directories " : ",",
                      DirectoryName(*Uuid::Parse(id)));
    }
    Print(absl::StrFormat("broker %d: epoch %d%s%s, leads %d of its %d replicas%s",
                          broker.broker_id(), broker.broker_epoch(),
                          broker.fenced() ? ", fenced" : "",
                          broker.in_controlled_shutdown() ? ", shutting down" : "",
                          broker.leader_count(), broker.replica_count(), failed));
  }
}

}  // namespace quorate::controller
