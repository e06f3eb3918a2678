#include "cli/quorum_changes.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/uuid.h"
#include "cli/json.h"
#include "cli/retrying_caller.h"
#include "cli/text.h"
#include "cli/voter_plan.h"

namespace quorate::cli {
namespace {

using admin::v1::ChangeVotersResponse;
using admin::v1::DescribeQuorumResponse;
using admin::v1::TransferLeadershipRequest;
using admin::v1::TransferLeadershipResponse;
using client::AdminClient;
using client::CallFailure;
using client::CallResult;
using Steps = std::vector<VoterStep>;

// The pause between two checks of a quorum in which a replica is missing.
constexpr Duration kPause = std::chrono::milliseconds(100);

struct ChangeFlags {
  int32_t node = -1;
  std::optional<int32_t> with;
  std::string directory_id;
  bool dry_run = false;
};

using Planner = std::function<VoterPlan(const DescribeQuorumResponse&, const ChangeFlags&)>;

std::string ReplicaText(const VoterStep& step) {
  return absl::StrFormat("controller %d, directory %s", step.node_id, step.directory_id);
}

std::string StepText(const VoterStep& step, bool dry_run, bool changed) {
  const bool adds = step.action == VoterStep::Action::kAdd;
  if (!changed) {
    return absl::StrFormat("%s: is %s.", ReplicaText(step),
                           adds ? "already a voter" : "not a voter");
  }
  const char* verb = dry_run ? (adds ? "Would add" : "Would remove") : (adds ? "Added" : "Removed");
  return absl::StrFormat("%s %s.", verb, ReplicaText(step));
}

std::string VotersText(const ChangeVotersResponse& response) {
  const std::string ids = absl::StrJoin(
      response.voters(), ", ",
      [](std::string* out, const auto& voter) { *out += std::to_string(voter.node_id()); });
  return absl::StrFormat("Voters: %s (tolerates %s).", ids,
                         Plural((response.voters_size() - 1) / 2, "failure"));
}

CallResult<ChangeVotersResponse> Make(const VoterStep& step, bool dry_run, RetryingCaller& caller) {
  if (step.action == VoterStep::Action::kAdd) {
    admin::v1::AddVoterRequest request;
    request.set_node_id(step.node_id);
    request.set_directory_id(step.directory_id);
    request.set_validate_only(dry_run);
    return caller.Call<ChangeVotersResponse>(
        [&](AdminClient& client) { return client.AddVoter(request); });
  }
  admin::v1::RemoveVoterRequest request;
  request.set_node_id(step.node_id);
  request.set_directory_id(step.directory_id);
  request.set_validate_only(dry_run);
  return caller.Call<ChangeVotersResponse>(
      [&](AdminClient& client) { return client.RemoveVoter(request); });
}

// Returns the steps once there is a plan, or the exit code with which the command ends.
std::variant<Steps, ExitCode> AwaitPlan(Session& session, const ChangeFlags& flags,
                                        const Planner& planner, RetryingCaller& caller) {
  while (true) {
    const auto look = caller.Call<DescribeQuorumResponse>(
        [](AdminClient& client) { return client.DescribeQuorum({}); });
    if (const auto* failure = std::get_if<CallFailure>(&look)) return session.Fail(*failure);
    VoterPlan plan = planner(std::get<DescribeQuorumResponse>(look), flags);
    if (const auto* refusal = std::get_if<absl::Status>(&plan)) return session.Fail(*refusal);
    if (auto* steps = std::get_if<Steps>(&plan)) return std::move(*steps);
    const std::string& awaited = std::get<Awaited>(plan).what;
    if (flags.dry_run) {
      return session.Fail(absl::FailedPreconditionError("would wait for " + awaited));
    }
    if (caller.expired()) {
      return session.Fail(absl::DeadlineExceededError(absl::StrFormat(
          "timed out after %s waiting for %s", DurationText(ToMs(caller.elapsed())), awaited)));
    }
    caller.PrintWaiting(awaited);
    std::this_thread::sleep_for(kPause);
  }
}

ExitCode Change(Session& session, const ChangeFlags& flags, const Planner& planner) {
  if (!flags.directory_id.empty() && !Uuid::Parse(flags.directory_id)) {
    return session.RefuseUsage(
        absl::StrFormat("--directory-id: '%s' is not a directory id; 'quoratectl quorum describe' "
                        "shows the directory ids of all replicas",
                        flags.directory_id));
  }
  RetryingCaller caller(session);
  auto planned = AwaitPlan(session, flags, planner, caller);
  if (const auto* code = std::get_if<ExitCode>(&planned)) return *code;
  const Steps& steps = std::get<Steps>(planned);
  if (steps.empty()) session.Say("Nothing to do: the change was already made.");

  Json done = Json::array();
  std::optional<ChangeVotersResponse> last;
  for (const VoterStep& step : steps) {
    // A dry run of a later step would check it without the earlier steps.
    const bool is_asked = !flags.dry_run || !last;
    bool changed = true;
    if (is_asked) {
      auto result = Make(step, flags.dry_run, caller);
      if (const auto* failure = std::get_if<CallFailure>(&result)) return session.Fail(*failure);
      last = std::get<ChangeVotersResponse>(std::move(result));
      changed = last->changed();
    }
    session.Say(StepText(step, flags.dry_run, changed));
    done.push_back({{"action", step.action == VoterStep::Action::kAdd ? "add" : "remove"},
                    {"node_id", step.node_id},
                    {"directory_id", step.directory_id},
                    {"changed", changed}});
  }
  if (last && !flags.dry_run) session.Say(VotersText(*last));
  if (session.json()) {
    session.out() << JsonText(
        {{"dry_run", flags.dry_run},
         {"steps", std::move(done)},
         {"voters", last && !flags.dry_run ? ToJson(*last)["voters"] : Json(nullptr)}});
  }
  return ExitCode::kDone;
}

ExitCode Transfer(Session& session, std::optional<int32_t> target, bool dry_run) {
  RetryingCaller caller(session);
  TransferLeadershipRequest request;
  if (target) request.set_target_node_id(*target);
  const auto ask = [&request](AdminClient& client) { return client.TransferLeadership(request); };
  // Determines the target first, because only a request with a target may be repeated.
  request.set_validate_only(true);
  auto result = caller.Call<TransferLeadershipResponse>(ask);
  if (const auto* chosen = std::get_if<TransferLeadershipResponse>(&result); chosen && !dry_run) {
    request.set_target_node_id(chosen->leader_id());
    request.set_validate_only(false);
    result = caller.Call<TransferLeadershipResponse>(ask);
  }
  if (const auto* failure = std::get_if<CallFailure>(&result)) return session.Fail(*failure);

  const auto& response = std::get<TransferLeadershipResponse>(result);
  if (session.json()) session.out() << JsonText(ToJson(response));
  if (!response.changed()) {
    session.Say(
        absl::StrFormat("Controller %d is already the active controller.", response.leader_id()));
  } else {
    session.Say(absl::StrFormat("Controller %d %s the active controller.", response.leader_id(),
                                dry_run ? "would become" : "has become"));
  }
  return ExitCode::kDone;
}

constexpr char kDryRunHelp[] =
    "Print what would be done, or why it cannot be done now. Changes nothing.";

constexpr char kWaiting[] =
    "\nWaits for missing conditions and prints them to standard error. It continues through "
    "failovers, and may be run again if it was interrupted. If --timeout passes first, the exit "
    "status is 1 or 3 if nothing was changed, and 4 if a change was in progress.";

CLI::App* AddChangeVerb(CommandLine& line, CLI::App* quorum, Manual manual,
                        const std::shared_ptr<ChangeFlags>& flags, Planner planner) {
  manual.description += kWaiting;
  CLI::App* verb = line.AddCommand(quorum, manual, CommonFlags::kCluster,
                                   [flags, planner = std::move(planner)](Session& session) {
                                     return Change(session, *flags, planner);
                                   });
  verb->add_option("NODE", flags->node, "The node id of the controller.")
      ->required()
      ->check(CommandLine::NonNegativeInt32());
  verb->add_option(
          "--directory-id", flags->directory_id,
          "The expected id of the controller's data directory, as shown by 'quoratectl quorum "
          "describe'. Default: the current one.")
      ->type_name("ID");
  verb->add_flag("--dry-run", flags->dry_run, kDryRunHelp);
  return verb;
}

void AddAddVerb(CommandLine& line, CLI::App* quorum) {
  AddChangeVerb(
      line, quorum,
      {.name = "add",
       .summary = "make an observer a voter",
       .description = "The controller must run with --observer. It becomes a voter when it has "
                      "caught up and a majority of the new voters can commit. Add controllers in "
                      "pairs: an even number of voters tolerates no more failures than one fewer.",
       .examples = {"quoratectl quorum add 4", "quoratectl quorum add 4 --dry-run",
                    "quoratectl quorum add 4 --timeout 10m --output json"}},
      std::make_shared<ChangeFlags>(), [](const DescribeQuorumResponse& q, const ChangeFlags& f) {
        return PlanAdd(q, f.node, f.directory_id);
      });
}

void AddRemoveVerb(CommandLine& line, CLI::App* quorum) {
  AddChangeVerb(
      line, quorum,
      {.name = "remove",
       .summary = "make a voter an observer",
       .description =
           "The controller may be down. If it is the active one, it hands leadership over once its "
           "removal is committed. It then continues as an observer, and may be stopped "
           "permanently.",
       .examples = {"quoratectl quorum remove 3", "quoratectl quorum remove 3 --dry-run",
                    "quoratectl quorum remove 3 --output json"}},
      std::make_shared<ChangeFlags>(), [](const DescribeQuorumResponse& q, const ChangeFlags& f) {
        return PlanRemove(q, f.node, f.directory_id);
      });
}

void AddReplaceVerb(CommandLine& line, CLI::App* quorum) {
  auto flags = std::make_shared<ChangeFlags>();
  CLI::App* verb = AddChangeVerb(
      line, quorum,
      {.name = "replace",
       .summary = "replace a voter by another controller or by a new data directory",
       .description =
           "With --with NODE: adds that observer, then removes the voter. Without --with: the "
           "controller must have been started with --observer and an empty data directory; the "
           "command removes the voter with the old directory, then adds the one with the new "
           "directory. Each step is committed before the next one starts.",
       .examples = {"quoratectl quorum replace 3 --with 4", "quoratectl quorum replace 3",
                    "quoratectl quorum replace 3 --dry-run"}},
      flags, [](const DescribeQuorumResponse& q, const ChangeFlags& f) {
        return PlanReplace(q, f.node, f.with.value_or(f.node), f.directory_id);
      });
  verb->add_option("--with", flags->with, "The observer that replaces the voter. Default: NODE.")
      ->type_name("NODE")
      ->check(CommandLine::NonNegativeInt32());
}

void AddTransferVerb(CommandLine& line, CLI::App* quorum) {
  auto target = std::make_shared<std::optional<int32_t>>();
  auto dry_run = std::make_shared<bool>(false);
  CLI::App* verb = line.AddCommand(
      quorum,
      {.name = "transfer",
       .summary = "make another voter the active controller",
       .description =
           "The active controller finishes the requests in progress and hands leadership over. "
           "Requests wait meanwhile and do not fail. Use it, for example, before work on a "
           "machine.",
       .examples = {"quoratectl quorum transfer", "quoratectl quorum transfer --to 2",
                    "quoratectl quorum transfer --to 2 --dry-run"}},
      CommonFlags::kCluster,
      [target, dry_run](Session& session) { return Transfer(session, *target, *dry_run); });
  verb->add_option("--to", *target,
                   "The voter that takes over. Default: the one with the longest log.")
      ->type_name("NODE")
      ->check(CommandLine::NonNegativeInt32());
  verb->add_flag("--dry-run", *dry_run, kDryRunHelp);
}

}  // namespace

void AddQuorumChanges(CommandLine& line, CLI::App* quorum) {
  AddAddVerb(line, quorum);
  AddRemoveVerb(line, quorum);
  AddReplaceVerb(line, quorum);
  AddTransferVerb(line, quorum);
}

}  // namespace quorate::cli
