#include "server/peer/peer_incarnations.h"

#include "absl/strings/str_format.h"

namespace quorate::server {

PeerIncarnations::Verdict PeerIncarnations::OnControlHello(const raft::ReplicaKey& key,
                                                           uint64_t incarnation,
                                                           const std::string& where, MonoTime now) {
  if (incarnation == 0) return Verdict::kAccept;
  const auto [it, is_first] = replicas_.try_emplace(key);
  InSession& known = it->second;
  if (!is_first && known.incarnation != incarnation && known.Holds(now)) {
    const bool is_proven = known.proven_at && now - *known.proven_at < kProofTime;
    if (known.control_streams == 0 || is_proven) return Verdict::kRefuse;
    known.tested_at = now;
    return Verdict::kTest;
  }
  if (known.incarnation != incarnation) {
    known = {.incarnation = incarnation, .where = where, .control_streams = 1};
    return is_first ? Verdict::kAccept : Verdict::kReplace;
  }
  if (known.tested_at) known.proven_at = now;
  known.tested_at.reset();
  known.where = where;
  ++known.control_streams;
  return Verdict::kAccept;
}

void PeerIncarnations::OnControlEnd(const raft::ReplicaKey& key, uint64_t incarnation,
                                    MonoTime now) {
  const auto it = replicas_.find(key);
  if (it != replicas_.end() && it->second.incarnation == incarnation) --it->second.control_streams;
  std::erase_if(replicas_, [now](const auto& entry) { return !entry.second.Holds(now); });
}

std::optional<std::string> PeerIncarnations::OtherInSession(const raft::ReplicaKey& key,
                                                            uint64_t incarnation,
                                                            MonoTime now) const {
  const auto it = replicas_.find(key);
  if (incarnation == 0 || it == replicas_.end()) return std::nullopt;
  const InSession& known = it->second;
  if (known.incarnation == incarnation || !known.Holds(now)) return std::nullopt;
  return known.where;
}

std::string TwoProcessesText(const raft::ReplicaKey& key, const std::string& first,
                             const std::string& second) {
  return absl::StrFormat(
      "two processes run as node %d with directory id %s, the first at %s, the second at %s: one "
      "data directory is a copy of the other. Stop the process that should not run, and give it an "
      "empty data directory",
      key.node_id.value(), key.directory_id.ToString(), first, second);
}

}  // namespace quorate::server
