#include "cli/reassignment_runner.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "cli/described_topics.h"
#include "cli/fetched_layout.h"
#include "cli/json.h"
#include "cli/listed_reassignments.h"
#include "cli/progress.h"
#include "cli/reassignment_pacer.h"
#include "cli/request_id.h"
#include "cli/stop_condition.h"
#include "cli/text.h"
#include "client/admin_client.h"

namespace quorate::cli {
namespace {

using admin::v1::AlterPartitionReassignmentsRequest;
using admin::v1::AlterPartitionReassignmentsResponse;
using admin::v1::DescribeTopicsResponse;
using admin::v1::ListPartitionReassignmentsResponse;
using admin::v1::PartitionDescription;
using client::CallFailure;
using common::v1::Error;

constexpr Duration kPollInterval = std::chrono::milliseconds(500);
// A request may name this many topics. With more, all topics are described.
constexpr size_t kMaxNamedTopics = 1'000;

Error ItemError(common::v1::ErrorCode code, std::string message) {
  Error error;
  error.set_code(code);
  error.set_message(std::move(message));
  error.set_outcome(common::v1::REFUSED);
  return error;
}

// Returns the brokers that are in one of the lists and not in the other.
std::vector<int32_t> Differing(std::vector<int32_t> a, std::vector<int32_t> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  std::vector<int32_t> brokers;
  std::set_symmetric_difference(a.begin(), a.end(), b.begin(), b.end(),
                                std::back_inserter(brokers));
  return brokers;
}

class Runner {
 public:
  Runner(Session& session, const std::vector<PartitionReplicas>& wanted, int64_t max_moves)
      : session_(session),
        wanted_(wanted),
        states_(wanted.size(), State::kWaiting),
        client_(session.caller_options()),
        pacer_(max_moves),
        progress_(session),
        stop_(Duration::max() / 2) {}

  ExitCode Run() {
    start_ = SystemClock().Now();
    const auto id = ChooseRequestId("");
    if (!id.ok()) return session_.Fail(id.status());
    request_id_ = *id;
    if (auto failure = DescribeAll(&Runner::Classify)) return Fail(*failure);
    done_before_ = CountOf(State::kDone);
    while (!stop_.Reached()) {
      bool sent_all = false;
      if (auto failure = GoOn(&sent_all)) return Fail(*failure);
      if (pacer_.waiting() == 0 && CountOf(State::kRunning) == 0) return Finish();
      if (sent_all) stop_.WaitFor(kPollInterval);
    }
    progress_.Finish();
    return Interrupted();
  }

 private:
  enum class State { kWaiting, kRunning, kDone, kFailed };

  int64_t CountOf(State state) const { return std::count(states_.begin(), states_.end(), state); }

  void Refuse(size_t entry, Error error) {
    states_[entry] = State::kFailed;
    errors_[entry] = std::move(error);
  }

  // Asks for the partitions of all entries and calls `compare` for each entry. Refuses entries
  // whose partition does not exist.
  std::optional<CallFailure> DescribeAll(void (Runner::*compare)(size_t entry,
                                                                 const PartitionDescription&)) {
    std::set<std::string> names;
    for (const PartitionReplicas& entry : wanted_) names.insert(entry.topic);
    admin::v1::DescribeTopicsRequest request;
    request.mutable_filter();  // in pages
    if (names.size() <= kMaxNamedTopics) request.mutable_topics()->Add(names.begin(), names.end());
    if (names.empty()) return std::nullopt;
    auto result = DescribeTopicPages(client_, request);
    if (auto* failure = std::get_if<CallFailure>(&result)) return std::move(*failure);
    const auto& response = std::get<DescribeTopicsResponse>(result);
    std::map<std::string_view, const admin::v1::TopicDescription*> topics;
    for (const auto& topic : response.topics()) {
      if (!topic.has_error()) topics[topic.name()] = &topic;
    }
    for (size_t i = 0; i < wanted_.size(); ++i) {
      const auto topic = topics.find(wanted_[i].topic);
      // All partitions are described, so the index is that of the partition.
      const bool exists =
          topic != topics.end() && wanted_[i].partition < topic->second->partitions_size();
      if (exists) {
        (this->*compare)(i, topic->second->partitions(wanted_[i].partition));
      } else {
        Refuse(i, ItemError(common::v1::UNKNOWN_TOPIC_OR_PARTITION, "it does not exist"));
      }
    }
    return std::nullopt;
  }

  // Finds out, before the first request, what the entry still needs.
  void Classify(size_t i, const PartitionDescription& partition) {
    if (TargetOf(partition) == wanted_[i].replicas) {
      states_[i] = IsReassigning(partition) ? State::kRunning : State::kDone;
      return;
    }
    pacer_.Add(i, Differing(wanted_[i].replicas,
                            {partition.replicas().begin(), partition.replicas().end()}));
  }

  // Finds out, after the last reassignment, whether the entry was done and still is.
  void Verify(size_t i, const PartitionDescription& partition) {
    if (states_[i] != State::kDone) return;
    if (TargetOf(partition) == wanted_[i].replicas && !IsReassigning(partition)) return;
    Refuse(i, ItemError(common::v1::INVALID_REQUEST,
                        "another request has cancelled or changed its reassignment meanwhile"));
  }

