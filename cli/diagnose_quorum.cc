#include <algorithm>

#include "absl/strings/str_format.h"
#include "cli/diagnosis_parts.h"
#include "cli/quorum.h"
#include "cli/text.h"

namespace quorate::cli {
namespace {

using admin::v1::DescribeQuorumResponse;

void LookAtLeadership(const ClusterFacts& facts, Findings& findings) {
  std::vector<std::string> down;
  std::vector<std::string> evidence;
  for (const ProcessFacts& process : facts.processes) {
    if (!process.problem.empty()) {
      down.push_back(process.endpoint);
    } else if (process.quorum) {
      evidence.push_back(process.quorum->leader_id() < 0
                             ? NameOf(process) + " knows no leader"
                             : absl::StrFormat("%s follows controller %d", NameOf(process),
                                               process.quorum->leader_id()));
    }
  }
  const bool led_elsewhere = std::any_of(
      facts.processes.begin(), facts.processes.end(),
      [](const auto& process) { return process.quorum && process.quorum->leader_id() >= 0; });
  if (led_elsewhere) {
    findings.push_back({Severity::kWarning, "active-not-asked",
                        "the active controller was not asked",
                        "it is not in --bootstrap, or it has just changed", Names(evidence),
                        "name all controllers in --bootstrap and run this again"});
    return;
  }
  findings.push_back(
      {Severity::kCritical, "no-active-controller", "there is no active controller",
       down.empty() ? "no majority of the voters is in contact"
                    : "these do not answer: " + Names(down),
       Names(evidence),
       "start the stopped controllers: a quorum is more than half of the voters. If they are "
       "lost, see docs/operations.md, Most controllers are lost permanently"});
}

void LookAtQuorum(const DescribeQuorumResponse& quorum, Findings& findings) {
  const std::optional<int> tolerated = ToleratedFailures(quorum);
  std::vector<int32_t> out_of_contact;
  for (const auto& voter : quorum.voters()) {
    if (!InContact(quorum, voter)) {
      out_of_contact.push_back(voter.node_id());
      findings.push_back(
          {Severity::kWarning, "voter-out-of-contact",
           absl::StrFormat("controller %d is out of contact with the active controller, %d",
                           voter.node_id(), quorum.leader_id()),
           voter.contact_problem(),
           absl::StrFormat(
               "last contact %s at %s", AgeText(voter.last_contact_age_ms()),
               voter.peer_address().empty() ? "an unknown address" : voter.peer_address()),
           "start it, or check the network between the two"});
    } else if (voter.lag() > kManyOffsets) {
      findings.push_back({Severity::kWarning, "voter-lags",
                          absl::StrFormat("controller %d lags behind", voter.node_id()),
                          "its disk or its network is slow, or it was away",
                          absl::StrFormat("%s behind, caught up %s", Plural(voter.lag(), "offset"),
                                          AgeText(voter.last_caught_up_age_ms())),
                          "watch whether the lag shrinks: quoratectl quorum describe"});
    }
    if (!voter.expected_peer_address().empty()) {
      findings.push_back(
          {Severity::kNote, "voter-moved",
           absl::StrFormat("controller %d is not at its configured address", voter.node_id()), "",
           absl::StrFormat("it is at %s, and expected at %s", voter.peer_address(),
                           voter.expected_peer_address()),
           "correct its address in --voters of the other controllers"});
    }
  }
  if (tolerated == 0 && quorum.voters_size() > 1) {
    findings.push_back(
        {Severity::kWarning, "no-redundancy", "the quorum tolerates no failure",
         out_of_contact.empty()
             ? "there are only two voters"
             : absl::StrFormat("out of contact: controller%s %s",
                               out_of_contact.size() == 1 ? "" : "s", Names(out_of_contact)),
         ToleranceText(quorum), "quoratectl quorum describe"});
  }
  if (quorum.voters_size() == 1) {
    findings.push_back(
        {Severity::kNote, "single-voter", "the cluster has a single voter",
         "its failure stops the cluster, and the loss of its disk loses the metadata", "",
         "add controllers: quoratectl quorum add"});
  } else if (quorum.voters_size() % 2 == 0) {
    findings.push_back(
        {Severity::kNote, "even-quorum",
         absl::StrFormat("%d voters tolerate no more failures than %d", quorum.voters_size(),
                         quorum.voters_size() - 1),
         "", "", "add or remove a controller: quoratectl quorum add, quoratectl quorum remove"});
  }
}

}  // namespace

void DiagnoseQuorum(const ClusterFacts& facts, Findings& findings) {
  const DescribeQuorumResponse* quorum = nullptr;
  for (const ProcessFacts& process : facts.processes) {
    if (process.quorum && process.quorum->from_leader()) quorum = &*process.quorum;
  }
  if (quorum == nullptr) return LookAtLeadership(facts, findings);
  LookAtQuorum(*quorum, findings);
}

}  // namespace quorate::cli
