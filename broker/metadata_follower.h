// Follows the metadata log: subscribes at one of the controllers, replays every batch, and
// publishes the images. Knows nothing of roles or registrations.
//
// What is published is never older than what a controller had when the follower began from nothing:
// the way there is not shown, or a broker would take up every role that the log has ever named.
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

// Broker loop only.
class MetadataFollower {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // `now` is published; `before` is what was published last, at first the empty image. After
    // OnLogReplaced they belong to different logs.
    virtual void OnImage(const metadata::MetadataImage& before,
                         const metadata::MetadataImage& now) = 0;
    // The log was replaced by another one: the image stays until that one has been read.
    virtual void OnLogReplaced() = 0;
    // The source says that `epoch` has a leader.
    virtual void OnControllerEpoch(int32_t epoch) = 0;
    // The log cannot be replayed by this program: the follower has stopped.
    virtual void OnReplayFailed(absl::Status status) = 0;
  };

  // Everything must outlive the follower.
  MetadataFollower(const BrokerOptions& options, Executor* executor, const Clock* clock, Rng* rng,
                   MetadataSource* source, Listener* listener);
  ~MetadataFollower();

  void Start();
  // Ends the subscription; the published image stays.
  void Stop();

  // The active controller answers and leads `epoch`; 0: none does. A source that is behind that
  // epoch, or knows no leader, has lost touch and does not count as alive.
  void OnActiveEpoch(int32_t epoch) { active_epoch_ = epoch; }

  const metadata::MetadataImage& image() const { return published_; }
  // When the subscription last brought anything; nothing: never.
  std::optional<MonoTime> last_event() const { return last_event_; }
  // The controller that the subscription is on, once it has brought something; empty: none.
  const std::string& endpoint() const { return endpoint_; }

 private:
  void Subscribe();
  void OnEvent(MetadataEvent event);
  void OnBatch(const metadata::v1::Batch& batch);
  void OnSnapshotChunk(const metadata::v1::SnapshotChunk& chunk);
  // The snapshot is here as a whole.
  absl::Status TakeSnapshot(metadata::SnapshotLoader loader);
  void OnProgress(const metadata::v1::Progress& progress);
  void OnReset(const metadata::v1::Reset& reset);
  void Fail(absl::Status status);
  void MoveOn(Duration pause, const std::string& reason);
  void Publish();
  // The source is alive and in touch.
  void OnSign();
  void WatchIdle(MonoTime deadline);
  void CancelTimers();

  const BrokerOptions& options_;
  Executor* const executor_;
  const Clock* const clock_;
  MetadataSource* const source_;
  Listener* const listener_;
  ControllerFinder finder_;

  // A snapshot that comes in pieces, in place of batches that are no longer in the log. Kept when
  // the stream breaks: the next controller may go on with it.
  struct Incoming {
    int32_t epoch = 0;
    int64_t end_offset = 0;
    int64_t next_position = 0;
    metadata::SnapshotLoader loader;
  };
  std::optional<Incoming> incoming_;

  // Everything replayed, and the part of it that others see.
  metadata::MetadataImage replayed_;
  metadata::MetadataImage published_;
  // `replayed_` has reached a controller's high watermark since it was last empty.
  bool caught_up_ = false;
  int32_t active_epoch_ = 0;
  std::string endpoint_;
  std::optional<MonoTime> last_event_;
  MonoTime last_sign_;
  MonoTime log_again_at_;
  TimerId subscribe_timer_ = kNoTimer;
  TimerId idle_timer_ = kNoTimer;
};

}  // namespace quorate::broker