  // Looks at what is in progress, begins what may begin, and shows the progress. `sent_all` is set
  // if nothing more may begin at the moment.
  std::optional<CallFailure> GoOn(bool* sent_all) {
    auto result = ListReassignments(client_, {}, /*allow_stale=*/false);
    if (auto* failure = std::get_if<CallFailure>(&result)) return std::move(*failure);
    const auto& list = std::get<ListPartitionReassignmentsResponse>(result);
    std::map<int32_t, int64_t> moving;
    std::set<std::pair<std::string_view, int32_t>> in_progress;
    for (const auto& one : list.reassignments()) {
      in_progress.emplace(one.name(), one.partition());
      for (const int32_t id : one.adding_replicas()) ++moving[id];
      for (const int32_t id : one.removing_replicas()) ++moving[id];
    }
    for (size_t i = 0; i < wanted_.size(); ++i) {
      const bool ended = !in_progress.contains({wanted_[i].topic, wanted_[i].partition});
      if (states_[i] == State::kRunning && ended) states_[i] = State::kDone;
    }
    const std::vector<size_t> begun =
        pacer_.Next(std::move(moving), static_cast<size_t>(kReassignmentsPerRequest));
    *sent_all = begun.size() < static_cast<size_t>(kReassignmentsPerRequest);
    if (!begun.empty()) {
      if (auto failure = Begin(begun)) return failure;
    }
    progress_.Show({.total = static_cast<int64_t>(wanted_.size()),
                    .done = CountOf(State::kDone),
                    .done_before = done_before_,
                    .moving = CountOf(State::kRunning),
                    .elapsed = SystemClock().Now() - start_});
    return std::nullopt;
  }

  std::optional<CallFailure> Begin(const std::vector<size_t>& entries) {
    AlterPartitionReassignmentsRequest request;
    *request.mutable_request_id() = request_id_;
    request_id_ = NextRequestId(request_id_);
    std::map<std::string, std::vector<size_t>> by_topic;
    for (const size_t i : entries) by_topic[wanted_[i].topic].push_back(i);
    std::vector<size_t> in_order;
    for (const auto& [topic, of_topic] : by_topic) {
      auto* added = request.add_topics();
      added->mutable_topic()->set_name(topic);
      for (const size_t i : of_topic) {
        auto* partition = added->add_partitions();
        partition->set_partition(wanted_[i].partition);
        partition->mutable_target()->mutable_broker_ids()->Add(wanted_[i].replicas.begin(),
                                                               wanted_[i].replicas.end());
        in_order.push_back(i);
      }
    }
    auto result = client_.AlterPartitionReassignments(request);
    if (auto* failure = std::get_if<CallFailure>(&result)) return std::move(*failure);
    const auto& response = std::get<AlterPartitionReassignmentsResponse>(result);
    for (size_t i = 0; i < in_order.size(); ++i) {
      if (static_cast<int>(i) >= response.results_size()) break;
      const auto& item = response.results(static_cast<int>(i));
      states_[in_order[i]] = State::kRunning;
      if (item.has_error()) Refuse(in_order[i], item.error());
    }
    return std::nullopt;
  }

  ExitCode Fail(const CallFailure& failure) {
    progress_.Finish();
    const ExitCode code = session_.Fail(failure);
    if (!session_.json()) session_.Complain("run the command again; it goes on where it has ended");
    return code;
  }

  ExitCode Finish() {
    if (auto failure = DescribeAll(&Runner::Verify)) return Fail(*failure);
    progress_.Finish();
    return Report();
  }

  ExitCode Interrupted() {
    const int64_t moving = CountOf(State::kRunning);
    const ExitCode code = Report();
    session_.Say(absl::StrFormat(
        "Interrupted: %s in progress, which the cluster completes, and %d not begun. Run the "
        "command again to go on, or cancel with: quoratectl partitions reassign cancel",
        moving == 1 ? "1 reassignment is" : absl::StrFormat("%d reassignments are", moving),
        pacer_.waiting()));
    return std::max(code, ExitCode::kRefused);
  }

  // Prints what was done and what was not.
  ExitCode Report() {
    ExitCode code = ExitCode::kDone;
    Json failed = Json::array();
    for (const auto& [entry, error] : errors_) {
      const PartitionReplicas& wanted = wanted_[entry];
      code = std::max(
          code, session_.FailItem(absl::StrFormat("partition %s-%d", TerminalText(wanted.topic),
                                                  wanted.partition),
                                  error));
      failed.push_back(
          {{"topic", wanted.topic}, {"partition", wanted.partition}, {"error", ToJson(error)}});
    }
    if (session_.json()) {
      session_.out() << JsonText({{"partitions", wanted_.size()},
                                  {"done", CountOf(State::kDone)},
                                  {"moving", CountOf(State::kRunning)},
                                  {"waiting", pacer_.waiting()},
                                  {"failed", std::move(failed)}});
    }
    session_.Say(absl::StrFormat("%d of %s moved as wanted; %d failed.", CountOf(State::kDone),
                                 Plural(static_cast<int64_t>(wanted_.size()), "partition"),
                                 errors_.size()));
    return code;
  }

  Session& session_;
  const std::vector<PartitionReplicas>& wanted_;
  std::vector<State> states_;
  // Of the entries that have failed.
  std::map<size_t, Error> errors_;
  client::AdminClient client_;
  ReassignmentPacer pacer_;
  ProgressPrinter progress_;
  StopCondition stop_;
  common::v1::RequestId request_id_;
  MonoTime start_;
  int64_t done_before_ = 0;
};

}  // namespace

ExitCode RunReassignments(Session& session, const std::vector<PartitionReplicas>& wanted,
                          int64_t max_moves_per_broker) {
  return Runner(session, wanted, max_moves_per_broker).Run();
}

}  // namespace quorate::cli
