#include "raft/core/founding.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_format.h"
#include "base/check.h"

namespace quorate::raft {
namespace {

std::vector<NodeId> Sorted(std::vector<NodeId> ids) {
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::string Join(const std::vector<NodeId>& ids) {
  std::string text;
  for (const NodeId id : ids)
    absl::StrAppendFormat(&text, "%s%d", text.empty() ? "" : ",", id.value());
  return text;
}

// Returns whether an earlier start of this node accepted the list. If a build that did not record
// lists wrote the directory, its log shows it: a start accepted whatever was the log's latest set.
bool WasAccepted(const std::vector<NodeId>& list, const RestoredLog& restored) {
  const std::vector<std::vector<NodeId>>& accepted = restored.accepted_voter_lists;
  if (!accepted.empty()) return std::find(accepted.begin(), accepted.end(), list) != accepted.end();
  return std::any_of(restored.voter_sets.begin(), restored.voter_sets.end(),
                     [&list](const auto& entry) { return entry.second.NodeIds() == list; });
}

}  // namespace

Founding::Founding(const RaftOptions& options)
    : self_{.key = options.self,
            .peer_endpoint = options.peer_endpoint,
            .client_endpoint = options.client_endpoint},
      max_metadata_version_(options.max_metadata_version),
      configured_(Sorted(options.configured_voters)) {
  CHECK(std::binary_search(configured_.begin(), configured_.end(), self_.key.node_id));
}

void Founding::OnHello(const PeerHello& hello) {
  const NodeId peer = hello.key.node_id;
  if (peer == self_.key.node_id) return;
  if (!std::binary_search(configured_.begin(), configured_.end(), peer)) return;
  hellos_.insert_or_assign(peer, hello);
}

Founding::Outcome Founding::Decide() const {
  std::string missing;
  std::vector<Voter> voters = {self_};
  uint32_t common_version = max_metadata_version_;
  std::set<Uuid> directories = {self_.key.directory_id};
  const auto wait_for = [&missing](NodeId id, const std::string& why) {
    absl::StrAppendFormat(&missing, "%scontroller %d%s", missing.empty() ? "" : ", ", id.value(),
                          why);
  };
  for (const NodeId id : configured_) {
    if (id == self_.key.node_id) continue;
    const auto it = hellos_.find(id);
    if (it == hellos_.end()) {
      wait_for(id, "");
      continue;
    }
    const PeerHello& hello = it->second;
    if (hello.observer && !hello.has_log && !hello.voter_set) {
      wait_for(id, " (it is an observer, which does not found a cluster)");
    } else if (Sorted(hello.configured_voters) != configured_) {
      wait_for(id, absl::StrFormat(" (it is configured with voters %s, this one with %s)",
                                   Join(hello.configured_voters), Join(configured_)));
    }
    if (!directories.insert(hello.key.directory_id).second) {
      return Refused{absl::FailedPreconditionError(absl::StrFormat(
          "controller %d has the directory id of another voter, %s: one data directory was copied "
          "from another. Empty the copy and start that controller again",
          id.value(), hello.key.directory_id.ToString()))};
    }
    voters.push_back(VoterOf(hello));
    common_version = std::min(common_version, hello.max_metadata_version);
  }
  if (!missing.empty()) return Waiting{missing};

  // The cluster exists already. This node may join it only as the same replica that is in its voter
  // set.
  if (const PeerHello* founded = FindFounded(); founded != nullptr) {
    if (!founded->voter_set || !founded->voter_set->Contains(self_.key)) {
      return Refused{absl::FailedPreconditionError(absl::StrFormat(
          "the cluster exists (controller %d says so), and its voter set does not contain "
          "controller %d with directory id %s: this data directory is new, or was emptied, and "
          "must not vote, because it has forgotten what the former one promised. Start the "
          "controller with its former data directory; or with --observer, and then run 'quoratectl "
          "quorum %s %d'",
          founded->key.node_id.value(), self_.key.node_id.value(),
          self_.key.directory_id.ToString(), IsVoterOf(*founded) ? "replace" : "add",
          self_.key.node_id.value()))};
    }
    return Founded{*founded->voter_set};
  }
  if (common_version < kVoterEndpointsVersion) {
    for (Voter& voter : voters) voter.client_endpoint.clear();
  }
  return Founded{VoterSet(std::move(voters))};
}

bool Founding::IsVoterOf(const PeerHello& founded) const {
  return founded.voter_set && founded.voter_set->FindByNodeId(self_.key.node_id) != nullptr;
}

const PeerHello* Founding::FindFounded() const {
  const PeerHello* founded = nullptr;
  for (const auto& [id, hello] : hellos_) {
    if (hello.has_log) return &hello;
    if (hello.voter_set && founded == nullptr) founded = &hello;
  }
  return founded;
}

absl::Status Founding::CheckConfiguration(const RaftOptions& options, const RestoredLog& restored) {
  const std::vector<NodeId> configured = Sorted(options.configured_voters);
  if (std::adjacent_find(configured.begin(), configured.end()) != configured.end()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("voters %s: a node id is listed twice", Join(configured)));
  }
  if (options.observer) return absl::OkStatus();
  if (!std::binary_search(configured.begin(), configured.end(), options.self.node_id)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("voters %s: this controller, node id %d, is not among them; to join an "
                        "existing cluster, start it with --observer",
                        Join(configured), options.self.node_id.value()));
  }
  const VoterSet* latest = restored.LatestVoters();
  if (restored.has_log() && !restored.founding_voters && latest == nullptr) {
    return absl::DataLossError(
        "the data directory has a log and no voter set: it is damaged, and must not vote. Empty "
        "it, start this controller with --observer and replace its old voter by it with "
        "'quoratectl quorum replace'");
  }
  // Nothing is persisted, so the founding decides.
  if (!restored.founding_voters && latest == nullptr) return absl::OkStatus();

  if (latest != nullptr && latest->NodeIds() == configured) return absl::OkStatus();
  if (restored.founding_voters && restored.founding_voters->NodeIds() == configured) {
    return absl::OkStatus();
  }
  // The voters may have changed since then. A configuration that has not changed is not an edit.
  if (WasAccepted(configured, restored)) return absl::OkStatus();
  const VoterSet& governs = latest != nullptr ? *latest : *restored.founding_voters;
  return absl::FailedPreconditionError(absl::StrFormat(
      "the configuration names the voters %s, but this cluster's are %s. An edited configuration "
      "does not change the voters: name %s again, and use 'quoratectl quorum add' and 'remove'",
      Join(configured), Join(governs.NodeIds()), Join(governs.NodeIds())));
}

}  // namespace quorate::raft
