#include "raft/testing/cluster_shell.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/overloaded.h"
#include "raft/testing/describe.h"

namespace quorate::raft {
namespace {

// "1-3@1 4@2"
std::string ToText(const LogView& log) {
  std::string text;
  for (LogIndex first = log.first_index(); first <= log.last_index();) {
    LogIndex last = log.LastIndexOfEpochAtMost(*log.EpochAt(first), log.last_index());
    if (!text.empty()) text += ' ';
    absl::StrAppendFormat(&text, "%d", first.value());
    if (last > first) absl::StrAppendFormat(&text, "-%d", last.value());
    absl::StrAppendFormat(&text, "@%d", log.EpochAt(first)->value());
    first = last + 1;
  }
  return text;
}

const char* ToText(const Role& role) {
  return std::visit(Overloaded{[](const Follower&) { return "follower"; },
                               [](const Prospective&) { return "prospective"; },
                               [](const Candidate&) { return "candidate"; },
                               [](const Leader&) { return "leader"; }},
                    role);
}

}  // namespace

std::string ClusterShell::Run(const TranscriptCommand& command) {
  output_.clear();
  Execute(command);
  return command.Has("quiet") ? "" : output_;
}

void ClusterShell::Execute(const TranscriptCommand& command) {
  const std::string& name = command.name();
  if (name == "cluster") return MakeCluster(command);
  CHECK(cluster_) << "the first command is `cluster`";
  const auto node = [&command](const std::string& key) {
    return NodeId(static_cast<int32_t>(command.GetInt(key)));
  };
  const auto both = [&command](size_t i) {
    return NodeId(static_cast<int32_t>(command.GetInts("nodes").at(i)));
  };
  if (name == "stand") {
    cluster_->MeetDeadline(node("node"));
  } else if (name == "elect") {
    cluster_->Elect(node("node"));
  } else if (name == "start") {
    cluster_->Start(node("node"));
  } else if (name == "crash") {
    cluster_->Crash(node("node"));
  } else if (name == "wipe") {
    cluster_->WipeDisk(node("node"), command.Has("as_voter"));
  } else if (name == "pause") {
    cluster_->Pause(node("node"));
  } else if (name == "resume") {
    cluster_->Resume(node("node"));
  } else if (name == "stop") {
    cluster_->Step(node("node"), event::Shutdown{});
  } else if (name == "connect") {
    cluster_->Connect(both(0), both(1));
  } else if (name == "disconnect") {
    cluster_->Disconnect(both(0), both(1));
  } else if (name == "deliver") {
    if (cluster_->Deliver(node("from"), node("to")) == 0) Print("nothing is on its way");
  } else if (name == "sync") {
    command.Has("all") ? cluster_->SyncAll() : cluster_->SyncOne(node("node"));
  } else if (name == "snapshot") {
    cluster_->SaveSnapshot(node("node"));
  } else if (name == "write-chunk") {
    if (cluster_->At(node("node")).unwritten_chunks.empty()) return Print("nothing is received");
    cluster_->WriteChunk(node("node"));
  } else if (name == "settle") {
    cluster_->Settle();
  } else if (name == "advance") {
    cluster_->Advance(std::chrono::milliseconds(command.GetMs("time")));
  } else if (name == "propose") {
    cluster_->Propose(node("node"), command.Get("payload"));
  } else if (name == "add-voter" || name == "remove-voter") {
    const RaftCore& leader = *cluster_->At(node("on")).core;
    const VoterSet next = name == "add-voter"
                              ? leader.log().voters().With(cluster_->VoterOf(node("node")))
                              : leader.log().voters().Without(node("node"));
    const absl::Status allowed = leader.CheckVoterChange(next);
    if (!allowed.ok()) return Print("may not: " + std::string(allowed.message()));
    cluster_->ProposeVoters(node("on"), next);
  } else if (name == "caught-up") {
    PrintCaughtUp(node("on"));
  } else if (name == "read") {
    const Duration timeout = std::chrono::milliseconds(command.GetMs("timeout"));
    Print(absl::StrFormat("read %d", cluster_->StartRead(node("node"), timeout)));
  } else if (name == "transfer") {
    cluster_->StartTransfer(node("from"),
                            command.Has("to") ? std::optional(node("to")) : std::nullopt);
  } else if (name == "confirm") {
    const std::optional<Epoch> epoch = cluster_->At(node("node")).paused_epoch;
    CHECK(epoch.has_value()) << "no transfer is under way";
    cluster_->Step(node("node"), event::PauseConfirmed{*epoch});
  } else if (name == "notice") {
    cluster_->NoticeDeath(node("node"), node("dead"));
  } else if (name == "status") {
    PrintStatus();
  } else if (name == "wire") {
    for (const Envelope& e : cluster_->wire()) {
      Print(absl::StrFormat("%d -> %d %s", e.from.value(), e.to.value(), Describe(e.message)));
    }
  } else {
    Print("unknown command " + name);
  }
}

void ClusterShell::MakeCluster(const TranscriptCommand& command) {
  const bool founded = command.Get("founded", "yes") == "yes";
  RaftOptions options;
  if (command.Has("kept")) options.kept_entries = command.GetInt("kept");
  cluster_ = std::make_unique<TestCluster>(TestCluster::Options{
      .nodes = static_cast<int>(command.GetInt("nodes")),
      .observers = command.Has("observers") ? static_cast<int>(command.GetInt("observers")) : 0,
      .seed = 1,
      .founded = founded,
      .snapshot_piece_bytes = static_cast<size_t>(command.GetInt("piece", 1000)),
      .raft = options});
  start_ = printed_time_ = cluster_->now();
  for (const NodeId id : cluster_->Ids()) cluster_->Start(id);
  if (founded) cluster_->ConnectAll();
  cluster_->SetObserver(
      {.on_effect = [this](NodeId id, const Effect& effect) { PrintEffect(id, effect); }});
}

void ClusterShell::Print(const std::string& line) {
  if (printed_time_ != cluster_->now()) {
    printed_time_ = cluster_->now();
    absl::StrAppendFormat(&output_, "at %d ms:\n", ToMs(printed_time_ - start_));
  }
  output_ += line + "\n";
}

std::string ClusterShell::NameOf(SessionId session) const {
  const std::optional<NodeId> asker = cluster_->AskerOf(session);
  return asker ? ToString(*asker) : "(gone)";
}

void ClusterShell::PrintEffect(NodeId id, const Effect& effect) {
  const auto name_of = [this](SessionId session) { return NameOf(session); };
  Print(absl::StrFormat("%d %s", id.value(), Describe(effect, name_of)));
}

void ClusterShell::PrintCaughtUp(NodeId id) {
  for (const ReplicaStatus& replica : cluster_->At(id).core->Describe(cluster_->now()).replicas) {
    Print(absl::StrFormat("%s %d: %s", replica.is_voter ? "voter" : "observer",
                          replica.key.node_id.value(), replica.caught_up ? "yes" : "no"));
  }
}

void ClusterShell::PrintStatus() {
  for (const NodeId id : cluster_->Ids()) {
    const RaftCore* core = cluster_->At(id).core.get();
    if (core == nullptr) {
      Print(absl::StrFormat("%d down", id.value()));
      continue;
    }
    const std::string waiting = core->waiting_for();
    const bool votes = core->log().voters().Contains(core->options().self);
    const bool observes = !votes && std::holds_alternative<Follower>(core->role());
    // Before its cluster is founded, a node is neither an observer nor a voter.
    const char* role = observes && core->waiting_for().empty() ? "observer" : ToText(core->role());
    Print(absl::StrFormat("%d %s epoch %d, log %s, durable to %d, committed to %d%s", id.value(),
                          role, core->epoch().value(), ToText(core->log()),
                          core->log().durable_index().value(), core->log().commit_index().value(),
                          waiting.empty() ? "" : ", waits for " + waiting));
  }
}

}  // namespace quorate::raft
