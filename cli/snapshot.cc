#include "cli/snapshot.h"

#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "cli/json.h"
#include "cli/text.h"
#include "metadata/metadata_image.h"
#include "metadata/snapshot_loader.h"
#include "metadata/state_hash.h"
#include "storage/snapshot_directory.h"
#include "storage/snapshot_disk.h"
#include "storage/snapshot_reader.h"

namespace quorate::cli {
namespace {

namespace fs = std::filesystem;

// A snapshot of which every byte was read and verified.
struct Inspected {
  std::string file;
  uint64_t bytes = 0;
  raft::SnapshotMeta meta;
  metadata::MetadataImage image;
};

absl::StatusOr<Inspected> Inspect(const fs::path& directory, const std::string& file) {
  const auto files = storage::SnapshotDisk::ReadOnly(directory.string());
  ASSIGN_OR_RETURN(auto reader, storage::SnapshotReader::OpenFile(&files, file));
  metadata::SnapshotLoader loader;
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<std::string> chunk, reader.NextChunk());
    if (!chunk) break;
    RETURN_IF_ERROR(loader.Add(*chunk));
  }
  Inspected inspected{.file = file, .bytes = reader.size(), .meta = reader.meta()};
  ASSIGN_OR_RETURN(inspected.image, std::move(loader).Finish());
  if (inspected.image.end_offset() != reader.meta().id.end_offset ||
      inspected.image.last_epoch() != reader.meta().id.epoch) {
    return absl::DataLossError(absl::StrFormat(
        "snapshot %s: its content ends at offset %d, epoch %d", file,
        inspected.image.end_offset().value(), inspected.image.last_epoch().value()));
  }
  return inspected;
}

// The files that `path` names: itself, or the complete snapshots of a data directory, oldest first.
absl::StatusOr<std::pair<fs::path, std::vector<std::string>>> FilesOf(const fs::path& path) {
  std::error_code error;
  if (fs::is_regular_file(path, error)) {
    return std::pair(path.parent_path().empty() ? fs::path(".") : path.parent_path(),
                     std::vector<std::string>{path.filename().string()});
  }
  const fs::path inside = path / storage::kSnapshotsName;
  const fs::path directory = fs::is_directory(inside, error) ? inside : path;
  ASSIGN_OR_RETURN(const auto ids,
                   storage::ListSnapshots(storage::SnapshotDisk::ReadOnly(directory.string())));
  if (ids.empty()) {
    return absl::NotFoundError(absl::StrFormat(
        "%s is neither a snapshot nor a directory that has one; name a file, or the data directory "
        "of a controller that has written a snapshot",
        path.string()));
  }
  std::vector<std::string> names;
  names.reserve(ids.size());
  for (const raft::SnapshotId& id : ids) names.push_back(storage::SnapshotName(id));
  return std::pair(directory, std::move(names));
}

std::string VotersText(const raft::VoterSet& voters) {
  std::string text;
  for (const raft::Voter& voter : voters.voters()) {
    absl::StrAppendFormat(&text, "%s%d", text.empty() ? "" : ",", voter.key.node_id.value());
  }
  return text.empty() ? "-" : text;
}

Json ToJson(const Inspected& inspected) {
  Json voters = Json::array();
  for (const raft::Voter& voter : inspected.meta.voters.voters()) {
    voters.push_back({{"node_id", voter.key.node_id.value()},
                      {"directory_id", voter.key.directory_id.ToString()}});
  }
  const metadata::MetadataImage& image = inspected.image;
  return {{"file", inspected.file},
          {"bytes", inspected.bytes},
          {"end_offset", inspected.meta.id.end_offset.value()},
          {"epoch", inspected.meta.id.epoch.value()},
          {"last_index", inspected.meta.last_index.value()},
          {"last_append_time_ms", inspected.meta.last_append_time_ms},
          {"voters", std::move(voters)},
          {"metadata_version", image.metadata_version()},
          {"topics", image.topic_count()},
          {"partitions", image.partition_count()},
          {"brokers", image.brokers().size()},
          {"request_results", image.request_result_count()},
          {"state_hash", absl::StrFormat("%016x", metadata::StateHash(image))}};
}

ExitCode RunInspect(Session& session, const std::string& path) {
  const auto files = FilesOf(path);
  if (!files.ok()) return session.Fail(files.status());
  Json json = Json::array();
  Table table({{.title = "END OFFSET", .right_aligned = true},
               {.title = "EPOCH", .right_aligned = true},
               {.title = "TIME"},
               {.title = "BYTES", .right_aligned = true},
               {.title = "VOTERS"},
               {.title = "BROKERS", .right_aligned = true},
               {.title = "TOPICS", .right_aligned = true},
               {.title = "PARTITIONS", .right_aligned = true},
               {.title = "STATE HASH"}});
  for (const std::string& file : files->second) {
    const auto inspected = Inspect(files->first, file);
    if (!inspected.ok()) return session.Fail(inspected.status());
    const metadata::MetadataImage& image = inspected->image;
    table.AddRow({std::to_string(image.end_offset().value()),
                  std::to_string(image.last_epoch().value()),
                  TimeText(inspected->meta.last_append_time_ms), std::to_string(inspected->bytes),
                  VotersText(inspected->meta.voters), std::to_string(image.brokers().size()),
                  std::to_string(image.topic_count()), std::to_string(image.partition_count()),
                  absl::StrFormat("%016x", metadata::StateHash(image))});
    json.push_back(ToJson(*inspected));
  }
  session.out() << (session.json() ? JsonText({{"snapshots", std::move(json)}}) : table.ToString());
  return ExitCode::kDone;
}

}  // namespace

void AddSnapshot(CommandLine& line) {
  CLI::App* snapshot = line.AddNoun("snapshot", "snapshots of the metadata");
  auto path = std::make_shared<std::string>();
  CLI::App* verb = line.AddCommand(
      snapshot,
      {.name = "inspect",
       .summary = "verify snapshots in files and say what they hold",
       .description =
           "Reads every byte of a snapshot, or of all that a controller's data directory has, "
           "verifies checksums and content, and prints a line for each. The controller may run; "
           "nothing is changed. Controllers whose snapshots end at the same offset and epoch must "
           "show the same state hash. Ends with 1 at the first one that is damaged.",
       .examples = {"quoratectl snapshot inspect /var/lib/quorate",
                    "quoratectl snapshot inspect "
                    "00000000000000001234-0000000007.snapshot --output json"}},
      CommonFlags::kOutput, [path](Session& session) { return RunInspect(session, *path); });
  verb->add_option("path", *path, "A snapshot file, or a controller's data directory.")
      ->type_name("PATH")
      ->required();
}

}  // namespace quorate::cli
