#include "tests/process/chaos/log_watch.h"

#include <chrono>
#include <optional>

#include "absl/strings/str_format.h"
#include "tests/process/subscription.h"

namespace quorate::testing {
namespace {

// A controller reports its progress about once a second.
constexpr int kProgressPerRead = 3;
constexpr std::chrono::milliseconds kPauseBetweenReads{100};

}  // namespace

LogWatch::LogWatch(const Cluster* cluster, int node, CommittedLog* log, Violations* violations)
    : cluster_(*cluster),
      node_(node),
      name_(absl::StrFormat("controller %d", node)),
      log_(*log),
      violations_(*violations),
      thread_([this] { Run(); }) {}

LogWatch::~LogWatch() { Stop(); }

void LogWatch::Stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void LogWatch::Run() {
  for (bool from_start = true; !stop_; from_start = !from_start) {
    ReadFrom(from_start ? CommittedLog::Position() : log_.end());
    std::this_thread::sleep_for(kPauseBetweenReads);
  }
}

void LogWatch::ReadFrom(const CommittedLog::Position& from) {
  Subscription subscription(cluster_, node_, {.epoch = from.epoch, .end_offset = from.end_offset});
  bool snapshot_compared = false;
  for (int progress = 0; !stop_ && progress < kProgressPerRead;) {
    const std::optional<metadata::v1::SubscribeResponse> event = subscription.Next();
    if (!event) return;
    if (event->has_reset()) {
      violations_.Add(absl::StrFormat("%s does not know the committed offset %d of epoch %d: %s",
                                      name_, from.end_offset, from.epoch, event->reset().reason()));
      return;
    }
    if (subscription.snapshot() && !snapshot_compared) {
      snapshot_compared = true;
      if (!log_.Compare(name_, *subscription.snapshot())) return;
    }
    if (event->has_batch() && !log_.Add(name_, event->batch())) return;
    if (event->has_progress() && ++progress == 1 && from.end_offset == 0) ++complete_reads_;
  }
}

}  // namespace quorate::testing
