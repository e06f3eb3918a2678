// Tests of the program as scripts use it: its exit codes and output streams.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_format.h"
#include "cli/testing/run_quoratectl.h"
#include "client/testing/fake_admin_service.h"
#include "tests/harness/loopback_socket.h"

namespace quorate::cli {
namespace {

using client::ErrorStatus;
using client::FakeAdminService;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kBootstrap[] = "QUORATE_BOOTSTRAP";

grpc::Status Ok(int /*call*/) { return grpc::Status::OK; }

TEST(QuoratectlTest, UsageErrorsExitWith2AndAskNobody) {
  FakeAdminService service(Ok);
  const std::string bootstrap = service.endpoint().ToString();
  const struct {
    std::vector<std::string> arguments;
    std::string message;
  } cases[] = {
      {{}, "'quoratectl' needs one of: status, doctor, topics"},
      {{"topic", "list"}, "'quoratectl' does not know 'topic', only: status, doctor, topics"},
      {{"topics"},
       "'quoratectl topics' needs one of: create, add-partitions, delete, elect-leader, list, "
       "describe"},
      {{"topics", "make"}, "'quoratectl topics' does not know 'make'"},
      {{"topics", "list", "--bogus"}, "'quoratectl topics list' does not take '--bogus'"},
      {{"topics", "list", "orders"}, "'quoratectl topics list' does not take 'orders'"},
      {{"topics", "create"}, "NAME is required"},
      {{"topics", "create", "a", "--partitions", "six"}, "--partitions: 'six' is not a whole"},
      {{"topics", "create", "a", "--assignment", "1:x"}, "--assignment: '1:x' has 'x'"},
      {{"topics", "create", "a", "--assignment", "1", "--partitions", "1"}, "leave out"},
      {{"topics", "create", "a", "--config", "b"}, "--config: 'b' is not KEY=VALUE"},
      {{"topics", "create", "a", "--request-id", "x"}, "--request-id: 'x' is not UUID:SEQUENCE"},
      {{"topics", "add-partitions", "a"}, "--partitions is required"},
      {{"topics", "add-partitions", "--partitions", "6"}, "NAME is required"},
      {{"topics", "add-partitions", "a", "--partitions", "6", "--assignment", "1:x"}, "has 'x'"},
      {{"topics", "delete"}, "name a topic to delete"},
      {{"topics", "delete", "a", "--request-id", "x"}, "--request-id: 'x' is not UUID:SEQUENCE"},
      {{"topics", "elect-leader", "a"}, "--type is required"},
      {{"topics", "elect-leader", "a", "--type", "best"},
       "--type: 'best' is neither preferred nor"},
      {{"topics", "elect-leader", "--type", "preferred"}, "name a topic, or use --all"},
      {{"topics", "elect-leader", "a", "--all", "--type", "preferred"},
       "--all already means every"},
      {{"topics", "elect-leader", "a:x", "--type", "preferred"}, "'a:x' has 'x' where a partition"},
      {{"topics", "elect-leader", "a", "--type", "unclean"}, "add --yes to accept that"},
      {{"configs", "describe"},
       "no resource given: use --topic NAME, --broker ID or --broker-default"},
      {{"configs", "alter", "--topic", "a"}, "no change given: use --set KEY=VALUE"},
      {{"configs", "alter", "--topic", "a", "--set", "b"}, "--set: 'b' is not KEY=VALUE"},
      {{"configs", "alter", "--set", "a=b"}, "no resource given"},
      {{"topics", "list", "--timeout", "10"}, "--timeout: '10' is not a time"},
      {{"topics", "list", "--output", "xml"}, "--output: 'xml' is neither table nor json"},
      {{"topics", "list", "--bootstrap", "a"}, "--bootstrap: 'a' has no port"},
      {{"cluster", "wait"}, "no condition given"},
      {{"cluster", "wait", "--max-lag", "-1"}, "--max-lag: -1 is less than 0"},
      {{"check", "write-gap", "--duration", "1s", "--until-eof"}, "exclude each other"},
      {{"check", "write-gap", "--duration", "1"}, "--duration: '1' is not a time"},
      {{"check", "write-gap", "--attempt-timeout", "0s"}, "--attempt-timeout: '0s' is not"},
      {{"quorum", "add"}, "NODE is required"},
      {{"quorum", "remove", "x"}, "NODE: 'x' is not a whole number"},
      {{"quorum", "add", "-1"}, "NODE: '-1' is not a whole number from 0"},
      {{"quorum", "add", "4", "--directory-id", "x"}, "--directory-id: 'x' is not a directory id"},
      {{"features", "upgrade", "--metadata-version", "-1"}, "'-1' is not a whole number from 0"},
      {{"features", "upgrade", "--request-id", "x"}, "--request-id: 'x' is not UUID:SEQUENCE"},
      {{"features", "upgrade", "--feature", "x"}, "--feature: 'x' is not NAME=LEVEL"},
      {{"features", "downgrade"}, "--feature is required"},
      {{"brokers", "unregister"}, "BROKER is required"},
      {{"brokers", "unregister", "x"}, "BROKER: 'x' is not a whole number"},
      {{"partitions"}, "'quoratectl partitions' needs one of: reassign"},
      {{"partitions", "reassign"},
       "'quoratectl partitions reassign' needs one of: plan, execute, status, cancel"},
      {{"partitions", "reassign", "plan"}, "FILE is required"},
      {{"partitions", "reassign", "plan", "p", "--exclude-broker", "x"}, "'x' is not a whole"},
      {{"partitions", "reassign", "execute", "p", "--max-moves-per-broker", "0"}, "at least 1"},
      {{"partitions", "reassign", "cancel"}, "name the file whose reassignments to cancel"},
      {{"partitions", "reassign", "cancel", "p", "--all"}, "--all already means every"},
      {{"brokers", "drain"}, "BROKER is required"},
      {{"completion", "tcsh"}, "no completion for the shell 'tcsh'"},
  };
  for (const auto& usage : cases) {
    const Result result = Quoratectl(usage.arguments, {{kBootstrap, bootstrap}});
    EXPECT_EQ(result.exit_code, 2) << usage.message;
    EXPECT_THAT(result.err, AllOf(HasSubstr(usage.message), HasSubstr(" --help\n")));
    EXPECT_THAT(result.out, IsEmpty());
  }
  EXPECT_EQ(service.call_count(), 0);
}

TEST(QuoratectlTest, AWrongVariableIsNamed) {
  const Result result = Quoratectl({"topics", "list"}, {{kBootstrap, "nonsense"}});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("QUORATE_BOOTSTRAP: 'nonsense' has no port"));
}

TEST(QuoratectlTest, EveryCommandHasAManualWithExamples) {
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"topics", "create"},
                                             {"topics", "add-partitions"},
                                             {"topics", "delete"},
                                             {"topics", "elect-leader"},
                                             {"topics", "list"},
                                             {"topics", "describe"},
                                             {"configs", "list"},
                                             {"configs", "describe"},
                                             {"configs", "alter"},
                                             {"brokers", "list"},
                                             {"brokers", "view"},
                                             {"brokers", "unregister"},
                                             {"brokers", "drain"},
                                             {"brokers", "undrain"},
                                             {"partitions", "reassign", "plan"},
                                             {"partitions", "reassign", "execute"},
                                             {"partitions", "reassign", "status"},
                                             {"partitions", "reassign", "cancel"},
                                             {"quorum", "describe"},
                                             {"quorum", "add"},
                                             {"quorum", "remove"},
                                             {"quorum", "replace"},
                                             {"quorum", "transfer"},
                                             {"cluster", "describe"},
                                             {"cluster", "wait"},
                                             {"cluster", "new-id"},
                                             {"features", "describe"},
                                             {"features", "upgrade"},
                                             {"features", "downgrade"},
                                             {"health", "check"},
                                             {"debug", "log-level"},
                                             {"check", "write-gap"},
                                             {"log", "dump"},
                                             {"log", "verify"},
                                             {"log", "tail"},
                                             {"snapshot", "inspect"},
                                             {"snapshot", "restore"},
                                             {"snapshot", "save"},
                                             {"quorum", "recover"},
                                             {"status"},
                                             {"completion"},
                                             {}}) {
    std::vector<std::string> arguments = command;
    arguments.push_back("--help");
    const Result result = Quoratectl(arguments);
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_THAT(result.out, AllOf(HasSubstr("NAME\n    quoratectl"), HasSubstr("\nDESCRIPTION\n"),
                                  HasSubstr("\nEXIT STATUS\n"), HasSubstr("\nEXAMPLES\n")));
    EXPECT_THAT(result.err, IsEmpty());
  }
}

