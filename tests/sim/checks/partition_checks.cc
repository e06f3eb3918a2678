#include "tests/sim/checks/partition_checks.h"

#include <set>
#include <variant>

#include "absl/strings/str_format.h"
#include "tests/sim/checks/partition_changes.h"
#include "tests/sim/checks/partition_states.h"

namespace quorate::sim {
namespace {

using metadata::MetadataImage;
using metadata::TopicImage;
using metadata::TopicPtr;

// Whether partitions and brokers are the same in both images.
bool AreSame(const MetadataImage& a, const MetadataImage& b) {
  bool same = &a.brokers() == &b.brokers();
  b.ForEachChangedTopic(a, [&](const TopicPtr&, const TopicPtr&) { same = false; });
  return same;
}

// The requested topics, and no others, are deleted.
std::optional<std::string> CheckDeletions(const PartitionRequest& request,
                                          const MetadataImage& before, const MetadataImage& after) {
  std::set<std::string> requested;
  if (const auto* deletion = std::get_if<admin::v1::DeleteTopicsRequest>(&request)) {
    for (const auto& topic : deletion->topics()) requested.insert(topic.name());
  }
  std::optional<std::string> violation;
  before.ForEachTopic([&](const TopicPtr& topic) {
    const bool is_deleted = after.FindTopic(topic->id()) == nullptr;
    if (is_deleted == requested.contains(topic->name())) return;
    violation = absl::StrFormat("topic %s is %s", topic->name(),
                                is_deleted ? "deleted without a request" : "not deleted");
  });
  return violation;
}

}  // namespace

std::optional<std::string> PartitionChecks::CheckTopic(const PartitionRequest& request,
                                                       const MetadataImage& image,
                                                       const TopicImage* before,
                                                       const TopicImage& topic) {
  const int32_t old_count = before == nullptr ? 0 : before->partition_count();
  if (topic.partition_count() < old_count) {
    return absl::StrFormat("topic %s loses partitions", topic.name());
  }
  for (int32_t i = 0; i < topic.partition_count(); ++i) {
    const metadata::PartitionView now = topic.partition(i);
    std::string problem = FindStateProblem(image, now);
    if (problem.empty() && i >= old_count) problem = FindCreationProblem(image, now);
    if (problem.empty() && i < old_count) {
      const metadata::PartitionView old = before->partition(i);
      problem = FindChangeProblem({last_, image, topic, old, now, request});
      Count(old, now);
    }
    if (!problem.empty()) return absl::StrFormat("%s-%d: %s", topic.name(), i, problem);
  }
  return std::nullopt;
}

void PartitionChecks::Count(const metadata::PartitionView& old,
                            const metadata::PartitionView& now) {
  if (IsReassigning(now) && !IsReassigning(old)) ++counts_.reassignments;
  if (IsReassigning(old) && !IsReassigning(now)) ++counts_.ended;
  if (now.recovering() && now.leader() != old.leader()) ++counts_.unclean_elections;
}

std::optional<std::string> PartitionChecks::CheckTopics(const PartitionRequest& request,
                                                        const MetadataImage& image) {
  std::optional<std::string> violation = CheckDeletions(request, last_, image);
  image.ForEachTopic([&](const TopicPtr& topic) {
    if (violation) return;
    violation = CheckTopic(request, image, last_.FindTopic(topic->id()).get(), *topic);
  });
  return violation;
}

std::optional<std::string> PartitionChecks::OnApplied(const std::string& principal,
                                                      const MetadataImage& image) {
  std::optional<std::string> violation;
  if (!AreSame(last_, image)) violation = CheckTopics(requests_.Find(principal), image);
  last_ = image;
  return violation;
}

}  // namespace quorate::sim
