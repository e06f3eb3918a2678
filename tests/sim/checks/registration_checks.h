// Checks how the registrations of brokers change (invariant 17, docs/simulation.md).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/ids.h"
#include "base/uuid.h"
#include "metadata/metadata_image.h"

namespace quorate::sim {

// A process is named by its incarnation id.
class RegistrationChecks {
 public:
  // The process has replayed the log up to `end_offset`.
  void OnReplayed(const Uuid& process, RecordOffset end_offset) {
    processes_[process].replayed = end_offset;
  }
  // The process begins a controlled shutdown.
  void OnStopping(const Uuid& process) { processes_[process].wants_to_stop = true; }

  // Called with each committed entry and the state after it. Returns the violation, or nullopt if
  // there is none.
  std::optional<std::string> OnApplied(const std::string& principal, const std::string& cause,
                                       const metadata::MetadataImage& image);
  // Called when the broker learns that its controlled shutdown is complete. Returns the violation,
  // or nullopt if it may stop.
  std::optional<std::string> OnReleased(BrokerId broker) const;

 private:
  struct Process {
    RecordOffset replayed;
    bool wants_to_stop = false;
  };
  // What a controlled shutdown has to wait for.
  struct Shutdown {
    // The end offset of the entry that took its leaderships away.
    RecordOffset moved_at;
    // The other brokers that have been active since, with their broker epochs.
    std::set<std::pair<BrokerId, int64_t>> witnesses;
  };

  Process ProcessOf(const metadata::BrokerRegistration& broker) const;
  std::optional<std::string> CheckRegistration(const metadata::BrokerRegistration* before,
                                               const metadata::BrokerRegistration& broker) const;
  // Begins and ends `shutdowns_`, and drops their witnesses that are no longer active.
  void FollowShutdowns(const std::string& principal, const std::string& cause,
                       const metadata::MetadataImage& image);

  std::map<Uuid, Process> processes_;
  std::map<BrokerId, Shutdown> shutdowns_;
  // The brokers that led a partition in `last_`.
  std::set<BrokerId> leaders_;
  metadata::MetadataImage last_;
};

}  // namespace quorate::sim
