#include "broker/role_reporter.h"

#include <algorithm>
#include <string>
#include <variant>

#include "base/check.h"

namespace quorate::broker {

using metadata::ChangedPartitions;
using metadata::MetadataImage;
using metadata::TopicPtr;

namespace {

// Each window counts as this many partitions of a report's budget, besides its own.
constexpr size_t kWindowCost = 4;

// Writes the runs of one window from its partitions, in order.
class RunWriter {
 public:
  RunWriter(const Uuid& topic_id, int32_t first_partition, v1::LedPartitions* window)
      : window_(window) {
    window_->set_topic_id(std::string(topic_id.bytes()));
    window_->set_first_partition(first_partition);
  }

  void Add(bool led) {
    window_->set_partition_count(window_->partition_count() + 1);
    // Runs alternate, beginning with one that is not led.
    const bool last_is_led = window_->runs_size() % 2 == 0;
    if (window_->runs_size() == 0 || last_is_led != led) {
      if (window_->runs_size() == 0 && led) window_->add_runs(0);
      window_->add_runs(0);
    }
    uint32_t& run = *window_->mutable_runs()->Mutable(window_->runs_size() - 1);
    ++run;
  }

 private:
  v1::LedPartitions* const window_;
};

}  // namespace

RoleReporter::RoleReporter(const BrokerOptions& options, Executor* executor, const Clock* clock,
                           Rng* rng, ControllerChannel* channel, const RoleManager* roles)
    : options_(options),
      channel_(channel),
      roles_(roles),
      pacer_(executor, clock, rng, [this](const ActiveSession& session) { return Send(session); }) {
}

void RoleReporter::OnSession(const std::optional<ActiveSession>& session) {
  if (session) begin_anew_ = true;
  pacer_.OnSession(session);
}

void RoleReporter::OnChange(const Uuid& topic_id, int32_t partition) {
  if (begin_anew_) return;
  pending_.emplace(topic_id, partition / kWindow);
  if (pending_.size() > kMaxPendingWindows) begin_anew_ = true;
}

bool RoleReporter::Send(const ActiveSession& session) {
  if (!begin_anew_ && !walk_ && pending_.empty()) return false;
  v1::ReportRolesRequest request;
  request.set_broker_id(options_.broker_id.value());
  request.set_broker_epoch(session.broker_epoch);
  request.set_complete(begin_anew_);
  if (begin_anew_) {
    begin_anew_ = false;
    pending_.clear();
    walk_.emplace(MetadataImage(), roles_->image());
  }
  sent_walk_ = walk_.has_value();
  sent_windows_.clear();
  if (walk_) {
    AddWalk(&request);
  } else {
    AddPending(&request);
  }
  channel_->ReportRoles(session.endpoint, options_.call_timeout, std::move(request),
                        [this](const CallResult<v1::ReportRolesResponse>& result) {
                          const auto* error = std::get_if<common::v1::Error>(&result);
                          if (error != nullptr) {
                            VLOG(1) << "a report of roles failed: " << error->message();
                          }
                          OnDone(error == nullptr);
                        });
  return true;
}

void RoleReporter::AddWalk(v1::ReportRolesRequest* request) {
  std::optional<RunWriter> writer;
  Uuid topic_id;
  // Partitions that the report does not name are not led.
  const auto drop_idle_window = [request] {
    const bool is_idle = request->led_size() > 0 && request->led().rbegin()->runs_size() < 2;
    if (is_idle) request->mutable_led()->RemoveLast();
  };
  const bool more =
      walk_->Next(kMaxPartitionsPerReport, [&](const ChangedPartitions::Change& change) {
        if (!writer || topic_id != change.topic.id()) {
          drop_idle_window();
          topic_id = change.topic.id();
          writer.emplace(topic_id, change.partition, request->add_led());
        }
        writer->Add(roles_->Leads(*change.now));
      });
  drop_idle_window();
  if (!more) walk_.reset();
}

void RoleReporter::AddPending(v1::ReportRolesRequest* request) {
  for (size_t cost = 0; !pending_.empty() && cost < kMaxPartitionsPerReport;) {
    const Window window = *pending_.begin();
    AddWindow(window, request);
    cost += kWindowCost + static_cast<size_t>(request->led().rbegin()->partition_count());
    sent_windows_.insert(pending_.extract(pending_.begin()));
  }
}

void RoleReporter::AddWindow(const Window& window, v1::ReportRolesRequest* request) const {
  const auto& [topic_id, place] = window;
  const int32_t first = place * kWindow;
  RunWriter writer(topic_id, first, request->add_led());
  const TopicPtr topic = roles_->image().FindTopic(topic_id);
  const int32_t count = topic == nullptr ? 0 : topic->partition_count();
  for (int32_t i = first; i < first + kWindow; ++i) {
    writer.Add(i < count && roles_->Leads(topic->partition(i)));
  }
}

void RoleReporter::OnDone(bool succeeded) {
  if (!succeeded) {
    if (sent_walk_) begin_anew_ = true;
    if (!begin_anew_) pending_.merge(sent_windows_);
  }
  pacer_.OnDone(succeeded);
}

}  // namespace quorate::broker