TEST(QuoratectlTest, AManualHasTheExitStatusesOfItsCommand) {
  const auto statuses = [](std::vector<std::string> command) {
    command.emplace_back("--help");
    const std::string page = Quoratectl(command).out;
    return page.substr(page.find("EXIT STATUS"));
  };
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"log", "dump"}, {"log", "verify"}, {"snapshot", "inspect"}, {"quorum", "recover"}}) {
    EXPECT_THAT(statuses(command), AllOf(HasSubstr("1  refused: the files are damaged"),
                                         HasSubstr("\n    2  "), Not(HasSubstr("\n    3  "))));
  }
  EXPECT_THAT(statuses({"cluster", "new-id"}),
              AllOf(HasSubstr("\n    2  "), Not(HasSubstr("\n    1  "))));
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{}, {"log"}, {"log", "tail"}, {"topics", "create"}}) {
    EXPECT_THAT(statuses(command),
                AllOf(HasSubstr("1  refused: the cluster refused"), HasSubstr("\n    4  ")));
  }
}

TEST(QuoratectlTest, AnOutputThatCannotBeWrittenExitsWith5) {
  FakeAdminService service(Ok);
  // The output is larger than the buffer, so that the first failure occurs long before the end.
  for (int i = 0; i < 2000; ++i) {
    service.list_topics.add_topics()->set_name(absl::StrFormat("topic-%d", i));
  }
  service.create_topics.add_results()->set_name("orders");
  const std::string cluster = " --bootstrap " + service.endpoint().ToString();
  for (const std::string& command : {
           "topics list" + cluster,
           "topics list --output json" + cluster,
           "status" + cluster,
           "topics create orders" + cluster,
           std::string("cluster new-id"),
           std::string("completion bash"),
           std::string("topics create --help"),
           std::string("--version"),
       }) {
    const Result result =
        RunProgram({"/bin/sh", "-c", QuoratectlProgram() + " " + command + " >/dev/full"});
    EXPECT_EQ(result.exit_code, 5) << command << ": " << result.err;
    EXPECT_THAT(result.err, HasSubstr("quoratectl: cannot write standard output: No space left on "
                                      "device; the output is incomplete\n"));
  }
  // An earlier failure determines the exit code.
  const Result refused = RunProgram(
      {"/bin/sh", "-c",
       QuoratectlProgram() + " topics list --bootstrap 127.0.0.1:1 --timeout 1ms >/dev/full"});
  EXPECT_EQ(refused.exit_code, 3) << refused.err;
}

