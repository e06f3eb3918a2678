#include "tests/sim/checks/leader_checks.h"

#include "absl/strings/str_format.h"

namespace quorate::sim {
namespace {

// `before` is null if the topic is new.
std::optional<std::string> CheckPartition(const metadata::MetadataImage& image,
                                          const metadata::TopicImage* before,
                                          const metadata::TopicImage& topic, int32_t index) {
  const metadata::PartitionView partition = topic.partition(index);
  const auto leader = partition.leader();
  if (!leader) return std::nullopt;
  const metadata::BrokerRegistration* broker = image.FindBroker(*leader);
  if (broker == nullptr || broker->fenced) {
    return absl::StrFormat("broker %d leads %s-%d and is fenced", leader->value(), topic.name(),
                           index);
  }
  if (before == nullptr || index >= before->partition_count()) return std::nullopt;
  const metadata::PartitionView old = before->partition(index);
  if (old.leader() == leader || old.InIsr(*leader)) return std::nullopt;
  return absl::StrFormat("broker %d becomes the leader of %s-%d and was not in its ISR",
                         leader->value(), topic.name(), index);
}

}  // namespace

std::optional<std::string> LeaderChecks::OnApplied(const metadata::MetadataImage& image) {
  std::optional<std::string> violation;
  image.ForEachTopic([&](const metadata::TopicPtr& topic) {
    const metadata::TopicPtr before = last_.FindTopic(topic->id());
    for (int32_t i = 0; i < topic->partition_count() && !violation; ++i) {
      violation = CheckPartition(image, before.get(), *topic, i);
    }
  });
  last_ = image;
  return violation;
}

}  // namespace quorate::sim
