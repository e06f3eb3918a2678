#include "controller/cut_off_guard.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"

namespace quorate::controller {
namespace {

// The least time between two rounds of questions. A new round invalidates the answers to the last
// one, and those may take half a second (VoterPoll).
constexpr Duration kAskPauseMin = std::chrono::seconds(1);
// How often a loss that continues is logged.
constexpr Duration kWarnInterval = std::chrono::seconds(10);

size_t CountHeard(const VoterAnswer& answer, const std::vector<BrokerId>& live) {
  std::vector<BrokerId> common;
  std::set_intersection(answer.brokers.begin(), answer.brokers.end(), live.begin(), live.end(),
                        std::back_inserter(common));
  return common.size();
}

// The unfenced brokers, or all registered ones if none is unfenced.
std::vector<BrokerId> LiveBrokers(const metadata::MetadataImage& image) {
  std::vector<BrokerId> registered;
  std::vector<BrokerId> unfenced;
  for (const auto& [id, registration] : image.brokers()) {
    registered.push_back(id);
    if (!registration->fenced) unfenced.push_back(id);
  }
  return unfenced.empty() ? registered : unfenced;
}

// Returns, for example, "; controller 2 hears 0 of them, controller 3 hears 1 of them".
std::string Describe(const std::vector<VoterAnswer>& answers, const std::vector<BrokerId>& live) {
  std::string text;
  for (const VoterAnswer& answer : answers) {
    text += absl::StrFormat("%s controller %d hears %d of them", text.empty() ? ";" : ",",
                            answer.voter.value(), CountHeard(answer, live));
  }
  return text.empty() ? "; no other voter answers" : text;
}

}  // namespace

std::optional<NodeId> ChooseBetterPlaced(const std::vector<VoterAnswer>& answers,
                                         const std::vector<BrokerId>& live, size_t heard_here) {
  std::optional<NodeId> best;
  size_t most = 2 * heard_here;
  for (const VoterAnswer& answer : answers) {
    const size_t heard = CountHeard(answer, live);
    if (heard <= most) continue;
    best = answer.voter;
    most = heard;
  }
  return best;
}

CutOffGuard::CutOffGuard(NodeId self, SessionOptions options, const ControllerPorts& ports,
                         RequestPipeline* pipeline)
    : self_(self),
      options_(options),
      executor_(ports.executor),
      clock_(ports.clock),
      log_(ports.log),
      poll_(ports.voter_poll),
      pipeline_(pipeline) {}

void CutOffGuard::TakeOver() {
  Clear();
  may_hand_over_at_ = clock_->Now() + options_.timeout;
}

void CutOffGuard::Clear() {
  loss_.reset();
  refused_.clear();
  ++round_;
}

MonoTime CutOffGuard::Observe(const std::optional<MassLoss>& loss) {
  const MonoTime now = clock_->Now();
  if (loss && !loss_) {
    // Brokers that lost only their connection have returned by then and have received an answer.
    ask_at_ = std::max(loss->since + 2 * options_.grace, now);
    warn_at_ = ask_at_;
  } else if (!loss && loss_) {
    LOG_IF(INFO, now >= warn_at_) << "most brokers are in contact with this controller again";
    ++round_;
    refused_.clear();
  }
  loss_ = loss;
  if (!loss_) return kNever;
  if (now >= ask_at_) Ask(now);
  return ask_at_;
}

void CutOffGuard::Ask(MonoTime now) {
  ask_at_ = now + std::max(options_.grace, kAskPauseMin);
  std::vector<NodeId> others;
  for (const NodeId voter : pipeline_->voters().NodeIds()) {
    if (voter != self_) others.push_back(voter);
  }
  if (poll_ == nullptr || others.empty()) return Warn({});
  // A broker that has lost this controller keeps trying each of the others meanwhile.
  poll_->Ask(
      others, options_.timeout / 2,
      [this, executor = executor_, round = ++round_](std::vector<VoterAnswer> answers) {
        executor->Post([this, round, answers = std::move(answers)] { OnAnswers(round, answers); });
      });
}

void CutOffGuard::OnAnswers(uint64_t round, const std::vector<VoterAnswer>& answers) {
  if (round != round_ || !loss_ || pipeline_->role() != RequestPipeline::Role::kActive) return;
  const auto better = Choose(answers);
  if (better && clock_->Now() >= may_hand_over_at_) return HandOver(*better, answers);
  Warn(answers);
}

std::optional<NodeId> CutOffGuard::Choose(const std::vector<VoterAnswer>& answers) {
  const std::vector<BrokerId> live = LiveBrokers(pipeline_->newest());
  const size_t heard_here = loss_->live - loss_->lost;
  std::vector<VoterAnswer> untried = answers;
  std::erase_if(untried,
                [this](const VoterAnswer& answer) { return refused_.contains(answer.voter); });
  if (const auto better = ChooseBetterPlaced(untried, live, heard_here)) return better;
  refused_.clear();
  return ChooseBetterPlaced(answers, live, heard_here);
}

void CutOffGuard::HandOver(NodeId to, const std::vector<VoterAnswer>& answers) {
  LOG(WARNING) << "this controller is cut off from " << loss_->lost << " of " << loss_->live
               << (loss_->all_fenced ? " fenced brokers" : " unfenced brokers")
               << Describe(answers, LiveBrokers(pipeline_->newest()))
               << ": transferring leadership to controller " << to;
  // If the transfer fails, this controller stays active and asks again.
  log_->TransferLeadership(to, [this, executor = executor_, to](const absl::Status& status) {
    if (status.ok()) return;
    LOG(WARNING) << "the transfer of leadership to controller " << to << " failed: " << status;
    executor->Post([this, to] { refused_.insert(to); });
  });
}

void CutOffGuard::Warn(const std::vector<VoterAnswer>& answers) {
  // A cluster whose brokers have all been shut down is no reason to warn.
  if (loss_->all_fenced) return;
  const MonoTime now = clock_->Now();
  if (now < warn_at_) return;
  warn_at_ = now + kWarnInterval;
  const int64_t left_ms = std::max<int64_t>(0, ToMs(loss_->held_until - now));
  LOG(WARNING) << loss_->lost << " of " << loss_->live
               << " unfenced brokers are lost to this controller"
               << Describe(answers, LiveBrokers(pipeline_->newest()))
               << ". Leaders and ISRs stay as they are; brokers that do not return within "
               << left_ms << " ms are fenced. Check the network between controllers and brokers";
}

}  // namespace quorate::controller
