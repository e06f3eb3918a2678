#include "server/node/state_auditor.h"

#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/failpoint.h"
#include "controller/operation.h"
#include "server/node/routed_methods.h"

namespace quorate::server {
namespace {

using controller::StateReport;
using controller::StateVerdict;
using raft::v1::StateHashReport;
using raft::v1::StateHashTally;

// Not in the table of operations, because it is between controllers only.
constexpr controller::Operation<StateHashReport, StateHashTally> kReportStateHash = {
    .log_name = "quorate.raft.v1/ReportStateHash",
    .label = "report_state_hash",
    .repetition = controller::Repetition::kRead,
    .access = {controller::AccessResource::kCluster, controller::AccessAction::kClusterAction},
};
static_assert(kReportStateHash.is_consistent());

StateReport FromProto(const StateHashReport& report) {
  return {.node = NodeId(report.node_id()),
          .end_offset = RecordOffset(report.end_offset()),
          .metadata_version = report.metadata_version(),
          .hash = report.hash()};
}

void ToProto(const StateReport& report, StateHashReport* out) {
  out->set_node_id(report.node.value());
  out->set_end_offset(report.end_offset.value());
  out->set_metadata_version(report.metadata_version);
  out->set_hash(report.hash);
}

// How many values are hashed in one task: one or two milliseconds of work.
constexpr size_t kValuesPerSlice = 100'000;

}  // namespace

StateAuditor::StateAuditor(Options options, Executor* executor, const Clock* clock,
                           raft::ReplicatedLog* log, RequestRouter* router)
    : options_(std::move(options)),
      executor_(executor),
      clock_(clock),
      log_(log),
      router_(router),
      method_(router->Register(RoutedMethod(
          kReportStateHash,
          [this](StateHashReport report, const controller::RequestContext& /*context*/,
                 controller::Reply<StateHashTally> reply) {
            if (!options_.is_active()) {
              std::move(reply)(controller::MakeError(common::v1::NOT_CONTROLLER,
                                                     "this controller is not the active one"));
              return;
            }
            executor_->Post([this, report = std::move(report), reply = std::move(reply)]() mutable {
              std::move(reply)(Collect(report));
            });
          }))) {}

void StateAuditor::OnApplied(const raft::Entry& entry, const metadata::MetadataImage& image) {
  const raft::EntryHeader& header = entry.header();
  const std::optional<int64_t> before = std::exchange(last_append_time_ms_, header.append_time_ms);
  if (!controller::IsAuditPlace(before, header, options_.interval)) return;
  // A starting controller replays old entries; the reports about those places were compared long
  // ago.
  if (header.append_time_ms + 2 * ToMs(options_.interval) < clock_->WallMs()) return;
  // Skip this place if the previous one is still being hashed, so that images do not pile up.
  if (busy_.exchange(true)) return;
  executor_->Post([this, image] {
    hasher_.emplace(image);
    HashNext();
  });
}

void StateAuditor::HashNext() {
  if (hasher_->Next(kValuesPerSlice)) return executor_->Post([this] { HashNext(); });
  const metadata::MetadataImage& image = hasher_->image();
  // Tests use this failpoint to make one controller's state differ.
  const bool is_sound = Failpoint("server.state_hash").ok();
  const StateReport own{.node = options_.self,
                        .end_offset = image.end_offset(),
                        .metadata_version = image.metadata_version(),
                        .hash = is_sound ? hasher_->Digest() : ~hasher_->Digest()};
  hasher_.reset();
  busy_ = false;
  Report(own);
}

void StateAuditor::Report(const StateReport& own) {
  const std::optional<StateReport> previous = std::exchange(previous_, own);
  auto report = std::make_unique<StateHashReport>();
  ToProto(own, report.get());
  report->set_previous_end_offset(previous ? previous->end_offset.value() : -1);
  // If the answer does not arrive in time, one comparison is skipped.
  router_->Call(
      method_, std::move(report), {.deadline = clock_->Now() + options_.interval},
      [] { return false; },
      [this, previous](controller::Answer<RequestRouter::MessagePtr> answer) {
        const auto* tally = std::get_if<RequestRouter::MessagePtr>(&answer);
        if (tally == nullptr || !previous) return;
        // Use the present voters: the entry that made them may be in a snapshot.
        log_->Describe([this, previous, tally = static_cast<const StateHashTally&>(**tally)](
                           const raft::QuorumStatus& status) {
          executor_->Post([this, previous, tally, voters = status.voter_set] {
            Compare(*previous, tally, voters);
          });
        });
      });
}

StateHashTally StateAuditor::Collect(const StateHashReport& report) {
  tally_.Add(FromProto(report));
  StateHashTally answer;
  for (const StateReport& other : tally_.At(RecordOffset(report.previous_end_offset()))) {
    ToProto(other, answer.add_reports());
  }
  return answer;
}

void StateAuditor::Compare(const StateReport& own, const StateHashTally& tally,
                           const raft::VoterSet& voters) {
  std::vector<StateReport> reports;
  for (const StateHashReport& report : tally.reports()) reports.push_back(FromProto(report));
  const StateVerdict verdict = controller::JudgeState(own, reports, voters);
  (verdict.kind == StateVerdict::Kind::kSame ? metrics_.same : metrics_.different).Add();
  const std::string text =
      absl::StrFormat("the controllers' states differ at offset %d of the same log (%s)",
                      own.end_offset.value(), verdict.text);
  switch (verdict.kind) {
    case StateVerdict::Kind::kSame:
      return;
    case StateVerdict::Kind::kOthersFail:
      LOG(ERROR) << text << ": this controller is with the majority and continues";
      return;
    case StateVerdict::Kind::kUndecided:
      LOG(ERROR) << text
                 << ": no state has a majority, so it is not known which one is right. Stop "
                 << "the writes, keep the data directories, and compare the output of 'quoratectl "
                 << "log dump' for each";
      return;
    case StateVerdict::Kind::kThisFails:
      options_.on_fatal(absl::DataLossError(
          text +
          ": this controller is not with the majority and stops, because its memory, its disk or "
          "its program is broken. Start it again, and it replays its log; 'quoratectl log verify' "
          "shows whether the log is damaged. If it happens again, replace the machine"));
      return;
  }
}

}  // namespace quorate::server
