#include "cli/topic_changes.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "cli/json.h"
#include "cli/leader_elections.h"
#include "cli/parse.h"
#include "cli/request_id.h"
#include "client/admin_client.h"

namespace quorate::cli {
namespace {

using admin::v1::CreatePartitionsRequest;
using admin::v1::CreateTopicsRequest;
using admin::v1::DeleteTopicsRequest;
using client::AdminClient;
using client::CallFailure;

struct CreateFlags {
  std::vector<std::string> names;
  std::optional<int32_t> partitions;
  std::optional<int32_t> replication_factor;
  std::string assignment;
  std::vector<std::string> configs;
  bool dry_run = false;
  std::string request_id;
};

// Adds the value of --assignment.
template <typename Topic>
absl::Status AddAssignments(const std::string& text, Topic& topic) {
  const auto assignments = ParseAssignments(text);
  if (!assignments.ok()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("--assignment: %s", assignments.status().message()));
  }
  topic.mutable_assignments()->Add(assignments->begin(), assignments->end());
  return absl::OkStatus();
}

absl::StatusOr<CreateTopicsRequest> MakeRequest(const CreateFlags& flags) {
  admin::v1::NewTopic topic;
  if (flags.partitions.has_value()) topic.set_partition_count(*flags.partitions);
  if (flags.replication_factor.has_value()) {
    topic.set_replication_factor(*flags.replication_factor);
  }
  if (!flags.assignment.empty()) {
    if (flags.partitions.has_value() || flags.replication_factor.has_value()) {
      return absl::InvalidArgumentError(
          "--assignment already defines the partitions and replicas: leave out --partitions and "
          "--replication-factor");
    }
    RETURN_IF_ERROR(AddAssignments(flags.assignment, topic));
  }
  for (const std::string& config : flags.configs) {
    const auto entry = ParseConfig(config);
    if (!entry.ok()) {
      return absl::InvalidArgumentError(absl::StrFormat("--config: %s", entry.status().message()));
    }
    *topic.add_configs() = *entry;
  }

  const auto id = ChooseRequestId(flags.request_id);
  if (!id.ok()) return id.status();
  CreateTopicsRequest request;
  *request.mutable_request_id() = *id;
  request.set_validate_only(flags.dry_run);
  for (const std::string& name : flags.names) {
    topic.set_name(name);
    *request.add_topics() = topic;
  }
  return request;
}

ExitCode Create(Session& session, const CreateFlags& flags) {
  const auto request = MakeRequest(flags);
  if (!request.ok()) return session.RefuseUsage(std::string(request.status().message()));

  const auto result = AdminClient(session.caller_options()).CreateTopics(*request);
  if (const auto* failure = std::get_if<CallFailure>(&result)) {
    return session.Fail(*failure, RequestIdText(request->request_id()));
  }
  const auto& response = std::get<admin::v1::CreateTopicsResponse>(result);
  if (session.json()) session.out() << JsonText(ToJson(response));
  ExitCode code = ExitCode::kDone;
  for (const auto& topic : response.results()) {
    if (topic.has_error()) {
      code = session.FailItem("topic " + topic.name(), topic.error());
    } else if (flags.dry_run) {
      session.Say(absl::StrFormat("Topic %s could be created.", topic.name()));
    } else {
      session.Say(absl::StrFormat("Created topic %s, id %s.", topic.name(), topic.topic_id()));
    }
  }
  return code;
}

void AddCreateVerb(CommandLine& line, CLI::App* topics) {
  auto flags = std::make_shared<CreateFlags>();
  CLI::App* verb = line.AddCommand(
      topics,
      {.name = "create",
       .summary = "create topics",
       .description =
           "Creates topics independently of each other: one may be refused while another is "
           "created. When the command ends, the new topics are committed and survive the death of "
           "a minority of the controllers.",
       .examples = {"quoratectl topics create orders --partitions 6 --replication-factor 3",
                    "quoratectl topics create a b c --config min.insync.replicas=2",
                    "quoratectl topics create pinned --assignment 1:2:3,2:3:1",
                    "quoratectl topics create orders --partitions 6 --dry-run",
                    "quoratectl topics create orders --request-id MkU3OEVBNTcwNTJENDM2Qg:1"}},
      CommonFlags::kCluster, [flags](Session& session) { return Create(session, *flags); });
  verb->add_option(
          "NAME", flags->names,
          "The topics. A name has 1 to 249 of the characters a-z, A-Z, 0-9, '.', '_' and '-'.")
      ->required();
  verb->add_option("--partitions", flags->partitions,
                   "The number of partitions of each topic. Default: 1.")
      ->type_name("N")
      ->check(CommandLine::WholeNumber());
  verb->add_option(
          "--replication-factor", flags->replication_factor,
          "The number of replicas of each partition. Default: 3, or the number of brokers that "
          "run or hold replicas if it is smaller.")
      ->type_name("N")
      ->check(CommandLine::WholeNumber());
  verb->add_option("--assignment", flags->assignment,
                   "The brokers of each partition, in order of preference, instead of "
                   "--partitions and --replication-factor: 1:2,2:3 is partition 0 on brokers 1 "
                   "and 2, and partition 1 on brokers 2 and 3.")
      ->type_name("B:B,B:B,...");
  verb->add_option("--config", flags->configs, "A config of each topic. May be repeated.")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  verb->add_flag("--dry-run", flags->dry_run, "Check the request without creating anything.");
  AddRequestIdFlag(verb, &flags->request_id);
}

struct AddPartitionsFlags {
  std::vector<std::string> names;
  int32_t partitions = 0;
  std::string assignment;
  bool dry_run = false;
  std::string request_id;
};

absl::StatusOr<CreatePartitionsRequest> MakeRequest(const AddPartitionsFlags& flags) {
  CreatePartitionsRequest::Topic topic;
  topic.set_partition_count(flags.partitions);
  if (!flags.assignment.empty()) RETURN_IF_ERROR(AddAssignments(flags.assignment, topic));
  ASSIGN_OR_RETURN(const common::v1::RequestId id, ChooseRequestId(flags.request_id));
  CreatePartitionsRequest request;
  *request.mutable_request_id() = id;
  request.set_validate_only(flags.dry_run);
  for (const std::string& name : flags.names) {
    topic.set_name(name);
    *request.add_topics() = topic;
  }
  return request;
}

ExitCode AddPartitions(Session& session, const AddPartitionsFlags& flags) {
  const auto request = MakeRequest(flags);
  if (!request.ok()) return session.RefuseUsage(std::string(request.status().message()));

  const auto result = AdminClient(session.caller_options()).CreatePartitions(*request);
  if (const auto* failure = std::get_if<CallFailure>(&result)) {
    return session.Fail(*failure, RequestIdText(request->request_id()));
  }
  const auto& response = std::get<admin::v1::CreatePartitionsResponse>(result);
  if (session.json()) session.out() << JsonText(ToJson(response));
  ExitCode code = ExitCode::kDone;
  for (const auto& topic : response.results()) {
    if (topic.has_error()) {
      code = session.FailItem("topic " + topic.name(), topic.error());
    } else {
      session.Say(absl::StrFormat(
          flags.dry_run ? "Topic %s could get %d partitions." : "Topic %s now has %d partitions.",
          topic.name(), flags.partitions));
    }
  }
  return code;
}

void AddAddPartitionsVerb(CommandLine& line, CLI::App* topics) {
  auto flags = std::make_shared<AddPartitionsFlags>();
  CLI::App* verb = line.AddCommand(
      topics,
      {.name = "add-partitions",
       .summary = "add partitions to topics",
       .description =
           "Adds partitions behind those that the topics have, with as many replicas. Each topic "
           "gets all of its new partitions or none. Existing partitions do not change, and "
           "partitions cannot be removed. Messages with keys may go to other partitions than "
           "before.",
       .examples = {"quoratectl topics add-partitions orders --partitions 12",
                    "quoratectl topics add-partitions orders --partitions 8 --assignment 1:2,2:3",
                    "quoratectl topics add-partitions orders --partitions 12 --dry-run"}},
      CommonFlags::kCluster, [flags](Session& session) { return AddPartitions(session, *flags); });
  verb->add_option("NAME", flags->names, "The topics.")->required();
  verb->add_option("--partitions", flags->partitions,
                   "The number of partitions that each topic has afterwards.")
      ->type_name("N")
      ->check(CommandLine::WholeNumber())
      ->required();
  verb->add_option("--assignment", flags->assignment,
                   "The brokers of each new partition, in order of preference: if orders has 6 "
                   "partitions, 1:2,2:3 with --partitions 8 is partition 6 on brokers 1 and 2, and "
                   "partition 7 on brokers 2 and 3. Default: the controller chooses them.")
      ->type_name("B:B,B:B,...");
  verb->add_flag("--dry-run", flags->dry_run, "Check the request without creating anything.");
  AddRequestIdFlag(verb, &flags->request_id);
}

struct DeleteFlags {
  std::vector<std::string> names;
  std::vector<std::string> ids;
  std::string request_id;
};

ExitCode Delete(Session& session, const DeleteFlags& flags) {
  if (flags.names.empty() && flags.ids.empty()) {
    return session.RefuseUsage("name a topic to delete, or give its id with --id");
  }
  const auto id = ChooseRequestId(flags.request_id);
  if (!id.ok()) return session.RefuseUsage(std::string(id.status().message()));
  DeleteTopicsRequest request;
  *request.mutable_request_id() = *id;
  for (const std::string& name : flags.names) request.add_topics()->set_name(name);
  for (const std::string& topic_id : flags.ids) request.add_topics()->set_topic_id(topic_id);

  const auto result = AdminClient(session.caller_options()).DeleteTopics(request);
  if (const auto* failure = std::get_if<CallFailure>(&result)) {
    return session.Fail(*failure, RequestIdText(request.request_id()));
  }
  const auto& response = std::get<admin::v1::DeleteTopicsResponse>(result);
  if (session.json()) session.out() << JsonText(ToJson(response));
  ExitCode code = ExitCode::kDone;
  for (const auto& topic : response.results()) {
    const std::string name = topic.name().empty() ? "with id " + topic.topic_id() : topic.name();
    if (topic.has_error()) {
      code = session.FailItem("topic " + name, topic.error());
    } else {
      session.Say(absl::StrFormat("Deleted topic %s.", name));
    }
  }
  return code;
}

void AddDeleteVerb(CommandLine& line, CLI::App* topics) {
  auto flags = std::make_shared<DeleteFlags>();
  CLI::App* verb = line.AddCommand(
      topics,
      {.name = "delete",
       .summary = "delete topics",
       .description = "Deletes each topic with all its partitions. This cannot be undone.",
       .examples = {"quoratectl topics delete orders", "quoratectl topics delete a b c",
                    "quoratectl topics delete --id 8FZ4qjH1TLSPe-5nZVrbCQ"}},
      CommonFlags::kCluster, [flags](Session& session) { return Delete(session, *flags); });
  verb->add_option("NAME", flags->names, "The topics to delete.");
  verb->add_option("--id", flags->ids, "A topic by its id. May be repeated.")
      ->type_name("TOPIC_ID")
      ->allow_extra_args(false);
  AddRequestIdFlag(verb, &flags->request_id);
}

}  // namespace

void AddTopicChanges(CommandLine& line, CLI::App* topics) {
  AddCreateVerb(line, topics);
  AddAddPartitionsVerb(line, topics);
  AddDeleteVerb(line, topics);
  AddElectLeader(line, topics);
}

}  // namespace quorate::cli
