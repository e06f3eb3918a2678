#include "cli/topics.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/described_topics.h"
#include "cli/history.h"
#include "cli/json.h"
#include "cli/text.h"
#include "cli/topic_changes.h"
#include "client/admin_client.h"
#include "metadata/describe.h"

namespace quorate::cli {
namespace {

using admin::v1::DescribeTopicsRequest;
using admin::v1::DescribeTopicsResponse;
using admin::v1::TopicDescription;
using admin::v1::TopicFilter;
using client::AdminClient;
using client::CallFailure;

struct ListFlags {
  int32_t limit = 0;
  std::string after;
};

ExitCode List(Session& session, const ListFlags& flags) {
  admin::v1::ListTopicsRequest request;
  request.set_allow_stale(session.settings().stale);
  request.set_max_topics(flags.limit);
  request.set_after_name(flags.after);
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
  if (response.has_more()) {
    session.Complain(absl::StrFormat("more topics follow; continue with --after %s",
                                     response.topics().rbegin()->name()));
  }
  return ExitCode::kDone;
}

struct DescribeFlags {
  std::vector<std::string> names;
  // A time or an offset in the past; empty: now.
  std::string at;
  bool under_replicated = false;
  bool unavailable = false;
  bool under_min_isr = false;
  bool at_min_isr = false;
  bool with_overrides = false;
};

DescribeTopicsRequest MakeRequest(const DescribeFlags& flags, bool stale) {
  DescribeTopicsRequest request;
  request.mutable_topics()->Add(flags.names.begin(), flags.names.end());
  request.set_allow_stale(stale);
  const auto add = [&request](bool wanted, TopicFilter::Condition condition) {
    if (wanted) request.mutable_filter()->add_conditions(condition);
  };
  add(flags.under_replicated, TopicFilter::UNDER_REPLICATED);
  add(flags.unavailable, TopicFilter::UNAVAILABLE);
  add(flags.under_min_isr, TopicFilter::UNDER_MIN_ISR);
  add(flags.at_min_isr, TopicFilter::AT_MIN_ISR);
  if (flags.with_overrides) request.mutable_filter()->set_with_overrides(true);
  return request;
}

// Prints the topics. If `only_partitions`, a line about a topic would mislead, because some of its
// partitions are left out.
ExitCode Print(Session& session, const DescribeTopicsResponse& response, bool only_partitions) {
  if (session.json()) session.out() << JsonText(ToJson(response));
  ExitCode code = ExitCode::kDone;
  for (const auto& topic : response.topics()) {
    if (topic.has_error()) {
      code = session.FailItem("topic " + topic.name(), topic.error());
    } else if (!session.json()) {
      session.out() << (only_partitions ? PartitionsText(topic) : TopicText(topic));
    }
  }
  return code;
}

// Describes the topics as they were in the past. The answer is made here: the log is replayed up to
// that point.
ExitCode DescribePast(Session& session, const DescribeTopicsRequest& request,
                      const std::string& at) {
  if (request.has_filter()) {
    return session.RefuseUsage("--at: describes whole topics; leave out the filters");
  }
  const absl::StatusOr<LogPoint> point = ParseLogPoint(at);
  if (!point.ok()) return session.RefuseUsage("--at: " + std::string(point.status().message()));
  ExitCode code = ExitCode::kDone;
  const auto image = ImageAt(session, *point, code);
  if (!image) return code;
  if (!image->ok()) return session.Fail(image->status());
  DescribeTopicsResponse response;
  *response.mutable_topics() = metadata::DescribeTopics(**image, request.topics());
  response.set_end_offset((*image)->end_offset().value());
  session.Say(absl::StrFormat("After offset %d, at %s:", response.end_offset() - 1,
                              TimeText((*image)->last_append_time_ms())));
  return Print(session, response, /*only_partitions=*/false);
}

// Prints all topics as they come.
ExitCode DescribeAll(Session& session, AdminClient& client) {
  std::optional<JsonListPrinter> json;
  if (session.json()) json.emplace(&session.out(), "topics");
  const auto result =
      DescribeEachTopic(client, session.settings().stale, [&](const TopicDescription& topic) {
        if (json) {
          json->Add(ToJson(topic));
        } else {
          session.out() << TopicText(topic);
        }
      });
  if (const auto* failure = std::get_if<CallFailure>(&result)) return session.Fail(*failure);
  if (json) json->Finish({{"end_offset", std::get<int64_t>(result)}, {"next", nullptr}});
  return ExitCode::kDone;
}

ExitCode Describe(Session& session, const DescribeFlags& flags) {
  const DescribeTopicsRequest request = MakeRequest(flags, session.settings().stale);
  if (!flags.at.empty()) return DescribePast(session, request, flags.at);
  AdminClient client(session.caller_options());
  if (request.topics().empty() && !request.has_filter()) return DescribeAll(session, client);
  const auto result = DescribeTopicPages(client, request);
  if (const auto* failure = std::get_if<CallFailure>(&result)) return session.Fail(*failure);
  return Print(session, std::get<DescribeTopicsResponse>(result),
               /*only_partitions=*/!request.filter().conditions().empty());
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
  auto flags = std::make_shared<DescribeFlags>();
  CLI::App* verb = line.AddCommand(
      topics,
      {.name = "describe",
       .summary = "show topics with their partitions",
       .description = "Prints a line for each topic and for each partition: its leader (or none), "
                      "its replicas in order of preference, the in-sync replicas, and the leader "
                      "epoch, which increases with every change of leader. If they are in use, "
                      "the replicas that a reassignment adds and removes, the eligible and the "
                      "last known leaders, the recovery from an unclean election, and the log "
                      "directories of the replicas follow. With one or more of the conditions "
                      "below, only the partitions to which one of them applies are printed.",
       .examples = {"quoratectl topics describe", "quoratectl topics describe orders payments",
                    "quoratectl topics describe --under-min-isr --unavailable",
                    "quoratectl topics describe --with-overrides",
                    "quoratectl topics describe orders --at 15m",
                    "quoratectl topics describe orders --output json"}},
      CommonFlags::kReads, [flags](Session& session) { return Describe(session, *flags); });
  verb->add_option("NAME", flags->names, "The topics to show. Default: all.");
  verb->add_flag("--under-replicated", flags->under_replicated,
                 "Partitions whose ISR is smaller than their replica set.");
  verb->add_flag("--unavailable", flags->unavailable, "Partitions without a leader.");
  verb->add_flag("--under-min-isr", flags->under_min_isr,
                 "Partitions without a leader, or with fewer ISR members than "
                 "min.insync.replicas: writes with acks=all fail.");
  verb->add_flag("--at-min-isr", flags->at_min_isr,
                 "Partitions whose ISR has exactly min.insync.replicas members: the next loss "
                 "makes such writes fail.");
  verb->add_flag("--with-overrides", flags->with_overrides,
                 "Only topics for which configs are set.");
  verb->add_option("--at", flags->at,
                   "The topics as they were after this offset of the log or at this time, for "
                   "example '2026-11-30 10:22:01' or 15m (ago). The past goes back to the oldest "
                   "snapshot of the controller that answers.")
      ->type_name("TIME|OFFSET");
}

}  // namespace

std::string TopicText(const TopicDescription& topic) {
  const std::string configs = absl::StrJoin(
      topic.configs(), ",", [](std::string* out, const admin::v1::ConfigEntry& entry) {
        absl::StrAppendFormat(out, "%s=%s", entry.key(), entry.value());
      });
  const std::string text = absl::StrFormat(
      "Topic: %s  TopicId: %s  PartitionCount: %d  ReplicationFactor: %d  Configs:%s%s\n",
      topic.name(), topic.topic_id(), topic.partitions_size(), topic.replication_factor(),
      configs.empty() ? "" : " ", configs);
  return text + PartitionsText(topic);
}

std::string PartitionsText(const TopicDescription& topic) {
  Table table(std::vector<Table::Column>(6));
  for (const auto& partition : topic.partitions()) {
    table.AddRow(
        {"Topic: " + topic.name(), absl::StrFormat("Partition: %d", partition.partition()),
         partition.leader_id() < 0 ? "Leader: none"
                                   : absl::StrFormat("Leader: %d", partition.leader_id()),
         "Replicas: " + IdsText(partition.replicas()), "Isr: " + IdsText(partition.isr()),
         absl::StrFormat("LeaderEpoch: %d%s", partition.leader_epoch(), ExtrasText(partition))});
  }
  return table.ToString(/*indent=*/2);
}

void AddTopics(CommandLine& line) {
  CLI::App* topics =
      line.AddNoun("topics", "create, extend, delete, list and describe topics, and elect leaders");
  AddTopicChanges(line, topics);
  auto flags = std::make_shared<ListFlags>();
  CLI::App* list = line.AddCommand(
      topics,
      {.name = "list",
       .summary = "list all topics",
       .description = "Prints names, ids and partition counts, sorted by name.",
       .examples = {"quoratectl topics list", "quoratectl topics list --output json",
                    "quoratectl topics list --limit 100 --after orders",
                    "quoratectl topics list --stale"}},
      CommonFlags::kReads, [flags](Session& session) { return List(session, *flags); });
  list->add_option("--limit", flags->limit,
                   "How many topics to print at most; 0 prints all. Default: 0.")
      ->type_name("N")
      ->check(CommandLine::WholeNumber());
  list->add_option("--after", flags->after, "Print only topics whose names come after this text.")
      ->type_name("NAME");
  AddDescribe(line, topics);
}

}  // namespace quorate::cli
