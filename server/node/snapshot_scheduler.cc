#include "server/node/snapshot_scheduler.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/check.h"
#include "metadata/snapshot_encoder.h"
#include "metadata/snapshot_loader.h"

namespace quorate::server {

absl::StatusOr<metadata::MetadataImage> LoadImage(storage::SnapshotReader& reader) {
  metadata::SnapshotLoader loader;
  RETURN_IF_ERROR(reader.ForEachChunk([&](std::string_view chunk) { return loader.Add(chunk); }));
  return std::move(loader).Finish();
}

SnapshotScheduler::SnapshotScheduler(Options options, const Ports& ports, ReadImage read_image,
                                     std::optional<Loaded> loaded)
    : options_(options),
      executor_(ports.executor),
      clock_(ports.clock),
      log_(ports.log),
      store_(ports.store),
      writer_(ports.writer),
      read_image_(std::move(read_image)),
      loaded_(std::move(loaded)) {}

absl::StatusOr<metadata::MetadataImage> SnapshotScheduler::Load(const raft::SnapshotId& id) {
  const auto loaded = std::exchange(loaded_, std::nullopt);
  if (loaded && loaded->id == id) return loaded->image;
  ASSIGN_OR_RETURN(storage::SnapshotReader reader, store_->OpenReader(id));
  return LoadImage(reader);
}

void SnapshotScheduler::OnSnapshot(const raft::SnapshotMeta& snapshot) {
  executor_->Post([this, snapshot] { Begin(snapshot); });
}

void SnapshotScheduler::OnCommitted(const std::vector<raft::EntryPtr>& entries) {
  executor_->Post([this, entries] {
    for (const raft::EntryPtr& entry : entries) Track(*entry);
    if (stage_ == Stage::kAsking) SaveIfReady();
    if (stage_ == Stage::kIdle && IsDue()) AskForImage();
  });
}

void SnapshotScheduler::Begin(const raft::SnapshotMeta& snapshot) {
  seen_ = snapshot;
  bytes_since_last_ = 0;
  last_size_ = store_->SizeOf(snapshot.id).value_or(0);
  newest_ = snapshot;
  in_turn_ = false;
  if (stage_ == Stage::kAsking) stage_ = Stage::kIdle;
  ends_.clear();
  image_.reset();
}

void SnapshotScheduler::Track(const raft::Entry& entry) {
  LogIndex voters_index = seen_ ? seen_->voters_index : LogIndex(0);
  raft::VoterSet voters = seen_ ? std::move(seen_->voters) : raft::VoterSet();
  if (entry.header().type == raft::EntryType::kVoters) {
    absl::StatusOr<raft::VoterSet> set = raft::VoterSet::Parse(entry.payload());
    CHECK_OK(set.status());
    voters_index = entry.index();
    voters = *std::move(set);
  }
  seen_ = raft::SnapshotMeta::After(entry, voters_index, std::move(voters));
  bytes_since_last_ += static_cast<int64_t>(entry.encoded().size());
  if (stage_ == Stage::kAsking) ends_.push_back(*seen_);
}

// All controllers see the same log, so without a delay all would write a snapshot at the same time.
// Until a controller has written one itself, it waits for a further part of the interval, by the
// rank of its node id. From then on the turns stay apart: of three voters with an interval of 60
// MiB, the first ones are due at 60, 80 and 100 MiB, and each later one 60 MiB after the last.
bool SnapshotScheduler::IsDue() const {
  if (!seen_ || clock_->Now() < not_before_) return false;
  const int64_t due =
      std::max(options_.min_log_bytes, options_.log_bytes_per_snapshot_byte * last_size_);
  int64_t delay = 0;
  if (const auto& voters = seen_->voters.voters(); !in_turn_ && !voters.empty()) {
    const auto rank = std::count_if(voters.begin(), voters.end(), [&](const raft::Voter& voter) {
      return voter.key.node_id < options_.self;
    });
    delay = due / std::ssize(voters) * rank;
  }
  return bytes_since_last_ >= due + delay;
}

void SnapshotScheduler::AskForImage() {
  stage_ = Stage::kAsking;
  ends_ = {*seen_};
  read_image_(seen_->id.end_offset, [this, question = ++question_](auto image) mutable {
    executor_->Post([this, question, image = std::move(image)]() mutable {
      if (stage_ != Stage::kAsking || question != question_) return;
      if (!image) {
        stage_ = Stage::kIdle;
        not_before_ = clock_->Now() + options_.retry_pause;
        return;
      }
      image_ = std::move(image);
      SaveIfReady();
    });
  });
}

void SnapshotScheduler::SaveIfReady() {
  if (!image_ || image_->end_offset() > seen_->id.end_offset) return;
  const auto end = std::find_if(ends_.begin(), ends_.end(), [&](const raft::SnapshotMeta& meta) {
    return meta.id.end_offset == image_->end_offset();
  });
  CHECK(end != ends_.end()) << "the image ends at " << image_->end_offset()
                            << ", in the middle of a batch";
  const raft::SnapshotMeta meta = *end;
  // The writer's function owns the encoder, so that the image is read and released on the writer's
  // executor.
  auto encoder = std::make_shared<metadata::SnapshotEncoder>(*std::exchange(image_, std::nullopt));
  ends_.clear();
  stage_ = Stage::kSaving;
  LOG(INFO) << "writing the snapshot of offset " << meta.id.end_offset << ", epoch "
            << meta.id.epoch << ", after " << bytes_since_last_ << " bytes of log";
  const int64_t bytes = std::exchange(bytes_since_last_, 0);
  writer_->Save(
      meta, [encoder = std::move(encoder)] { return encoder->Next(); },
      [this, meta, bytes](absl::StatusOr<int64_t> size) {
        executor_->Post([this, meta, bytes, size = std::move(size)] {
          if (!size.ok()) bytes_since_last_ += bytes;
          OnSaved(meta, size);
        });
      });
}

void SnapshotScheduler::OnSaved(const raft::SnapshotMeta& meta,
                                const absl::StatusOr<int64_t>& size) {
  stage_ = Stage::kIdle;
  if (!size.ok()) {
    LOG(ERROR) << "cannot write a snapshot, will retry: " << size.status();
    not_before_ = clock_->Now() + options_.retry_pause;
    return;
  }
  LOG(INFO) << "wrote the snapshot of offset " << meta.id.end_offset << ": " << *size << " bytes";
  last_size_ = *size;
  in_turn_ = true;
  if (const auto before = std::exchange(newest_, meta)) log_->SnapshotSaved(*before);
}

}  // namespace quorate::server
