// quoratectl snapshot save: writes the state of a running cluster to a file.
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "cli/history.h"
#include "cli/snapshot.h"
#include "cli/snapshot_file.h"
#include "client/admin_client.h"
#include "metadata/snapshot_encoder.h"
#include "metadata/state_hash.h"
#include "storage/disk_snapshot_files.h"
#include "storage/snapshot_writer.h"

namespace quorate::cli {
namespace {

namespace fs = std::filesystem;
using admin::v1::DescribeClusterResponse;
using client::CallFailure;
using metadata::MetadataImage;

// Subscribers receive neither indexes nor checksums. A restored log begins a new checksum chain,
// and counts each offset before it as one entry.
raft::SnapshotMeta MetaOf(const MetadataImage& image) {
  return {.id = {.end_offset = image.end_offset(), .epoch = image.last_epoch()},
          .last_index = LogIndex(image.end_offset().value()),
          .last_append_time_ms = image.last_append_time_ms()};
}

absl::Status Write(const fs::path& path, const MetadataImage& image) {
  ASSIGN_OR_RETURN(storage::DiskSnapshotFiles files,
                   storage::DiskSnapshotFiles::Open(fs::absolute(path).parent_path().string()));
  storage::SnapshotWriter writer(&files, MetaOf(image), path.filename().string());
  metadata::SnapshotEncoder encoder(image);
  while (const std::optional<std::string> chunk = encoder.Next()) {
    RETURN_IF_ERROR(writer.Append(*chunk));
  }
  return writer.Finish();
}

absl::Status CheckNewFile(const fs::path& path) {
  std::error_code error;
  if (fs::exists(path, error)) {
    return absl::FailedPreconditionError(
        absl::StrFormat("%s already exists; a backup never replaces a file", path.string()));
  }
  if (!fs::is_directory(fs::absolute(path).parent_path(), error)) {
    return absl::NotFoundError(
        absl::StrFormat("there is no directory %s", fs::absolute(path).parent_path().string()));
  }
  return absl::OkStatus();
}

ExitCode Save(Session& session, const std::string& path) {
  if (const absl::Status usable = CheckNewFile(path); !usable.ok()) return session.Fail(usable);
  client::AdminClient admin(session.caller_options());
  const auto result = admin.DescribeCluster({});
  if (const auto* failure = std::get_if<CallFailure>(&result)) return session.Fail(*failure);
  const auto& cluster = std::get<DescribeClusterResponse>(result);
  MetadataImage image;
  const auto keep = [&image](const MetadataImage& now) {
    image = now;
    return true;
  };
  const ExitCode code = ReadHistory(
      session, cluster, {.from_oldest_snapshot = false}, keep,
      [&](const auto& /*batch*/, const auto& /*before*/, const auto& now) { return keep(now); });
  if (code != ExitCode::kDone) return code;

  if (const absl::Status written = Write(path, image); !written.ok()) {
    return session.Fail(written);
  }
  absl::StatusOr<SnapshotContents> contents = ReadSnapshotFile(path);
  if (!contents.ok()) return session.Fail(contents.status());
  if (metadata::StateHash(contents->image) != metadata::StateHash(image)) {
    return session.Fail(absl::DataLossError(absl::StrFormat(
        "%s does not contain the data that was written to it: check the disk", path)));
  }
  session.Say(absl::StrFormat("Saved cluster %s to %s.", cluster.cluster_id(), path));
  PrintSnapshots(session, {*std::move(contents)});
  return ExitCode::kDone;
}

}  // namespace

void AddSnapshotSave(CommandLine& line, CLI::App* snapshot) {
  auto path = std::make_shared<std::string>();
  CLI::App* verb = line.AddCommand(
      snapshot,
      {.name = "save",
       .summary = "back up the metadata of a running cluster",
       .description =
           "Writes all metadata to a new file, including everything that was acknowledged before "
           "the command began. Any controller can serve it, and writers are not blocked. The file "
           "is written under a temporary name, synced, renamed, and read again. 'quoratectl "
           "snapshot inspect' can verify it later.\n"
           "A backup is for the loss of all controllers. If one controller still has its disk, "
           "'quoratectl quorum recover' loses less.",
       .examples =
           {"quoratectl snapshot save /backups/quorate-2024-02-29.snapshot",
            "quoratectl snapshot save b.snapshot --output json | jq '.snapshots[0].topics'"}},
      CommonFlags::kCluster, [path](Session& session) { return Save(session, *path); });
  verb->add_option("FILE", *path, "The file to write. It must not exist.")
      ->type_name("FILE")
      ->required();
}

}  // namespace quorate::cli
