// Checks the partitions of a simulated cluster after each committed entry: who leads, who is in
// sync, and how reassignments proceed (invariant 16, docs/simulation.md).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "metadata/metadata_image.h"
#include "tests/sim/checks/partition_requests.h"

namespace quorate::sim {

class PartitionChecks {
 public:
  // Called before a request is sent. No other request may have this principal.
  void OnRequest(const std::string& principal, PartitionRequest request) {
    requests_.Add(principal, std::move(request));
  }
  // Called with the principal of each committed entry and with the state after it. Returns the
  // violation, or nullopt if there is none.
  std::optional<std::string> OnApplied(const std::string& principal,
                                       const metadata::MetadataImage& image);

  // What the checks have seen, so that a campaign shows what it covers.
  struct Counts {
    // Reassignments that began, and those that were completed or cancelled.
    size_t reassignments = 0;
    size_t ended = 0;
    size_t unclean_elections = 0;
  };
  const Counts& counts() const { return counts_; }

 private:
  std::optional<std::string> CheckTopic(const PartitionRequest& request,
                                        const metadata::MetadataImage& image,
                                        const metadata::TopicImage* before,
                                        const metadata::TopicImage& topic);
  void Count(const metadata::PartitionView& old, const metadata::PartitionView& now);
  std::optional<std::string> CheckTopics(const PartitionRequest& request,
                                         const metadata::MetadataImage& image);

  PartitionRequests requests_;
  metadata::MetadataImage last_;
  Counts counts_;
};

}  // namespace quorate::sim