TEST(QuoratectlTest, AReaderThatGoesAwayEndsItQuietly) {
  // The reader ends before the first byte is written.
  const Result result =
      RunProgram({"/bin/bash", "-c",
                  "exec 3> >(true); wait $!; " + QuoratectlProgram() + " --help >&3; echo $? >&2"});
  EXPECT_EQ(result.err, "141\n");  // 128 + SIGPIPE
}

TEST(QuoratectlTest, CreatesTopicsAndTellsTheirIds) {
  FakeAdminService service(Ok);
  auto* topic = service.create_topics.add_results();
  topic->set_name("orders");
  topic->set_topic_id("8FZ4qjH1TLSPe-5nZVrbCQ");
  const Result result =
      Quoratectl({"topics", "create", "orders", "--bootstrap", service.endpoint().ToString(),
                  "--request-id", "MkU3OEVBNTcwNTJENDM2Qg:5"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "Created topic orders, id 8FZ4qjH1TLSPe-5nZVrbCQ.\n");
  EXPECT_THAT(result.err, IsEmpty());
  ASSERT_EQ(service.request_ids().size(), 1u);
  EXPECT_EQ(service.request_ids()[0].sequence(), 5);
}

TEST(QuoratectlTest, AddsPartitionsToEachTopicThatAllowsIt) {
  FakeAdminService service(Ok);
  service.create_partitions.add_results()->set_name("a");
  auto* refused = service.create_partitions.add_results();
  refused->set_name("b");
  refused->mutable_error()->set_code(common::v1::INVALID_PARTITIONS);
  refused->mutable_error()->set_message("it has 6");
  const std::string endpoint = service.endpoint().ToString();

  const std::vector<std::string> command = {
      "topics", "add-partitions", "a", "b", "--partitions", "6", "--bootstrap", endpoint};
  Result result = Quoratectl(command);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out, "Topic a now has 6 partitions.\n");
  EXPECT_EQ(result.err, "quoratectl: topic b: INVALID_PARTITIONS: it has 6\n");
  EXPECT_THAT(service.changes(), ::testing::ElementsAre("extend a", "extend b"));

  std::vector<std::string> dry_run = command;
  dry_run.emplace_back("--dry-run");
  result = Quoratectl(dry_run);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out, "Topic a could get 6 partitions.\n");
}

// Adds a partition without a leader to the answer.
void AddOffline(admin::v1::DescribeTopicsResponse& response, const std::string& name,
                const std::string& id, int partition) {
  auto* topic = response.add_topics();
  topic->set_name(name);
  topic->set_topic_id(id);
  topic->add_partitions()->set_partition(partition);
  topic->mutable_partitions(0)->set_leader_id(-1);
  topic->mutable_partitions(0)->add_replicas(3);
}

TEST(QuoratectlTest, TopicsThatAreFilteredComeInPagesAndAreSortedByName) {
  FakeAdminService service(Ok);
  AddOffline(service.describe_topics, "b", "AAAAAAAAAAAAAAAAAAAAAQ", 0);
  AddOffline(service.describe_topics, "c", "AAAAAAAAAAAAAAAAAAAAAg", 4);
  service.describe_topics.mutable_next()->set_topic_id("AAAAAAAAAAAAAAAAAAAAAg");
  AddOffline(service.describe_next_topics, "c", "AAAAAAAAAAAAAAAAAAAAAg", 7);
  AddOffline(service.describe_next_topics, "a", "AAAAAAAAAAAAAAAAAAAAAw", 1);
  const std::string endpoint = service.endpoint().ToString();

  const Result table = Quoratectl({"topics", "describe", "--unavailable", "--bootstrap", endpoint});
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_EQ(table.out,
            "  Topic: a  Partition: 1  Leader: none  Replicas: 3  Isr:   LeaderEpoch: 0\n"
            "  Topic: b  Partition: 0  Leader: none  Replicas: 3  Isr:   LeaderEpoch: 0\n"
            "  Topic: c  Partition: 4  Leader: none  Replicas: 3  Isr:   LeaderEpoch: 0\n"
            "  Topic: c  Partition: 7  Leader: none  Replicas: 3  Isr:   LeaderEpoch: 0\n");
  EXPECT_EQ(service.call_count(), 2);

  const Result overrides =
      Quoratectl({"topics", "describe", "--with-overrides", "--bootstrap", endpoint});
  EXPECT_THAT(overrides.out, HasSubstr("Topic: c  TopicId: AAAAAAAAAAAAAAAAAAAAAg  "
                                       "PartitionCount: 2"));

  const Result json = Quoratectl(
      {"topics", "describe", "--at-min-isr", "--bootstrap", endpoint, "--output", "json"});
  const auto parsed = nlohmann::json::parse(json.out);
  EXPECT_EQ(parsed["topics"].size(), 3u);
  EXPECT_EQ(parsed["topics"][2]["partitions"].size(), 2u);
}

