#include "tests/sim/trace.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/overloaded.h"
#include "raft/testing/describe.h"

namespace quorate::sim {
namespace {

namespace event = raft::event;

std::string ToText(const raft::Event& e) {
  return std::visit(
      Overloaded{
          [](const event::Start&) { return std::string("starts"); },
          [](const event::Wake&) { return std::string("wakes"); },
          [](const event::Receive& receive) {
            return absl::StrFormat("<- %d %s", receive.from.node_id.value(),
                                   raft::Describe(receive.message));
          },
          [](const event::Hello& hello) {
            return absl::StrFormat("<- %d Hello{%s%s}", hello.hello.key.node_id.value(),
                                   hello.hello.has_log ? "a log" : "no log",
                                   hello.hello.voter_set ? ", founded" : "");
          },
          [](const event::StreamUp& up) {
            return absl::StrFormat("%s stream to %d is up", raft::ToString(up.stream),
                                   up.peer.value());
          },
          [](const event::StreamDown& down) {
            return absl::StrFormat("%s stream to %d is down", raft::ToString(down.stream),
                                   down.peer.value());
          },
          [](const event::PeerDead& dead) {
            return absl::StrFormat("takes %d for dead", dead.peer.value());
          },
          [](const event::PeerGoodbye& goodbye) {
            return absl::StrFormat("<- %d Goodbye{%s, epoch %d}", goodbye.peer.node_id.value(),
                                   raft::Describe(goodbye.reason), goodbye.epoch.value());
          },
          [](const event::Propose& propose) {
            std::string text = "is to append";
            for (const raft::Proposal& proposal : propose.proposals) {
              absl::StrAppendFormat(&text, " %d@%d", proposal.expected_base_offset.value(),
                                    proposal.expected_epoch.value());
            }
            return text;
          },
          [](const event::StartRead& read) {
            return absl::StrFormat("is to read (%d)", read.token);
          },
          [](const event::StartTransfer& transfer) {
            return transfer.target
                       ? absl::StrFormat("is to hand over to %d", transfer.target->value())
                       : std::string("is to hand over");
          },
          [](const event::PauseConfirmed&) { return std::string("its proposer pauses"); },
          [](const event::Persisted& persisted) {
            return absl::StrFormat("write %d is durable", persisted.id);
          },
          [](const event::EntriesRead& read) {
            return read.entries.ok() ? absl::StrFormat("has read %d entries from %d on for %d",
                                                       read.entries->size(), read.from.value(),
                                                       read.peer.node_id.value())
                                     : "cannot read: " + read.entries.status().ToString();
          },
          [](const event::SnapshotSaved& saved) {
            return absl::StrFormat("has saved a snapshot up to %d", saved.meta.last_index.value());
          },
          [](const event::ChunkRead& read) {
            return absl::StrFormat("has read a snapshot at byte %d for %d", read.position,
                                   read.peer.node_id.value());
          },
          [](const event::ChunkReceived& received) {
            return received.received.ok()
                       ? absl::StrFormat("has a snapshot up to byte %d",
                                         received.received->position)
                       : "cannot take up a snapshot: " + received.received.status().ToString();
          },
          [](const event::Shutdown&) { return std::string("is to stop"); }},
      e);
}

}  // namespace

void Trace::Line(const std::string& text) {
  if (!enabled()) return;
  const int64_t us = (scheduler_.now() - Scheduler::kStart).count() / 1000;
  *out_ << absl::StreamFormat("%4d.%06d  %s\n", us / 1'000'000, us % 1'000'000, text);
}

void Trace::OnEvent(NodeId id, const raft::Event& e) {
  if (enabled()) Line(absl::StrCat(id.value(), " ", ToText(e)));
}

void Trace::OnEffect(NodeId id, const raft::Effect& effect) {
  if (!enabled()) return;
  const auto name_of = [](raft::SessionId session) { return absl::StrCat("session ", session); };
  Line(absl::StrCat("    ", id.value(), " ", raft::Describe(effect, name_of)));
}

}  // namespace quorate::sim
