#include "controller/reported_leaders.h"

#include <algorithm>

#include "absl/strings/str_format.h"

namespace quorate::controller {
namespace {

using broker::v1::LedPartitions;
using broker::v1::ReportRolesRequest;

constexpr int64_t kMaxPartitionsPerReport = 100'000;
constexpr int32_t kBitsPerWord = 64;

}  // namespace

std::optional<common::v1::Error> CheckReport(const ReportRolesRequest& request) {
  // Each window counts as well, because it takes time to process.
  int64_t partitions = int64_t{request.roles_size()} + request.led_size();
  for (const LedPartitions& window : request.led()) {
    partitions += std::max(window.partition_count(), 0);
  }
  if (partitions <= kMaxPartitionsPerReport) return std::nullopt;
  return MakeError(
      common::v1::INVALID_REQUEST,
      absl::StrFormat("the report names %d partitions; one report may name at most %d: split it",
                      partitions, kMaxPartitionsPerReport));
}

void ReportedLeaders::Report(const metadata::MetadataImage& image,
                             const ReportRolesRequest& request) {
  for (const LedPartitions& window : request.led()) ReportWindow(image, window);
  // The form in which brokers reported before there were windows.
  for (const broker::v1::PartitionRole& role : request.roles()) {
    LedPartitions window;
    window.set_topic_id(role.topic_id());
    window.set_first_partition(role.partition());
    window.set_partition_count(1);
    window.add_runs(0);
    if (role.role() == broker::v1::ROLE_LEADER) window.add_runs(1);
    ReportWindow(image, window);
  }
}

void ReportedLeaders::ReportWindow(const metadata::MetadataImage& image,
                                   const LedPartitions& window) {
  const Uuid topic_id = Uuid::FromBytes(window.topic_id()).value_or(Uuid());
  const metadata::TopicPtr topic = image.FindTopic(topic_id);
  // No partition of a deleted topic is led, whatever the window says.
  const int32_t exist = topic == nullptr ? 0 : topic->partition_count();
  const int64_t first = std::max(window.first_partition(), 0);
  const int64_t end = first + std::max(window.partition_count(), 0);
  Bits& bits = led_[topic_id];
  const int64_t last_known = static_cast<int64_t>(bits.size()) * kBitsPerWord;
  for (int64_t i = first; i < std::min(end, last_known); ++i) {
    Set(bits, static_cast<int32_t>(i), false);
  }
  int64_t next = first;
  for (int i = 0; i < window.runs_size(); ++i) {
    const int64_t run_end = std::min<int64_t>(next + window.runs(i), std::min<int64_t>(end, exist));
    const bool led = i % 2 == 1;
    for (; led && next < run_end; ++next) Set(bits, static_cast<int32_t>(next), true);
    next = std::max(next, run_end);
  }
  DropIfIdle(topic_id);
}

void ReportedLeaders::Set(Bits& bits, int32_t partition, bool led) {
  const size_t word = static_cast<size_t>(partition / kBitsPerWord);
  if (word >= bits.size()) bits.resize(word + 1);
  const uint64_t bit = uint64_t{1} << (partition % kBitsPerWord);
  const bool was_led = (bits[word] & bit) != 0;
  if (led == was_led) return;
  bits[word] ^= bit;
  count_ += led ? 1 : -1;
}

void ReportedLeaders::DropIfIdle(const Uuid& topic_id) {
  const auto entry = led_.find(topic_id);
  const Bits& bits = entry->second;
  const bool idle = std::all_of(bits.begin(), bits.end(), [](uint64_t word) { return word == 0; });
  if (idle) led_.erase(entry);
}

}  // namespace quorate::controller