TEST(QuoratectlTest, AllTopicsAreDescribedPageByPage) {
  FakeAdminService service(Ok);
  service.list_topics.add_topics()->set_name("a");
  service.list_topics.set_has_more(true);
  service.list_next_topics.add_topics()->set_name("b");
  service.list_next_topics.set_end_offset(8);
  // A topic of the list that is deleted before it is described is left out.
  AddOffline(service.describe_topics, "a", "AAAAAAAAAAAAAAAAAAAAAQ", 0);
  service.describe_topics.add_topics()->set_name("gone");
  service.describe_topics.mutable_topics(1)->mutable_error()->set_code(
      common::v1::UNKNOWN_TOPIC_OR_PARTITION);
  const std::string endpoint = service.endpoint().ToString();

  const Result table = Quoratectl({"topics", "describe", "--bootstrap", endpoint});
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out, StartsWith("Topic: a  TopicId: AAAAAAAAAAAAAAAAAAAAAQ"));
  EXPECT_EQ(std::count(table.out.begin(), table.out.end(), '\n'), 4) << table.out;
  EXPECT_EQ(service.call_count(), 4);

  const Result json =
      Quoratectl({"topics", "describe", "--bootstrap", endpoint, "--output", "json"});
  const auto parsed = nlohmann::json::parse(json.out);
  EXPECT_EQ(parsed["topics"].size(), 2u);
  EXPECT_EQ(parsed["end_offset"], 8);
}

