#include "bench/snapshot_watch.h"

#include <filesystem>
#include <optional>
#include <utility>

#include "storage/snapshot_names.h"

namespace quorate::bench {
namespace {

// Short compared with a snapshot of a million records, which takes hundreds of milliseconds.
constexpr std::chrono::milliseconds kPause{5};

bool IsWritingOne(const std::string& directory) {
  static const std::string suffix = storage::WritingName("");
  std::error_code gone;  // if a file was renamed meanwhile
  for (const auto& file : std::filesystem::directory_iterator(directory, gone)) {
    if (file.path().native().ends_with(suffix)) return true;
  }
  return false;
}

}  // namespace

SnapshotWatch::SnapshotWatch(std::map<int, std::string> directories)
    : directories_(std::move(directories)), thread_([this] { Run(); }) {}

SnapshotWatch::~SnapshotWatch() {
  if (thread_.joinable()) Stop();
}

std::vector<SnapshotSpan> SnapshotWatch::Stop() {
  stop_ = true;
  thread_.join();
  return std::move(spans_);
}

void SnapshotWatch::Run() {
  using Clock = std::chrono::steady_clock;
  // A snapshot that was in progress when the watch began does not count.
  std::map<int, bool> was_writing;
  std::map<int, std::optional<Clock::time_point>> begun;
  for (const auto& [node, directory] : directories_) was_writing[node] = true;
  while (!stop_) {
    for (const auto& [node, directory] : directories_) {
      const Clock::time_point now = Clock::now();
      const bool is_writing = IsWritingOne(directory + "/" + storage::kSnapshotsName);
      if (is_writing && !was_writing[node]) begun[node] = now;
      if (!is_writing && begun[node]) {
        spans_.push_back({.node = node, .begun = *begun[node], .ended = now});
        begun[node].reset();
      }
      was_writing[node] = is_writing;
    }
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace quorate::bench
