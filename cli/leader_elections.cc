#include "cli/leader_elections.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/quote.h"
#include "cli/json.h"
#include "cli/parse.h"
#include "cli/request_id.h"
#include "cli/text.h"
#include "client/admin_client.h"

namespace quorate::cli {
namespace {

using admin::v1::ElectLeadersRequest;
using admin::v1::ElectLeadersResponse;
using client::CallFailure;

struct ElectFlags {
  std::vector<std::string> topics;
  bool all = false;
  std::string type;
  bool yes = false;
  bool dry_run = false;
  std::string request_id;
};

absl::StatusOr<ElectLeadersRequest> MakeRequest(const ElectFlags& flags) {
  ElectLeadersRequest request;
  if (flags.type != "preferred" && flags.type != "unclean") {
    return absl::InvalidArgumentError(
        absl::StrFormat("--type: '%s' is neither preferred nor unclean", Printable(flags.type)));
  }
  request.set_type(flags.type == "preferred" ? ElectLeadersRequest::PREFERRED
                                             : ElectLeadersRequest::UNCLEAN);
  if (flags.all != flags.topics.empty()) {
    return absl::InvalidArgumentError(flags.all ? "--all already means every topic: name no topic"
                                                : "name a topic, or use --all for every topic");
  }
  if (request.type() == ElectLeadersRequest::UNCLEAN && !flags.yes && !flags.dry_run) {
    return absl::InvalidArgumentError(
        "an unclean election loses the records that the new leader does not have: add --yes to "
        "accept that, or --dry-run to see which partitions it concerns");
  }
  for (const std::string& text : flags.topics) {
    const auto topic = ParseTopicPartitions(text);
    if (!topic.ok()) return topic.status();
    *request.add_topics() = *topic;
  }
  const auto id = ChooseRequestId(flags.request_id);
  if (!id.ok()) return id.status();
  *request.mutable_request_id() = *id;
  request.set_all_topics(flags.all);
  request.set_validate_only(flags.dry_run);
  return request;
}

bool IsNotNeeded(const ElectLeadersResponse::Result& result) {
  return result.error().code() == common::v1::ELECTION_NOT_NEEDED;
}

std::string NameOf(const ElectLeadersResponse::Result& result) {
  const std::string topic =
      result.name().empty() ? "with id " + result.topic_id() : TerminalText(result.name());
  return result.partition() < 0 ? "topic " + topic
                                : absl::StrFormat("partition %s-%d", topic, result.partition());
}

// Prints the results. Returns kRefused if an election failed.
ExitCode Print(Session& session, const ElectLeadersResponse& response, bool dry_run) {
  if (session.json()) session.out() << JsonText(ToJson(response));
  Table table({{.title = "TOPIC"},
               {.title = "PARTITION", .right_aligned = true},
               {.title = "LEADER", .right_aligned = true},
               {.title = "RESULT"}});
  ExitCode code = ExitCode::kDone;
  int64_t elected = 0;
  int64_t not_needed = response.not_needed_count();
  int64_t failed = 0;
  for (const auto& result : response.results()) {
    if (result.has_error() && !IsNotNeeded(result)) {
      ++failed;
      code = session.FailItem(NameOf(result), result.error());
      continue;
    }
    ++(result.has_error() ? not_needed : elected);
    const char* done = dry_run ? "would be elected" : "elected";
    table.AddRow({result.name(), std::to_string(result.partition()),
                  std::to_string(result.leader_id()), result.has_error() ? "already valid" : done});
  }
  if (session.json()) return code;
  if (elected > 0 || not_needed > response.not_needed_count()) session.out() << table.ToString();
  session.Say(absl::StrFormat("%s %s, %d already valid, %d failed.", Plural(elected, "leader"),
                              dry_run ? "would be elected" : "elected", not_needed, failed));
  return code;
}

ExitCode Elect(Session& session, const ElectFlags& flags) {
  auto request = MakeRequest(flags);
  if (!request.ok()) return session.RefuseUsage(std::string(request.status().message()));
  client::AdminClient client(session.caller_options());
  ElectLeadersResponse all;
  // One answer reports a limited number of partitions, and says where the next request begins.
  while (true) {
    auto result = client.ElectLeaders(*request);
    if (const auto* failure = std::get_if<CallFailure>(&result)) {
      // What was elected before stays, so it is printed, too.
      if (request->has_start()) Print(session, all, flags.dry_run);
      return session.Fail(*failure,
                          request->has_start() ? "" : RequestIdText(request->request_id()));
    }
    const auto& response = std::get<ElectLeadersResponse>(result);
    all.mutable_results()->MergeFrom(response.results());
    all.set_not_needed_count(all.not_needed_count() + response.not_needed_count());
    all.set_end_offset(response.end_offset());
    if (!response.has_next()) return Print(session, all, flags.dry_run);
    *request->mutable_start() = response.next();
    *request->mutable_request_id() = NextRequestId(request->request_id());
  }
}

}  // namespace

void AddElectLeader(CommandLine& line, CLI::App* topics) {
  auto flags = std::make_shared<ElectFlags>();
  CLI::App* verb = line.AddCommand(
      topics,
      {.name = "elect-leader",
       .summary = "elect the leaders of partitions",
       .description =
           "With --type preferred, the first replica of each partition becomes the leader, if it "
           "is active and in sync. The controllers do this by themselves a few seconds after a "
           "broker has returned, unless they are told not to "
           "(quorate-controller --leader-balance-interval-ms).\n"
           "With --type unclean, each partition without a leader gets its first active replica, "
           "whether or not it is in sync. Records that only the other replicas have are lost, so "
           "--yes is needed. First try to start the brokers that are in sync.\n"
           "A partition that needs no election is already valid, which is no failure. If an "
           "election fails, the others are still made, and the exit status is 1. If a long command "
           "is interrupted, repeat it.",
       .examples = {"quoratectl topics elect-leader orders --type preferred",
                    "quoratectl topics elect-leader orders:0,3 payments --type preferred",
                    "quoratectl topics elect-leader --all --type preferred --dry-run",
                    "quoratectl topics elect-leader orders:3 --type unclean --yes"}},
      CommonFlags::kCluster, [flags](Session& session) { return Elect(session, *flags); });
  verb->add_option("TOPIC", flags->topics,
                   "The topics, each with the numbers of its partitions, such as orders:0,3, or "
                   "without numbers for all its partitions.")
      ->type_name("TOPIC[:P,P,...]");
  verb->add_flag("--all", flags->all, "All partitions of all topics.");
  verb->add_option("--type", flags->type, "The kind of election: preferred or unclean.")
      ->type_name("TYPE")
      ->required();
  verb->add_flag("--yes", flags->yes, "Accept that an unclean election loses records.");
  verb->add_flag("--dry-run", flags->dry_run, "Show what would be done without doing it.");
  AddRequestIdFlag(verb, &flags->request_id);
}

}  // namespace quorate::cli
