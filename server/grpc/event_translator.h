// Turns the frames of a subscription into those of ListEvents: replays them into an image of its
// own, and tells what each batch did. The image takes as much memory as the controller's, so few of
// these exist at a time (kEventStreams).
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "base/executor.h"
#include "metadata/subscribed_image.h"
#include "quorate/common/v1/error.pb.h"
#include "quorate/metadata/v1/metadata_service.pb.h"
#include "server/feed/frame.h"

namespace quorate::server {

class EventTranslator : public std::enable_shared_from_this<EventTranslator> {
 public:
  // What to send, and whether the stream ends after it.
  struct Result {
    std::vector<FramePtr> frames;
    bool ends = false;
    // Why it ends, if not because everything was told.
    std::optional<common::v1::Error> error;
  };
  using Done = absl::AnyInvocable<void(Result) &&>;

  // The frames are translated on `executor`, which must outlive the translator.
  EventTranslator(metadata::v1::ListEventsRequest request, Executor* executor)
      : request_(std::move(request)), executor_(executor) {}

  // Translates SubscribeFrames and passes the result to `done`, on the executor. REQUIRES: the last
  // call is done.
  void Translate(std::vector<FramePtr> frames, Done done);

 private:
  // Translates frame `next` and those after it, each in its own task.
  void TranslateFrom(std::vector<FramePtr> frames, size_t next, Result result, Done done);
  void Add(const metadata::v1::SubscribeResponse& response, Result& result);
  absl::Status AddBatch(const metadata::v1::Batch& batch);
  // Sends the events collected so far.
  void Flush(Result& result);

  const metadata::v1::ListEventsRequest request_;
  Executor* const executor_;
  metadata::SubscribedImage state_;
  metadata::v1::ListEventsResponse collected_;
  bool has_begun_ = false;
};

}  // namespace quorate::server
