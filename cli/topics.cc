#include "cli/topics.h"

#include <memory>
#include <ostream>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/json.h"
#include "cli/text.h"
#include "cli/topic_changes.h"
#include "client/admin_client.h"

namespace quorate::cli {
namespace {

using client::AdminClient;
using client::CallFailure;

ExitCode List(Session& session) {
  admin::v1::ListTopicsRequest request;
  request.set_allow_stale(session.settings().stale);
  const auto result = AdminClient(session.caller_options()).ListTopics(request);
  if (const auto* failure = std::get_if<CallFailure>(&result)) return session.Fail(*failure);

  const auto& response = std::get<admin::v1::ListTopicsResponse>(result);
  if (session.json()) {
    session.out() << JsonText(ToJson(response));
    return ExitCode::kDone;
  }
  Table table(
      {{.title = "TOPIC"}, {.title = "ID"}, {.title = "PARTITIONS", .right_aligned = true}});
  for (const auto& topic : response.topics()) {
    table.AddRow({topic.name(), topic.topic_id(), std::to_string(topic.partition_count())});
  }
  session.out() << table.ToString();
  return ExitCode::kDone;
}

ExitCode Describe(Session& session, const std::vector<std::string>& names) {
  admin::v1::DescribeTopicsRequest request;
  request.mutable_topics()->Add(names.begin(), names.end());
  request.set_allow_stale(session.settings().stale);
  const auto result = AdminClient(session.caller_options()).DescribeTopics(request);
  if (const auto* failure = std::get_if<CallFailure>(&result)) return session.Fail(*failure);

  const auto& response = std::get<admin::v1::DescribeTopicsResponse>(result);
  if (session.json()) session.out() << JsonText(ToJson(response));
  ExitCode code = ExitCode::kDone;
  for (const auto& topic : response.topics()) {
    if (topic.has_error()) {
      code = session.FailItem("topic " + topic.name(), topic.error());
    } else if (!session.json()) {
      session.out() << TopicText(topic);
    }
  }
  return code;
}

// Returns "  Name: value" for each property that few partitions have, or "".
std::string ExtrasText(const admin::v1::PartitionDescription& partition) {
  std::string text;
  const auto add_ids = [&](const char* name, const google::protobuf::RepeatedField<int32_t>& ids) {
    if (!ids.empty()) absl::StrAppendFormat(&text, "  %s: %s", name, IdsText(ids));
  };
  add_ids("AddingReplicas", partition.adding_replicas());
  add_ids("RemovingReplicas", partition.removing_replicas());
  add_ids("Elr", partition.eligible_leader_replicas());
  if (partition.has_last_known_leader_id()) {
    absl::StrAppendFormat(&text, "  LastKnownLeader: %d", partition.last_known_leader_id());
  }
  if (partition.recovering()) text += "  Recovering: yes";
  if (!partition.directories().empty()) {
    absl::StrAppendFormat(
        &text, "  Directories: %s",
        absl::StrJoin(partition.directories(), ",", [](std::string* out, const std::string& id) {
          out->append(id.empty() ? "-" : id);
        }));
  }
  return text;
}

void AddDescribe(CommandLine& line, CLI::App* topics) {
  auto names = std::make_shared<std::vector<std::string>>();
  CLI::App* verb = line.AddCommand(
      topics,
      {.name = "describe",
       .summary = "show topics with their partitions",
       .description = "Prints a line for each topic and for each partition: its leader (or none), "
                      "its replicas in order of preference, the in-sync replicas, and the leader "
                      "epoch, which increases with every change of leader. If they are in use, "
                      "the replicas that a reassignment adds and removes, the eligible and the "
                      "last known leaders, the recovery from an unclean election, and the log "
                      "directories of the replicas follow.",
       .examples = {"quoratectl topics describe", "quoratectl topics describe orders payments",
                    "quoratectl topics describe orders --output json"}},
      CommonFlags::kReads, [names](Session& session) { return Describe(session, *names); });
  verb->add_option("NAME", *names, "The topics to show. Default: all.");
}

}  // namespace

std::string TopicText(const admin::v1::TopicDescription& topic) {
  const std::string configs = absl::StrJoin(
      topic.configs(), ",", [](std::string* out, const admin::v1::ConfigEntry& entry) {
        absl::StrAppendFormat(out, "%s=%s", entry.key(), entry.value());
      });
  std::string text = absl::StrFormat(
      "Topic: %s  TopicId: %s  PartitionCount: %d  ReplicationFactor: %d  Configs:%s%s\n",
      topic.name(), topic.topic_id(), topic.partitions_size(), topic.replication_factor(),
      configs.empty() ? "" : " ", configs);
  Table table(std::vector<Table::Column>(6));
  for (const auto& partition : topic.partitions()) {
    table.AddRow(
        {"Topic: " + topic.name(), absl::StrFormat("Partition: %d", partition.partition()),
         partition.leader_id() < 0 ? "Leader: none"
                                   : absl::StrFormat("Leader: %d", partition.leader_id()),
         "Replicas: " + IdsText(partition.replicas()), "Isr: " + IdsText(partition.isr()),
         absl::StrFormat("LeaderEpoch: %d%s", partition.leader_epoch(), ExtrasText(partition))});
  }
  return text + table.ToString(/*indent=*/2);
}

void AddTopics(CommandLine& line) {
  CLI::App* topics =
      line.AddNoun("topics", "create, extend, delete, list and describe topics, and elect leaders");
  AddTopicChanges(line, topics);
  line.AddCommand(topics,
                  {.name = "list",
                   .summary = "list all topics",
                   .description = "Prints names, ids and partition counts, sorted by name.",
                   .examples = {"quoratectl topics list", "quoratectl topics list --output json",
                                "quoratectl topics list --stale"}},
                  CommonFlags::kReads, List);
  AddDescribe(line, topics);
}

}  // namespace quorate::cli
