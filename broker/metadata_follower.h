// Follows the metadata log. It subscribes at one of the controllers, replays every batch, and
// publishes the images. It knows nothing about roles or registrations.
//
// The first published image is at least as new as the state that a controller had when the follower
// began. Images on the way there are not published, because the broker would otherwise take up
// every role that the log has ever assigned to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "broker/broker_options.h"
#include "broker/controller_finder.h"
#include "broker/ports.h"
#include "metadata/metadata_image.h"
#include "metadata/snapshot_loader.h"

namespace quorate::broker {

// Used on the broker's loop only.
class MetadataFollower {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // `now` is published. `before` was published last; at first it is the empty image. After
    // OnLogReplaced, the two belong to different logs.
    virtual void OnImage(const metadata::MetadataImage& before,
                         const metadata::MetadataImage& now) = 0;
    // The log was replaced by another one. The published image stays until the new log has been
    // read.
    virtual void OnLogReplaced() = 0;
    // The source reports that `epoch` has a leader.
    virtual void OnControllerEpoch(int32_t epoch) = 0;
    // This program cannot replay the log. The follower has stopped.
    virtual void OnReplayFailed(absl::Status status) = 0;
  };

  // All arguments must outlive the follower.
  MetadataFollower(const BrokerOptions& options, Executor* executor, const Clock* clock, Rng* rng,
                   MetadataSource* source, Listener* listener);
  ~MetadataFollower();

  void Start();
  // Ends the subscription. The published image stays.
  void Stop();

  // The active controller answers and leads `epoch`. 0: no active controller answers. A source that
  // is behind that epoch, or knows no leader, has lost contact with the quorum and does not count
  // as alive.
  void OnActiveEpoch(int32_t epoch) { active_epoch_ = epoch; }

  const metadata::MetadataImage& image() const { return published_; }
  // When the subscription last delivered anything. nullopt: never.
  std::optional<MonoTime> last_event() const { return last_event_; }
  // The controller that serves the subscription, once it has delivered something. Empty: there is
  // none.
  const std::string& endpoint() const { return endpoint_; }
  // How many subscriptions were started.
  int64_t subscriptions() const { return subscriptions_; }

 private:
  // A snapshot that arrives in pieces in place of batches that are no longer in the log. It is kept
  // when the stream breaks, because the next controller may continue it.
  struct Incoming {
    int32_t epoch = 0;
    int64_t end_offset = 0;
    int64_t next_position = 0;
    metadata::SnapshotLoader loader;
  };

  void Subscribe();
  void OnEvent(MetadataEvent event);
  void OnBatch(const metadata::v1::Batch& batch);
  void OnSnapshotChunk(const metadata::v1::SnapshotChunk& chunk);
  // Loads a snapshot that has arrived completely.
  absl::Status LoadSnapshot(Incoming incoming);
  void OnProgress(const metadata::v1::Progress& progress);
  void OnReset(const metadata::v1::Reset& reset);
  void Fail(absl::Status status);
  void SubscribeElsewhere(Duration pause, const std::string& reason);
  void Publish();
  // The source is alive and in contact with the quorum.
  void OnSignOfLife();
  void WatchIdle(MonoTime deadline);
  void CancelTimers();

  const BrokerOptions& options_;
  Executor* const executor_;
  const Clock* const clock_;
  MetadataSource* const source_;
  Listener* const listener_;
  ControllerFinder finder_;

  std::optional<Incoming> incoming_;

  // The newest replayed image, and the image that others see.
  metadata::MetadataImage replayed_;
  metadata::MetadataImage published_;
  // Whether `replayed_` has reached a controller's high watermark since it was last empty.
  bool caught_up_ = false;
  int32_t active_epoch_ = 0;
  std::string endpoint_;
  int64_t subscriptions_ = 0;
  std::optional<MonoTime> last_event_;
  MonoTime last_sign_of_life_;
  MonoTime log_again_at_;
  TimerId subscribe_timer_ = kNoTimer;
  TimerId idle_timer_ = kNoTimer;
};

}  // namespace quorate::broker
