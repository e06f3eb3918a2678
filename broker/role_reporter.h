// Reports to the active controller which partitions the broker leads, for display. It reports
// changes as they occur, and everything after each new session, because the controller keeps
// reports only in memory.
//
// What is still to be reported is kept as windows of partitions. The roles are read when a report
// is made, so a million changes do not need a million notes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "broker/active_session.h"
#include "broker/broker_options.h"
#include "broker/call_pacer.h"
#include "broker/ports.h"
#include "broker/role_manager.h"
#include "metadata/changed_partitions.h"

namespace quorate::broker {

// Used on the broker's loop only.
class RoleReporter {
 public:
  // A report looks at about this many partitions. The rest follows in the next one.
  static constexpr size_t kMaxPartitionsPerReport = 20'000;
  // With more changed windows than this, everything is reported again.
  static constexpr size_t kMaxPendingWindows = 1'000;
  // The number of partitions in one window.
  static constexpr int32_t kWindow = 1'000;

  // All arguments must outlive the reporter.
  RoleReporter(const BrokerOptions& options, Executor* executor, const Clock* clock, Rng* rng,
               ControllerChannel* channel, const RoleManager* roles);

  void OnSession(const std::optional<ActiveSession>& session);
  // The role of a partition has changed. It is reported after the next Wake.
  void OnChange(const Uuid& topic_id, int32_t partition);
  void Wake() { pacer_.Wake(); }

 private:
  // The topic id, and the window's position in the topic.
  using Window = std::pair<Uuid, int32_t>;

  bool Send(const ActiveSession& session);
  // Adds the next partitions of the walk over all roles.
  void AddWalk(v1::ReportRolesRequest* request);
  // Adds changed windows.
  void AddPending(v1::ReportRolesRequest* request);
  // Adds a window in its present state.
  void AddWindow(const Window& window, v1::ReportRolesRequest* request) const;
  void OnDone(bool succeeded);

  const BrokerOptions& options_;
  ControllerChannel* const channel_;
  const RoleManager* const roles_;
  // The next report starts a complete report.
  bool begin_anew_ = false;
  // The rest of the complete report that is being sent.
  std::optional<metadata::ChangedPartitions> walk_;
  // Windows that have changed and are not covered by the complete report.
  std::set<Window> pending_;
  // The contents of the report in flight: a part of the complete report, or these windows.
  bool sent_walk_ = false;
  std::set<Window> sent_windows_;
  CallPacer pacer_;
};

}  // namespace quorate::broker
