#include "server/peer/peer_voter_poll.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/mutex.h"

namespace quorate::server {
namespace {

using controller::VoterAnswer;
using raft::v1::ForwardRequest;
using raft::v1::ForwardResponse;
using raft::v1::HeardBrokers;
using raft::v1::ListHeardBrokersRequest;

constexpr Duration kTimeout = std::chrono::milliseconds(500);
constexpr int64_t kMaxWithinMs = int64_t{60} * 60 * 1000;
// The most brokers that one response may name.
constexpr int kMaxBrokers = 10'000;

// Collects the responses to one poll. They arrive on any thread.
class Round {
 public:
  using Done = absl::AnyInvocable<void(std::vector<VoterAnswer>) &&>;

  Round(size_t asked, Done done) : missing_(asked), done_(std::move(done)) {}

  void Add(std::optional<VoterAnswer> answer) {
    std::vector<VoterAnswer> all;
    {
      MutexLock lock(&mutex_);
      if (answer) answers_.push_back(*std::move(answer));
      if (--missing_ > 0) return;
      all = std::move(answers_);
    }
    std::move(done_)(std::move(all));
  }

 private:
  Mutex mutex_;
  size_t missing_ ABSL_GUARDED_BY(mutex_);
  std::vector<VoterAnswer> answers_ ABSL_GUARDED_BY(mutex_);
  // Called with the last response.
  Done done_;
};

// Returns nullopt if there is no response or it does not parse. A controller of an older version
// answers with an error.
std::optional<VoterAnswer> Read(NodeId voter, const ForwardResult& result) {
  const auto* response = std::get_if<ForwardResponse>(&result);
  HeardBrokers heard;
  if (response == nullptr || response->has_error() ||
      !heard.ParseFromString(response->response())) {
    return std::nullopt;
  }
  VoterAnswer answer{.voter = voter};
  const int count = std::min(heard.broker_ids_size(), kMaxBrokers);
  for (int i = 0; i < count; ++i) answer.brokers.emplace_back(heard.broker_ids(i));
  std::sort(answer.brokers.begin(), answer.brokers.end());
  const auto last = std::unique(answer.brokers.begin(), answer.brokers.end());
  answer.brokers.erase(last, answer.brokers.end());
  return answer;
}

}  // namespace

void PeerVoterPoll::Ask(const std::vector<NodeId>& voters, Duration within,
                        absl::AnyInvocable<void(std::vector<VoterAnswer>) &&> done) {
  ListHeardBrokersRequest question;
  question.set_within_ms(ToMs(within));
  ForwardRequest request;
  request.set_method(std::string(kListHeardBrokers));
  request.set_request(question.SerializeAsString());
  request.set_timeout_ms(ToMs(kTimeout));
  request.set_hops(1);
  auto round = std::make_shared<Round>(voters.size(), std::move(done));
  for (const NodeId voter : voters) {
    forwarder_->Forward(
        voter, request, clock_->Now() + kTimeout,
        [round, voter](const ForwardResult& result) { round->Add(Read(voter, result)); });
  }
}

void AnswerListHeardBrokers(const ForwardRequest& request, controller::QuorumController* controller,
                            ForwardReply reply) {
  ListHeardBrokersRequest question;
  ForwardResponse response;
  if (!question.ParseFromString(request.request())) {
    *response.mutable_error() =
        controller::MakeError(common::v1::INVALID_REQUEST, "not a ListHeardBrokersRequest");
    return std::move(reply)(std::move(response));
  }
  const std::chrono::milliseconds within(
      std::clamp<int64_t>(question.within_ms(), 0, kMaxWithinMs));
  controller->ListHeardBrokers(
      within, [reply = std::move(reply)](controller::Answer<std::vector<BrokerId>> answer) mutable {
        ForwardResponse answered;
        if (auto* error = std::get_if<common::v1::Error>(&answer)) {
          *answered.mutable_error() = std::move(*error);
        } else {
          const auto& brokers = std::get<std::vector<BrokerId>>(answer);
          HeardBrokers heard;
          const size_t count = std::min(brokers.size(), static_cast<size_t>(kMaxBrokers));
          for (size_t i = 0; i < count; ++i) heard.add_broker_ids(brokers[i].value());
          heard.SerializeToString(answered.mutable_response());
        }
        std::move(reply)(std::move(answered));
      });
}

}  // namespace quorate::server
