#include "storage/background_snapshot_writer.h"

#include <utility>

#include "base/check.h"

namespace quorate::storage {

BackgroundSnapshotWriter::BackgroundSnapshotWriter(Options options, FileSnapshotStore* store,
                                                   SnapshotFiles* files, Executor* executor,
                                                   const Clock* clock)
    : options_(options), store_(store), files_(files), executor_(executor), clock_(clock) {
  CHECK_GT(options_.bytes_per_second, 0u);
}

void BackgroundSnapshotWriter::Save(raft::SnapshotMeta meta, Chunks chunks, Done done) {
  executor_->Post(
      [this, meta = std::move(meta), chunks = std::move(chunks), done = std::move(done)]() mutable {
        CHECK(job_ == nullptr) << "Save was called before the previous one was done";
        job_.reset(new Job{.meta = meta,
                           .chunks = std::move(chunks),
                           .done = std::move(done),
                           .writer = SnapshotWriter(files_, meta),
                           .began = clock_->Now()});
        Step();
      });
}

void BackgroundSnapshotWriter::Step() {
  const std::optional<std::string> chunk = job_->chunks();
  if (!chunk) return Finish(job_->writer.Finish());
  if (const absl::Status status = job_->writer.Append(*chunk); !status.ok()) return Finish(status);
  const auto paced = std::chrono::duration<double>(static_cast<double>(job_->writer.size()) /
                                                   static_cast<double>(options_.bytes_per_second));
  executor_->PostAt(job_->began + std::chrono::duration_cast<Duration>(paced), [this] { Step(); });
}

void BackgroundSnapshotWriter::Finish(const absl::Status& status) {
  const std::unique_ptr<Job> job = std::move(job_);
  if (!status.ok()) {
    metrics_.failures.Add();
    return std::move(job->done)(status);
  }
  metrics_.duration.Observe(clock_->Now() - job->began);
  store_->Add(job->meta);
  std::move(job->done)(static_cast<int64_t>(job->writer.size()));
}

}  // namespace quorate::storage
