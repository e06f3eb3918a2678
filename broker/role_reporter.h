// Tells the active controller which roles the broker has taken up, for display: changes as they
// come, and everything after each new session, because the controller keeps reports in memory only.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "broker/active_session.h"
#include "broker/broker_options.h"
#include "broker/call_pacer.h"
#include "broker/ports.h"
#include "broker/role_manager.h"

namespace quorate::broker {

// Broker loop only.
class RoleReporter {
 public:
  // A report holds at most this many roles; the rest follows in the next one.
  static constexpr size_t kMaxRolesPerReport = 10'000;

  // Everything must outlive the reporter.
  RoleReporter(const BrokerOptions& options, Executor* executor, const Clock* clock, Rng* rng,
               ControllerChannel* channel, const RoleManager* roles);

  void OnSession(const std::optional<ActiveSession>& session);
  // What RoleManager::OnImage returned.
  void OnChanges(std::vector<v1::PartitionRole> changes);

 private:
  // Topic id, partition.
  using Key = std::pair<std::string, int32_t>;

  bool Send(const ActiveSession& session);
  void OnFailed(v1::ReportRolesRequest request);

  const BrokerOptions& options_;
  ControllerChannel* const channel_;
  const RoleManager* const roles_;
  // What the next reports say: the latest of each partition.
  std::map<Key, v1::PartitionRole> pending_;
  // The next report says everything.
  bool complete_ = false;
  CallPacer pacer_;
};

}  // namespace quorate::broker