TEST(QuoratectlTest, AListOfTopicsMayBeOnePage) {
  FakeAdminService service(Ok);
  service.list_topics.add_topics()->set_name("a");
  service.list_topics.set_has_more(true);
  const Result result =
      Quoratectl({"topics", "list", "--limit", "1", "--bootstrap", service.endpoint().ToString()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "quoratectl: more topics follow; continue with --after a\n");
}

// Controllers 1 and 2 are voters, and 3 is an observer.
void DescribeThree(FakeAdminService& service) {
  service.describe_quorum.set_leader_id(1);
  for (int id = 1; id <= 3; ++id) {
    auto* replica =
        id < 3 ? service.describe_quorum.add_voters() : service.describe_quorum.add_observers();
    replica->set_node_id(id);
    replica->set_directory_id("2v_wzNH7TGO7YqAlKUKcpw");
    if (id < 3) service.change_voters.add_voters()->set_node_id(id);
  }
  service.change_voters.set_changed(true);
}

TEST(QuoratectlTest, ReplacesAVoterByTwoChangesOneAfterTheOther) {
  FakeAdminService service(Ok);
  DescribeThree(service);
  const Result result = Quoratectl(
      {"quorum", "replace", "2", "--with", "3", "--bootstrap", service.endpoint().ToString()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(service.changes(), ::testing::ElementsAre("add 3", "remove 2"));
  EXPECT_EQ(result.out,
            "Added controller 3, directory 2v_wzNH7TGO7YqAlKUKcpw.\n"
            "Removed controller 2, directory 2v_wzNH7TGO7YqAlKUKcpw.\n"
            "Voters: 1, 2 (tolerates 0 failures).\n");
}

TEST(QuoratectlTest, ADryRunOfAReplacementChangesNothing) {
  FakeAdminService service(Ok);
  DescribeThree(service);
  const Result result = Quoratectl({"quorum", "replace", "2", "--with", "3", "--dry-run",
                                    "--bootstrap", service.endpoint().ToString()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(service.changes(), IsEmpty());
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("Would add controller 3"), HasSubstr("Would remove controller 2")));
}

TEST(QuoratectlTest, AVoterChangeIsAskedForUntilItIsMadeAndTellsWhatItWaitsFor) {
  // The first call describes the quorum.
  FakeAdminService service([](int call) {
    if (call != 1) return grpc::Status::OK;
    return ErrorStatus(common::v1::REQUEST_TIMED_OUT, common::v1::REFUSED, "it has not caught up",
                       2500);
  });
  DescribeThree(service);
  const Result result =
      Quoratectl({"quorum", "add", "3", "--bootstrap", service.endpoint().ToString()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "waiting: it has not caught up\n");
  EXPECT_THAT(service.changes(), ::testing::ElementsAre("add 3", "add 3"));
}

TEST(QuoratectlTest, AWrongVoterChangeIsRefusedBeforeItIsMade) {
  FakeAdminService service(Ok);
  DescribeThree(service);
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"quorum", "add", "2"},
                                             {"quorum", "remove", "9"},
                                             {"quorum", "add", "9", "--dry-run"}}) {
    std::vector<std::string> arguments = command;
    arguments.insert(arguments.end(), {"--bootstrap", service.endpoint().ToString()});
    const Result result = Quoratectl(arguments);
    EXPECT_EQ(result.exit_code, 1) << result.err;
    EXPECT_THAT(result.err, HasSubstr("controller " + command[2]));
  }
  EXPECT_THAT(service.changes(), IsEmpty());
}

TEST(QuoratectlTest, ATransferNamesTheSuccessorThatTheFirstAnswerChose) {
  FakeAdminService service(Ok);
  service.transfer_leadership.set_changed(true);
  service.transfer_leadership.set_leader_id(2);
  const Result result =
      Quoratectl({"quorum", "transfer", "--bootstrap", service.endpoint().ToString()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "Controller 2 has become the active controller.\n");
  EXPECT_THAT(service.changes(), ::testing::ElementsAre("transfer 2"));
}

TEST(QuoratectlTest, ARefusedItemExitsWith1BesideThoseThatWereDone) {
  FakeAdminService service(Ok);
  service.create_topics.add_results()->set_name("a");
  auto* refused = service.create_topics.add_results();
  refused->set_name("b");
  refused->mutable_error()->set_code(common::v1::TOPIC_ALREADY_EXISTS);
  refused->mutable_error()->set_outcome(common::v1::REFUSED);
  refused->mutable_error()->set_message("topic 'b' exists");
  const std::string endpoint = service.endpoint().ToString();

  const Result table = Quoratectl({"topics", "create", "a", "b", "--bootstrap", endpoint});
  EXPECT_EQ(table.exit_code, 1);
  EXPECT_THAT(table.out, HasSubstr("Created topic a"));
  EXPECT_EQ(table.err, "quoratectl: topic b: TOPIC_ALREADY_EXISTS: topic 'b' exists\n");

  const Result json =
      Quoratectl({"topics", "create", "a", "b", "--bootstrap", endpoint, "--output", "json"});
  EXPECT_EQ(json.exit_code, 1);
  EXPECT_EQ(nlohmann::json::parse(json.out)["results"][1]["error"]["code"], "TOPIC_ALREADY_EXISTS");
  EXPECT_THAT(json.err, IsEmpty());
}

TEST(QuoratectlTest, ConfigsAreShownWithTheirSources) {
  FakeAdminService service(Ok);
  auto* item = service.describe_configs.add_results();
  item->mutable_resource()->set_type(admin::v1::ConfigResource::TOPIC);
  item->mutable_resource()->set_name("orders");
  auto* config = item->add_configs();
  config->set_key("retention.ms");
  config->set_value("1000");
  config->set_default_value("604800000");
  config->set_source(admin::v1::ConfigDescription::DYNAMIC_TOPIC_CONFIG);
  const Result result = Quoratectl(
      {"configs", "describe", "--topic", "orders", "--bootstrap", service.endpoint().ToString()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out,
            "OF            KEY           VALUE  SOURCE  DEFAULT\n"
            "topic orders  retention.ms  1000   topic   604800000\n");
}

TEST(QuoratectlTest, ConfigsAreShownWithWhatTheyOverrideAndWithoutSecrets) {
  FakeAdminService service(Ok);
  auto* item = service.describe_configs.add_results();
  item->mutable_resource()->set_type(admin::v1::ConfigResource::BROKER);
  const auto add = [&](const std::string& key, const std::string& value,
                       admin::v1::ConfigDescription::Source source) {
    auto* config = item->add_configs();
    config->set_key(key);
    config->set_value(value);
    config->set_source(source);
    return config;
  };
  using admin::v1::ConfigDescription;
  add("num.io.threads", "8", ConfigDescription::DEFAULT_CONFIG);
  auto* config = add("log.retention.ms", "5", ConfigDescription::DYNAMIC_DEFAULT_BROKER_CONFIG);
  for (const auto& [key, value, source] :
       {std::tuple("log.retention.ms", "5", ConfigDescription::DYNAMIC_DEFAULT_BROKER_CONFIG),
        std::tuple("log.retention.hours", "168", ConfigDescription::DEFAULT_CONFIG)}) {
    auto* synonym = config->add_synonyms();
    synonym->set_key(key);
    synonym->set_value(value);
    synonym->set_source(source);
  }
  add("sasl.jaas.config", "", ConfigDescription::DYNAMIC_BROKER_CONFIG)->set_is_sensitive(true);
  const Result result = Quoratectl({"configs", "describe", "--broker-default", "--only-set",
                                    "--synonyms", "--bootstrap", service.endpoint().ToString()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out,
            "OF              KEY               VALUE     SOURCE          OTHERWISE\n"
            "broker default  log.retention.ms  5         broker default  built in: "
            "log.retention.hours=168\n"
            "broker default  sasl.jaas.config  (secret)  broker\n");
}

TEST(QuoratectlTest, ConfigKeysAreExplainedWithoutACluster) {
  Result result = Quoratectl({"configs", "list", "retention.ms"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(
      result.out,
      "retention.ms (topic)\n"
      "  How long records are kept before their segments are deleted; -1 is without a limit.\n"
      "  type        long\n"
      "  values      a whole number from -1 to 9223372036854775807\n"
      "  default     604800000\n"
      "  set for     a topic\n"
      "  if not set  the brokers' log.retention.ms, then log.retention.minutes, then "
      "log.retention.hours\n");
  result = Quoratectl({"configs", "list", "--entity", "broker"});
  EXPECT_THAT(result.out, StartsWith("OF      KEY "));
  EXPECT_THAT(result.out, AllOf(HasSubstr("num.io.threads"), Not(HasSubstr("topic  retention"))));
  // A key of both kinds, and one of a listener.
  result = Quoratectl({"configs", "list", "min.insync.replicas",
                       "listener.name.public.ssl.key.password", "--output", "json"});
  const auto json = nlohmann::json::parse(result.out);
  ASSERT_EQ(json["configs"].size(), 3u) << result.out;
  EXPECT_EQ(json["configs"][0]["entity"], "topic");
  EXPECT_EQ(json["configs"][1]["set_for"], "the default of all brokers");
  EXPECT_EQ(json["configs"][2]["key"], "ssl.key.password");
  EXPECT_EQ(json["configs"][2]["is_sensitive"], true);
  result = Quoratectl({"configs", "list", "retention.m"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("did you mean retention.ms?"));
}

TEST(QuoratectlTest, AltersConfigsOfSeveralResourcesAtOnce) {
  FakeAdminService service(Ok);
  for (const auto& [type, name] : {std::pair(admin::v1::ConfigResource::TOPIC, "orders"),
                                   std::pair(admin::v1::ConfigResource::BROKER, "7")}) {
    auto* item = service.alter_configs.add_results();
    item->mutable_resource()->set_type(type);
    item->mutable_resource()->set_name(name);
  }
  auto* error = service.alter_configs.mutable_results(1)->mutable_error();
  error->set_code(common::v1::BROKER_ID_NOT_REGISTERED);
  error->set_message("no broker 7 is registered");
  const Result result =
      Quoratectl({"configs", "alter", "--topic", "orders", "--broker", "7", "--set",
                  "retention.ms=1000", "--bootstrap", service.endpoint().ToString()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out, "Altered the configs of topic orders.\n");
  EXPECT_EQ(result.err,
            "quoratectl: broker 7: BROKER_ID_NOT_REGISTERED: no broker 7 is registered\n");
  EXPECT_EQ(service.changes(), (std::vector<std::string>{"alter orders", "alter 7"}));
  EXPECT_EQ(service.request_ids().size(), 1u);
}

// The log has metadata version 1. Controller 1 and broker 7 are new programs; broker 8 is gone.
void DescribeVersions(FakeAdminService& service) {
  auto& cluster = service.describe_cluster;
  cluster.set_active_controller_id(1);
  cluster.set_metadata_version(1);
  cluster.add_controllers()->set_node_id(1);
  cluster.mutable_controllers(0)->set_in_session(true);
  cluster.mutable_controllers(0)->set_max_metadata_version(3);
  cluster.add_brokers()->set_broker_id(7);
  cluster.mutable_brokers(0)->set_max_metadata_version(2);
  cluster.add_brokers()->set_broker_id(8);
  cluster.mutable_brokers(1)->set_fenced(true);
  service.update_features.add_results()->set_feature("metadata.version");
  service.update_features.mutable_results(0)->set_level(2);
}

TEST(QuoratectlTest, UpgradesToWhatAllProgramsSupport) {
  FakeAdminService service(Ok);
  DescribeVersions(service);
  const auto upgrade = [&](std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"features", "upgrade"});
    flags.insert(flags.end(), {"--bootstrap", service.endpoint().ToString()});
    return Quoratectl(flags);
  };
  Result result = upgrade({});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "Raised metadata.version from 1 to 2.\n");
  result = upgrade({"--dry-run", "--metadata-version", "3"});
  EXPECT_EQ(result.out, "metadata.version could be raised from 1 to 3.\n");
  result = upgrade({"--metadata-version", "1"});
  EXPECT_EQ(result.out, "metadata.version is already 1.\n");
  EXPECT_EQ(service.changes(),
            (std::vector<std::string>{"raise metadata.version 2", "raise metadata.version 3",
                                      "raise metadata.version 1"}));
  EXPECT_EQ(service.request_ids().size(), 3u);
  result = upgrade({"--output", "json"});
  EXPECT_EQ(nlohmann::json::parse(result.out)["results"][0]["level"], 2);
}

TEST(QuoratectlTest, RaisesAndLowersOtherFeatures) {
  FakeAdminService service(Ok);
  DescribeVersions(service);
  auto* groups = service.describe_cluster.add_features();
  groups->set_name("group.version");
  groups->set_level(1);
  const auto run = [&](std::vector<std::string> flags) {
    service.update_features.Clear();
    for (const std::string& flag : flags) {
      const size_t end = flag.find('=');
      if (end == std::string::npos) continue;
      auto* item = service.update_features.add_results();
      item->set_feature(flag.substr(0, end));
    }
    flags.insert(flags.begin(), "features");
    flags.insert(flags.end(), {"--bootstrap", service.endpoint().ToString()});
    return Quoratectl(flags);
  };
  Result result = run({"upgrade", "--feature", "share.version=1", "--feature", "group.version=2"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "Raised share.version to 1.\nRaised group.version from 1 to 2.\n");
  result = run({"downgrade", "--feature", "group.version=0", "--dry-run"});
  EXPECT_EQ(result.out, "group.version could be lowered from 1 to 0.\n");
  result = run({"downgrade", "--feature", "group.version=0"});
  EXPECT_EQ(result.out, "Lowered group.version from 1 to 0.\n");
  EXPECT_EQ(service.changes(),
            (std::vector<std::string>{"raise share.version 1", "raise group.version 2",
                                      "lower group.version 0", "lower group.version 0"}));
}

TEST(QuoratectlTest, AnUpgradeSaysWhyNothingIsHigher) {
  FakeAdminService service(Ok);
  DescribeVersions(service);
  service.describe_cluster.mutable_brokers(0)->set_max_metadata_version(1);
  const Result result =
      Quoratectl({"features", "upgrade", "--bootstrap", service.endpoint().ToString()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("metadata.version is already 1.\n"),
                                HasSubstr("No higher version is supported by all programs")));
}

TEST(QuoratectlTest, AnUpgradeThatIsRefusedExitsWith1) {
  FakeAdminService service(Ok);
  DescribeVersions(service);
  auto* error = service.update_features.mutable_results(0)->mutable_error();
  error->set_code(common::v1::INVALID_UPDATE_VERSION);
  error->set_message("broker 8 is too old");
  const Result result = Quoratectl({"features", "upgrade", "--metadata-version", "2", "--bootstrap",
                                    service.endpoint().ToString()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err,
            "quoratectl: metadata.version: INVALID_UPDATE_VERSION: broker 8 is too old\n");
}

TEST(QuoratectlTest, AnActiveControllerThatIsTooOldIsNotAskedToUpgrade) {
  FakeAdminService service(Ok);
  service.describe_cluster.set_active_controller_id(3);
  const Result result =
      Quoratectl({"features", "upgrade", "--bootstrap", service.endpoint().ToString()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("the active controller, 3, is too old"));
  EXPECT_THAT(service.changes(), IsEmpty());
}

TEST(QuoratectlTest, FeaturesAsJsonHaveNullForWhatIsNotKnown) {
  FakeAdminService service(Ok);
  DescribeVersions(service);
  const Result result = Quoratectl(
      {"features", "describe", "--output", "json", "--bootstrap", service.endpoint().ToString()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json["features"][0]["feature"], "metadata.version");
  EXPECT_EQ(json["features"][0]["finalized_level"], 1);
  EXPECT_EQ(json["features"][0]["supported_level"], 2);
  EXPECT_EQ(json["controllers"][0]["max_metadata_version"], 3);
  EXPECT_EQ(json["brokers"][1]["max_metadata_version"], nullptr);
}

TEST(QuoratectlTest, UnregistersABroker) {
  FakeAdminService service(Ok);
  service.unregister_broker.set_replica_count(3);
  const auto run = [&](std::vector<std::string> flags) {
    std::vector<std::string> arguments = {"brokers", "unregister", "7", "--bootstrap",
                                          service.endpoint().ToString()};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    return Quoratectl(arguments);
  };
  const std::string replicas = "It is still in the replica list of 3 partitions.\n";
  EXPECT_EQ(run({"--dry-run"}).out, "Broker 7 could be unregistered.\n" + replicas);
  EXPECT_EQ(run({"--force"}).out, "Unregistered broker 7.\n" + replicas);
  EXPECT_EQ(service.changes(), (std::vector<std::string>{"unregister 7 by force"}));
  EXPECT_EQ(nlohmann::json::parse(run({"--output", "json"}).out)["replica_count"], 3);

  service.unregister_broker.mutable_error()->set_code(common::v1::INVALID_REQUEST);
  service.unregister_broker.mutable_error()->set_message("it is not fenced");
  const Result refused = run({});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_EQ(refused.err, "quoratectl: broker 7: INVALID_REQUEST: it is not fenced\n");
}

void AddResult(FakeAdminService& service, int partition, int leader,
               common::v1::ErrorCode code = common::v1::ERROR_CODE_UNSPECIFIED,
               const std::string& message = "") {
  auto* result = service.elect_leaders.add_results();
  result->set_name("orders");
  result->set_partition(partition);
  result->set_leader_id(leader);
  if (code == common::v1::ERROR_CODE_UNSPECIFIED) return;
  result->mutable_error()->set_code(code);
  result->mutable_error()->set_message(message);
}

TEST(QuoratectlTest, ElectsLeadersAndTellsWhatIsAlreadyValid) {
  FakeAdminService service(Ok);
  const auto run = [&](std::vector<std::string> flags) {
    std::vector<std::string> arguments = {"topics", "elect-leader", "--bootstrap",
                                          service.endpoint().ToString()};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    return Quoratectl(arguments);
  };
  AddResult(service, 0, 2);
  AddResult(service, 13, 1, common::v1::ELECTION_NOT_NEEDED, "it leads");
  service.elect_leaders.set_not_needed_count(4);
  const Result done = run({"orders:0,13", "payments", "--type", "preferred"});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_EQ(done.out,
            "TOPIC   PARTITION  LEADER  RESULT\n"
            "orders          0       2  elected\n"
            "orders         13       1  already valid\n"
            "1 leader elected, 5 already valid, 0 failed.\n");
  EXPECT_EQ(run({"--all", "--type", "unclean", "--yes"}).exit_code, 0);
  EXPECT_THAT(run({"--all", "--type", "unclean", "--dry-run"}).out,
              HasSubstr("1 leader would be elected, 5 already valid, 0 failed.\n"));
  EXPECT_THAT(service.changes(),
              ::testing::ElementsAre("elect preferred leaders of orders:0,13 payments",
                                     "elect unclean leaders of all topics"));

  AddResult(service, 5, 1, common::v1::PREFERRED_LEADER_NOT_AVAILABLE, "broker 3 is fenced");
  const Result failed = run({"orders", "--type", "preferred"});
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_THAT(failed.out, HasSubstr("1 leader elected, 5 already valid, 1 failed.\n"));
  EXPECT_EQ(failed.err,
            "quoratectl: partition orders-5: PREFERRED_LEADER_NOT_AVAILABLE: broker 3 is "
            "fenced\n");
  const Result json = run({"orders", "--type", "preferred", "--output", "json"});
  EXPECT_EQ(json.exit_code, 1);
  EXPECT_EQ(nlohmann::json::parse(json.out)["results"][0]["leader_id"], 2);
}

TEST(QuoratectlTest, ElectsLeadersInAsManyRequestsAsTheAnswersAskFor) {
  FakeAdminService service(Ok);
  AddResult(service, 0, 2);
  service.elect_leaders.mutable_next()->set_topic_id("8FZ4qjH1TLSPe-5nZVrbCQ");
  service.elect_leaders_pages = 3;
  const Result result = Quoratectl({"topics", "elect-leader", "--all", "--type", "preferred",
                                    "--bootstrap", service.endpoint().ToString()});
  EXPECT_THAT(result.out, HasSubstr("3 leaders elected, 0 already valid, 0 failed.\n"));
  ASSERT_EQ(service.request_ids().size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(service.request_ids()[i].sequence(), static_cast<int64_t>(i) + 1);
    EXPECT_EQ(service.request_ids()[i].client_uuid(), service.request_ids()[0].client_uuid());
  }
}

TEST(QuoratectlTest, TheJsonOfABrokerHasItsListenersFeaturesAndDirectories) {
  FakeAdminService service(Ok);
  auto* broker = service.describe_cluster.add_brokers();
  auto* listener = broker->add_listeners();
  listener->set_name("PUBLIC");
  listener->set_endpoint("public:9092");
  listener->set_security_protocol(common::v1::BrokerListener::SASL_SSL);
  auto* feature = broker->add_features();
  feature->set_name("metadata.version");
  feature->set_min_level(1);
  feature->set_max_level(2);
  broker->add_log_directories("8FZ4qjH1TLSPe-5nZVrbCQ");
  const Result result = Quoratectl(
      {"brokers", "list", "--output", "json", "--bootstrap", service.endpoint().ToString()});
  const auto json = nlohmann::json::parse(result.out)["brokers"][0];
  EXPECT_EQ(json["listeners"][0]["security_protocol"], "SASL_SSL");
  EXPECT_EQ(json["features"][0]["max_level"], 2);
  EXPECT_EQ(json["log_directories"][0], "8FZ4qjH1TLSPe-5nZVrbCQ");
}

TEST(QuoratectlTest, ARefusedRequestExitsWith1) {
  FakeAdminService service([](int) {
    return ErrorStatus(common::v1::INVALID_REQUEST, common::v1::REFUSED, "'a' is named twice");
  });
  const Result result =
      Quoratectl({"topics", "delete", "a", "a", "--bootstrap", service.endpoint().ToString()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.err, "quoratectl: INVALID_REQUEST: 'a' is named twice\n");
}

TEST(QuoratectlTest, UnreachableExitsWith3AndTellsWhatEachEndpointAnswered) {
  const quorate::testing::LoopbackSocket dead;
  FakeAdminService leaderless([](int) {
    return ErrorStatus(common::v1::CONTROLLER_NOT_AVAILABLE, common::v1::REFUSED, "no leader");
  });
  const std::string both = Endpoint(dead) + "," + leaderless.endpoint().ToString();
  const Result table = Quoratectl({"topics", "list", "--timeout", "3s"}, {{kBootstrap, both}});
  EXPECT_EQ(table.exit_code, 3);
  EXPECT_THAT(table.out, IsEmpty());
  EXPECT_THAT(table.err, AllOf(HasSubstr(Endpoint(dead) + ": "), HasSubstr("Connection refused"),
                               HasSubstr(leaderless.endpoint().ToString() + ": "),
                               HasSubstr("no leader"), HasSubstr("--bootstrap")));

  const Result json =
      Quoratectl({"topics", "list", "--timeout", "3s", "--bootstrap", both, "--output", "json"});
  EXPECT_EQ(json.exit_code, 3);
  EXPECT_THAT(json.out, IsEmpty());
  const auto error = nlohmann::json::parse(json.err)["error"];
  EXPECT_EQ(error["kind"], "unreachable");
  EXPECT_EQ(error["endpoints"].size(), 2u);
}

TEST(QuoratectlTest, AnUnknownOutcomeExitsWith4AndTellsHowToLearnIt) {
  FakeAdminService service([](int) {
    return ErrorStatus(common::v1::NOT_CONTROLLER, common::v1::UNKNOWN, "leadership was lost");
  });
  const Result result =
      Quoratectl({"topics", "create", "a", "--timeout", "1s", "--request-id",
                  "MkU3OEVBNTcwNTJENDM2Qg:3", "--bootstrap", service.endpoint().ToString()});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.err, HasSubstr("--request-id MkU3OEVBNTcwNTJENDM2Qg:3."));
}

TEST(QuoratectlTest, NewIdsDifferAndNeedNoCluster) {
  const Result first = Quoratectl({"cluster", "new-id"}, {{kBootstrap, "nonsense"}});
  const Result second = Quoratectl({"cluster", "new-id"});
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_EQ(first.out.size(), 23u);
  EXPECT_NE(first.out, second.out);
}

TEST(QuoratectlTest, BashCompletesNounsVerbsAndOptions) {
  const std::string script = absl::StrFormat(
      "set -e; eval \"$('%s' completion bash)\"\n"
      "try() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _quoratectl; echo ${COMPREPLY[*]}; }\n"
      "try quoratectl to\n"
      "try quoratectl topics d\n"
      "try quoratectl topics create orders --re\n"
      "try quoratectl topics list --output ''\n"
      "try quoratectl check ''\n"
      "try quoratectl cluster wait --max\n",
      QuoratectlProgram());
  const Result result = RunProgram({"/bin/bash", "-c", script});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out,
            "topics\ndelete describe\n--replication-factor --request-id\ntable "
            "json\nwrite-gap\n--max-lag\n");
}

}  // namespace
}  // namespace quorate::cli
