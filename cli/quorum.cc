#include "cli/quorum.h"

#include <algorithm>
#include <ostream>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "cli/json.h"
#include "cli/quorum_changes.h"
#include "cli/quorum_recover.h"
#include "cli/quorum_watch.h"
#include "cli/text.h"
#include "client/admin_client.h"

namespace quorate::cli {
namespace {

using admin::v1::DescribeQuorumResponse;
using client::CallFailure;

// A voter answers every heartbeat (100 ms by default). A voter that has been silent for longer than
// the longest election timeout counts as out of contact.
constexpr int64_t kInContactMs = 2000;

int VotersInContact(const DescribeQuorumResponse& quorum) {
  return static_cast<int>(
      std::count_if(quorum.voters().begin(), quorum.voters().end(),
                    [&](const auto& voter) { return InContact(quorum, voter); }));
}

int Majority(const DescribeQuorumResponse& quorum) { return quorum.voters_size() / 2 + 1; }

void AddRows(const DescribeQuorumResponse& quorum,
             const google::protobuf::RepeatedPtrField<DescribeQuorumResponse::Replica>& replicas,
             const std::string& role, const ReplicaColumn& column, Table& table) {
  for (const auto& replica : replicas) {
    const bool leader = replica.node_id() == quorum.leader_id();
    table.AddRow({std::to_string(replica.node_id()), leader ? "leader" : role, column.cell(replica),
                  CountText(replica.log_end_offset()), CountText(replica.lag()),
                  leader ? "-" : AgeText(replica.last_contact_age_ms()),
                  leader ? "-" : AgeText(replica.last_caught_up_age_ms())});
  }
}

ExitCode Describe(Session& session) {
  admin::v1::DescribeQuorumRequest request;
  request.set_allow_stale(session.settings().stale);
  const auto result = client::AdminClient(session.caller_options()).DescribeQuorum(request);
  if (const auto* failure = std::get_if<CallFailure>(&result)) return session.Fail(*failure);

  const auto& quorum = std::get<DescribeQuorumResponse>(result);
  session.out() << (session.json() ? JsonText(ToJson(quorum))
                                   : QuorumText(quorum, SystemClock().WallMs()));
  return ExitCode::kDone;
}

}  // namespace

std::optional<DescribeQuorumResponse> OwnViewOfQuorum(const Session& session,
                                                      const HostPort& endpoint, Duration timeout) {
  client::CallerOptions options = session.caller_options();
  options.endpoints = {endpoint};
  options.timeout = timeout;
  admin::v1::DescribeQuorumRequest request;
  request.set_allow_stale(true);
  auto answer = client::AdminClient(options).DescribeQuorum(request);
  auto* response = std::get_if<DescribeQuorumResponse>(&answer);
  return response == nullptr ? std::nullopt : std::optional(std::move(*response));
}

bool InContact(const DescribeQuorumResponse& quorum, const DescribeQuorumResponse::Replica& voter) {
  if (voter.node_id() == quorum.leader_id()) return true;
  return voter.last_contact_age_ms() >= 0 && voter.last_contact_age_ms() <= kInContactMs;
}

std::string LeaderText(const DescribeQuorumResponse& quorum, int64_t now_ms) {
  if (quorum.leader_id() < 0) return absl::StrFormat("none (epoch %d)", quorum.epoch());
  std::string text = absl::StrFormat("%d in epoch %d", quorum.leader_id(), quorum.epoch());
  if (quorum.leader_since_ms() > 0) {
    // The leader's clock may be ahead of the local one.
    const int64_t age_ms = std::max<int64_t>(0, now_ms - quorum.leader_since_ms());
    absl::StrAppendFormat(&text, " since %s (%s)", TimeText(quorum.leader_since_ms()),
                          AgeText(age_ms));
  }
  return text;
}

std::string ReplicasText(const DescribeQuorumResponse& quorum, const ReplicaColumn& column) {
  Table table({{.title = "NODE", .right_aligned = true},
               {.title = "ROLE"},
               {.title = column.title},
               {.title = "LOG END", .right_aligned = true},
               {.title = "LAG", .right_aligned = true},
               {.title = "LAST CONTACT"},
               {.title = "CAUGHT UP"}});
  AddRows(quorum, quorum.voters(), "voter", column, table);
  AddRows(quorum, quorum.observers(), "observer", column, table);
  return table.ToString();
}

std::string ContactsText(const DescribeQuorumResponse& quorum) {
  std::string text;
  for (const auto* replicas : {&quorum.voters(), &quorum.observers()}) {
    for (const auto& replica : *replicas) {
      if (!replica.contact_problem().empty()) {
        absl::StrAppendFormat(&text, "Controller %d cannot reach controller %d at %s: %s\n",
                              quorum.answered_by(), replica.node_id(), replica.peer_address(),
                              replica.contact_problem());
      } else if (!replica.expected_peer_address().empty()) {
        absl::StrAppendFormat(
            &text,
            "Controller %d reaches controller %d at %s instead of %s: correct the "
            "address in its --voters\n",
            quorum.answered_by(), replica.node_id(), replica.peer_address(),
            replica.expected_peer_address());
      }
    }
  }
  return text.empty() ? "" : "\n" + text;
}

std::optional<int> ToleratedFailures(const DescribeQuorumResponse& quorum) {
  if (quorum.leader_id() < 0 || !quorum.from_leader()) return std::nullopt;
  return VotersInContact(quorum) - Majority(quorum);
}

std::string ToleranceText(const DescribeQuorumResponse& quorum) {
  const int voters = quorum.voters_size();
  if (quorum.leader_id() < 0) {
    return absl::StrFormat("no leader: %d of %d voters must be up and in contact", Majority(quorum),
                           voters);
  }
  const std::optional<int> tolerated = ToleratedFailures(quorum);
  if (!tolerated.has_value()) {
    return absl::StrFormat("%s; only the leader knows which are in contact",
                           Plural(voters, "voter"));
  }
  const std::string text =
      absl::StrFormat("%d of %d voters in contact: ", VotersInContact(quorum), voters);
  if (*tolerated < 0) return text + "no majority, so nothing can be decided";
  if (*tolerated == 0) return text + "tolerates no more failure";
  return text + "tolerates " + Plural(*tolerated, "more failure");
}

std::string QuorumText(const DescribeQuorumResponse& quorum, int64_t now_ms) {
  Table facts(std::vector<Table::Column>(2));
  facts.AddRow({"Cluster", quorum.cluster_id()});
  facts.AddRow({"Leader", LeaderText(quorum, now_ms)});
  facts.AddRow({"Quorum", ToleranceText(quorum)});
  facts.AddRow({"High watermark", std::to_string(quorum.high_watermark())});
  if (!quorum.from_leader()) {
    facts.AddRow(
        {"Answered by", absl::StrFormat("%d, which is not the leader and does not know lags "
                                        "and contacts",
                                        quorum.answered_by())});
  }
  const ReplicaColumn directory = {
      .title = "DIRECTORY",
      .cell = [](const DescribeQuorumResponse::Replica& replica) -> std::string {
        return replica.directory_id().empty() ? kNotKnown : replica.directory_id();
      }};
  return facts.ToString() + "\n" + ReplicasText(quorum, directory) + ContactsText(quorum);
}

void AddQuorum(CommandLine& line) {
  CLI::App* quorum = line.AddNoun("quorum", "show, change and recover the quorum of controllers");
  line.AddCommand(
      quorum,
      {.name = "describe",
       .summary = "show leader, epoch, high watermark, and each voter's lag",
       .description =
           "The leader of the quorum is the cluster's active controller. LAG is the number of "
           "offsets that a replica is behind the leader, LAST CONTACT the time of its last answer, "
           "and CAUGHT UP the last time at which it had the whole log of the leader.",
       .examples = {"quoratectl quorum describe", "quoratectl quorum describe --output json",
                    "quoratectl quorum describe --stale --bootstrap 127.0.0.1:9092"}},
      CommonFlags::kReads, Describe);
  AddQuorumWatch(line, quorum);
  AddQuorumChanges(line, quorum);
  AddQuorumRecover(line, quorum);
}

}  // namespace quorate::cli
