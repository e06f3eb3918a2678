// Compares this controller's state with the others' (controller/state_audit.h): hashes the image at
// the places that all choose alike, reports each hash to the active controller, and is told then
// what all reported of the place before, when everybody had the time to.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/executor.h"
#include "controller/image_observer.h"
#include "controller/quorum_controller.h"
#include "controller/state_audit.h"
#include "raft/replicated_log.h"
#include "raft/voter_set.h"
#include "server/request_router.h"

namespace quorate::server {

class StateAuditor final : public controller::ImageObserver {
 public:
  struct Options {
    NodeId self;
    Duration interval{};
    // A majority of the voters holds another state: this controller must not go on. Any thread.
    std::function<void(const absl::Status&)> on_fatal;
  };

  // Hashing is linear in the state, so `executor` is no other part's loop. All outlive the auditor.
  StateAuditor(Options options, Executor* executor, const Clock* clock, raft::ReplicatedLog* log,
               const controller::QuorumController* controller, RequestRouter* router);

  // controller::ImageObserver, on the controller's loop.
  void OnApplied(const raft::Entry& entry, const metadata::MetadataImage& image) override;

 private:
  // On the executor.
  void Audit(const metadata::MetadataImage& image);
  void Compare(const controller::StateReport& own, const raft::v1::StateHashTally& tally,
               const raft::VoterSet& voters) const;
  raft::v1::StateHashTally Collect(const raft::v1::StateHashReport& report);

  const Options options_;
  Executor* const executor_;
  const Clock* const clock_;
  raft::ReplicatedLog* const log_;
  const controller::QuorumController* const controller_;
  RequestRouter* const router_;
  const RequestRouter::Method* const method_;

  // The controller's loop.
  std::optional<int64_t> last_append_time_ms_;
  // An image waits to be hashed, or is being hashed.
  std::atomic<bool> busy_{false};

  // The executor's.
  std::optional<controller::StateReport> previous_;
  // Filled while this controller is the active one.
  controller::StateTally tally_;
};

}  // namespace quorate::server
