#include "tests/sim/snapshots.h"

#include <utility>

#include "base/check.h"
#include "metadata/snapshot_encoder.h"
#include "metadata/snapshot_loader.h"

namespace quorate::sim {
namespace {

// The size of a piece. It is small, so that a snapshot has several pieces and a transfer takes some
// time.
constexpr size_t kPieceBytes = 256;

}  // namespace

// The process may be killed at each change of a file. A dead process changes nothing.
class Snapshots::MortalFiles final : public storage::SnapshotFiles {
 public:
  explicit MortalFiles(const Host* host) : host_(*host), files_(*host->files) {}

  absl::StatusOr<std::vector<std::string>> List() const override { return files_.List(); }
  absl::StatusOr<std::optional<uint64_t>> Size(const std::string& name) const override {
    return files_.Size(name);
  }
  absl::StatusOr<std::string> Read(const std::string& name, uint64_t position,
                                   size_t max_bytes) const override {
    return files_.Read(name, position, max_bytes);
  }
  absl::Status Append(const std::string& name, std::string_view bytes) override {
    return Change([&] { return files_.Append(name, bytes); });
  }
  absl::Status Truncate(const std::string& name, uint64_t size) override {
    return Change([&] { return files_.Truncate(name, size); });
  }
  absl::Status Sync(const std::string& name) override {
    return Change([&] { return files_.Sync(name); });
  }
  absl::Status Rename(const std::string& from, const std::string& to) override {
    return Change([&] { return files_.Rename(from, to); });
  }
  absl::Status Remove(const std::string& name) override {
    return Change([&] { return files_.Remove(name); });
  }

 private:
  template <typename Call>
  absl::Status Change(Call call) {
    if (!host_.actor->alive()) return absl::UnavailableError("the process has ended");
    absl::Status status = call();
    host_.after_call();
    return status;
  }

  const Host& host_;
  storage::SnapshotFiles& files_;
};

Snapshots::Snapshots(Host host)
    : host_(std::move(host)), files_(std::make_unique<MortalFiles>(&host_)) {}

Snapshots::~Snapshots() = default;

absl::Status Snapshots::Open() {
  ASSIGN_OR_RETURN(store_, storage::FileSnapshotStore::Open(files_.get(), host_.executor));
  writer_ = std::make_unique<storage::BackgroundSnapshotWriter>(
      storage::BackgroundSnapshotWriter::Options{}, store_.get(), files_.get(), host_.executor,
      host_.clock);
  return absl::OkStatus();
}

void Snapshots::Save(const raft::SnapshotMeta& meta, const metadata::MetadataImage& image,
                     std::function<void()> done) {
  writer_->Save(
      meta,
      [encoder = std::make_shared<metadata::SnapshotEncoder>(image, kPieceBytes)] {
        return encoder->Next();
      },
      [this, done = std::move(done)](const absl::StatusOr<int64_t>& size) {
        // Saving fails only if the process ends.
        CHECK(size.ok() || !host_.actor->alive()) << size.status();
        if (size.ok()) done();
      });
}

absl::StatusOr<metadata::MetadataImage> Snapshots::Load(const raft::SnapshotId& id) const {
  ASSIGN_OR_RETURN(storage::SnapshotReader reader, store_->OpenReader(id));
  metadata::SnapshotLoader loader;
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<std::string> chunk, reader.NextChunk());
    if (!chunk) return std::move(loader).Finish();
    RETURN_IF_ERROR(loader.Add(*chunk));
  }
}

}  // namespace quorate::sim
