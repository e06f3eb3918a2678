// Compares this controller's state with that of the others (controller/state_audit.h). It hashes
// the image at the same places in the log as every other controller, and reports each hash to the
// active controller. The answer contains all reports about the previous place, which every
// controller had time to send by then.
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
#include "metadata/state_hash.h"
#include "raft/api/replicated_log.h"
#include "raft/api/voter_set.h"
#include "server/node/request_router.h"
#include "server/node/state_audit_metrics.h"

namespace quorate::server {

class StateAuditor final : public controller::ImageObserver {
 public:
  struct Options {
    NodeId self;
    Duration interval{};
    // Returns whether this controller is the active one. Any thread.
    std::function<bool()> is_active;
    // Called when a majority of the voters holds another state, so this controller must stop. Any
    // thread.
    std::function<void(const absl::Status&)> on_fatal;
  };

  // All arguments outlive the auditor. An image is hashed on `executor`, in slices.
  StateAuditor(Options options, Executor* executor, const Clock* clock, raft::ReplicatedLog* log,
               RequestRouter* router);

  // controller::ImageObserver, on the controller's loop.
  void OnApplied(const raft::Entry& entry, const metadata::MetadataImage& image) override;

  // Any thread.
  const StateAuditMetrics& metrics() const { return metrics_; }

 private:
  // These run on the executor.
  //
  // Hashes the next slice of the image, and reports the hash after the last one.
  void HashNext();
  void Report(const controller::StateReport& own);
  void Compare(const controller::StateReport& own, const raft::v1::StateHashTally& tally,
               const raft::VoterSet& voters);
  raft::v1::StateHashTally Collect(const raft::v1::StateHashReport& report);

  const Options options_;
  Executor* const executor_;
  const Clock* const clock_;
  raft::ReplicatedLog* const log_;
  RequestRouter* const router_;
  const RequestRouter::Method* const method_;

  // Used on the controller's loop.
  std::optional<int64_t> last_append_time_ms_;
  // Set while an image waits to be hashed or is being hashed.
  std::atomic<bool> busy_{false};

  // These are used on the executor.
  //
  // The image that is being hashed.
  std::optional<metadata::StateHasher> hasher_;
  std::optional<controller::StateReport> previous_;
  // Filled while this controller is the active one.
  controller::StateTally tally_;

  StateAuditMetrics metrics_;
};

}  // namespace quorate::server
