// Tells the active controller which partitions the broker leads, for display: changes as they come,
// and everything after each new session, because the controller keeps reports in memory only.
//
// What is still to be told is kept as windows of partitions and read from the roles when a report
// is made, so that a million changes need no million notes.
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

// Broker loop only.
class RoleReporter {
 public:
  // A report looks at about this many partitions; the rest follows in the next one.
  static constexpr size_t kMaxPartitionsPerReport = 20'000;
  // Beyond so many windows with changes everything is told anew.
  static constexpr size_t kMaxPendingWindows = 1'000;
  // Partitions of one window.
  static constexpr int32_t kWindow = 1'000;

  // Everything must outlive the reporter.
  RoleReporter(const BrokerOptions& options, Executor* executor, const Clock* clock, Rng* rng,
               ControllerChannel* channel, const RoleManager* roles);

  void OnSession(const std::optional<ActiveSession>& session);
  // The role of a partition has changed. It is told after the next Wake.
  void OnChange(const Uuid& topic_id, int32_t partition);
  void Wake() { pacer_.Wake(); }

 private:
  // Topic id, and the window's place in the topic.
  using Window = std::pair<Uuid, int32_t>;

  bool Send(const ActiveSession& session);
  // Adds the next partitions of the walk over everything.
  void AddWalk(v1::ReportRolesRequest* request);
  // Adds windows with changes.
  void AddPending(v1::ReportRolesRequest* request);
  // Adds a window as it is now.
  void AddWindow(const Window& window, v1::ReportRolesRequest* request) const;
  void OnDone(bool succeeded);

  const BrokerOptions& options_;
  ControllerChannel* const channel_;
  const RoleManager* const roles_;
  // The next report begins anew.
  bool begin_anew_ = false;
  // What the next reports tell of everything.
  std::optional<metadata::ChangedPartitions> walk_;
  // Windows that have changed besides.
  std::set<Window> pending_;
  // What the report in flight tells: a part of everything, or these windows.
  bool sent_walk_ = false;
  std::set<Window> sent_windows_;
  CallPacer pacer_;
};

}  // namespace quorate::broker
