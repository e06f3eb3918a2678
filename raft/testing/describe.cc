#include "raft/testing/describe.h"

#include <regex>

#include "absl/strings/str_format.h"
#include "base/overloaded.h"

namespace quorate::raft {
namespace {

std::string ToText(const std::vector<NodeId>& ids) {
  std::string text;
  for (const NodeId id : ids) {
    if (!text.empty()) text += ",";
    text += ToString(id);
  }
  return text;
}

std::string ToText(const SnapshotId& id) {
  return absl::StrFormat("%d@%d", id.end_offset.value(), id.epoch.value());
}

std::string ToText(const LogWrite& write) {
  std::string text;
  if (write.hard_state) {
    absl::StrAppendFormat(&text, " epoch %d", write.hard_state->epoch.value());
    if (write.hard_state->vote) {
      absl::StrAppendFormat(&text, " vote %d", write.hard_state->vote->node_id.value());
    }
  }
  if (write.founding_voters) {
    text += " founding voters " + ToText(write.founding_voters->NodeIds());
  }
  if (write.install_snapshot) text += " the end of snapshot " + ToText(write.install_snapshot->id);
  if (write.truncate_after) {
    absl::StrAppendFormat(&text, " nothing after %d", write.truncate_after->value());
  }
  for (const EntryPtr& entry : write.entries) {
    absl::StrAppendFormat(&text, " %d@%d", entry->index().value(), entry->epoch().value());
    if (entry->header().type == EntryType::kVoters) {
      text += ":voters=" + ToText(VoterSet::Parse(entry->payload())->NodeIds());
    } else if (!entry->header().cause.empty()) {
      text += ":" + entry->header().cause;
    } else if (!entry->payload().empty()) {
      text += ":" + std::string(entry->payload());
    }
  }
  if (write.drop_prefix) {
    absl::StrAppendFormat(&text, " nothing up to %d", write.drop_prefix->value());
  }
  return text;
}

}  // namespace

std::string Describe(const Message& message) {
  static const std::regex candidate("(candidate=[0-9]+):\\S+");
  return std::regex_replace(ToString(message), candidate, "$1");
}

const char* Describe(GoodbyeReason reason) {
  switch (reason) {
    case GoodbyeReason::kReconnecting:
      return "reconnecting";
    case GoodbyeReason::kResigned:
      return "resigned";
    case GoodbyeReason::kStopping:
      return "stopping";
  }
  return "";
}

std::string Describe(const Effect& effect, absl::FunctionRef<std::string(SessionId)> name_of) {
  return std::visit(
      Overloaded{
          [](const effect::Persist& e) { return "writes" + ToText(e.write); },
          [](const effect::ReadEntries& e) {
            return absl::StrFormat("reads entries %d-%d for %d", e.from.value(), e.to.value(),
                                   e.peer.node_id.value());
          },
          [](const effect::ReadChunk& e) {
            return absl::StrFormat("reads snapshot %s from byte %d for %d", ToText(e.id),
                                   e.position, e.peer.node_id.value());
          },
          [](const effect::ReceiveChunk& e) {
            return absl::StrFormat("takes up snapshot %s from byte %d", ToText(e.chunk.id),
                                   e.chunk.position);
          },
          [](const effect::LoadSnapshot& e) { return "loads snapshot " + ToText(e.meta.id); },
          [](const effect::Send& e) {
            return absl::StrFormat("-> %d %s", e.to.value(), Describe(e.message));
          },
          [&name_of](const effect::Reply& e) {
            return "-> " + name_of(e.session) + " " + Describe(e.message);
          },
          [](const effect::SayGoodbye& e) {
            return absl::StrFormat("says Goodbye{%s, epoch %d}", Describe(e.reason),
                                   e.epoch.value());
          },
          [](const effect::Announce& e) {
            return absl::StrFormat(
                "announces: %s, %s", e.has_log ? "a log" : "no log",
                e.voter_set ? "voters " + ToText(e.voter_set->NodeIds()) : "no voter set");
          },
          [](const effect::Distrust& e) {
            return absl::StrFormat("does not believe %d, which claims epoch %d",
                                   e.who.node_id.value(), e.epoch.value());
          },
          [](const effect::Commit& e) {
            return absl::StrFormat("has committed up to %d", e.index.value());
          },
          [](const effect::LeaderChange& e) {
            return e.leader ? absl::StrFormat("knows leader %d of epoch %d", e.leader->value(),
                                              e.epoch.value())
                            : absl::StrFormat("knows no leader of epoch %d", e.epoch.value());
          },
          [](const effect::Claim& e) {
            return absl::StrFormat("claims epoch %d", e.epoch.value());
          },
          [](const effect::Renounce& e) {
            return absl::StrFormat("renounces epoch %d", e.epoch.value());
          },
          [](const effect::Pause&) { return std::string("pauses its proposer"); },
          [](const effect::Resume&) { return std::string("resumes its proposer"); },
          [](const effect::ReadReady& e) {
            return absl::StrFormat("answers read %d: index %d", e.token, e.index.value());
          },
          [](const effect::ReadFailed& e) {
            return absl::StrFormat("fails read %d: %s", e.token, e.reason);
          },
          [](const effect::TransferDone& e) { return "transfer: " + e.status.ToString(); },
          [](const effect::Fatal& e) { return "dies: " + e.status.ToString(); }},
      effect);
}

}  // namespace quorate::raft
