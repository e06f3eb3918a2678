#include "cli/snapshot.h"

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "cli/snapshot_file.h"
#include "storage/disk_snapshot_files.h"
#include "storage/snapshot_names.h"

namespace quorate::cli {
namespace {

namespace fs = std::filesystem;

// Returns the type of `path`. A missing file has the type not_found.
absl::StatusOr<fs::file_type> TypeOf(const fs::path& path) {
  std::error_code error;
  const fs::file_type type = fs::status(path, error).type();
  if (type != fs::file_type::none) return type;
  return absl::ErrnoToStatus(error.value(), absl::StrFormat("cannot access %s", path.string()));
}

// Returns the files that `path` names: itself, or the complete snapshots of a data directory,
// oldest first.
absl::StatusOr<std::vector<std::string>> FilesOf(const fs::path& path) {
  ASSIGN_OR_RETURN(const fs::file_type type, TypeOf(path));
  if (type == fs::file_type::not_found) {
    return absl::NotFoundError(absl::StrFormat("%s does not exist", path.string()));
  }
  if (type != fs::file_type::directory) return std::vector<std::string>{path.string()};
  const fs::path inside = path / storage::kSnapshotsName;
  ASSIGN_OR_RETURN(const fs::file_type inside_type, TypeOf(inside));
  const fs::path directory = inside_type == fs::file_type::directory ? inside : path;
  ASSIGN_OR_RETURN(const auto ids, storage::ListSnapshots(
                                       storage::DiskSnapshotFiles::ReadOnly(directory.string())));
  if (ids.empty()) {
    return absl::NotFoundError(absl::StrFormat(
        "the directory %s has no snapshot; name a file, or the data directory of a controller that "
        "has written a snapshot",
        path.string()));
  }
  std::vector<std::string> paths;
  paths.reserve(ids.size());
  for (const raft::SnapshotId& id : ids) paths.push_back(directory / storage::SnapshotName(id));
  return paths;
}

ExitCode Fail(Session& session, const absl::Status& status) {
  if (!absl::IsPermissionDenied(status)) return session.Fail(status);
  return session.Fail(absl::Status(
      status.code(), absl::StrFormat("%s; run this as the user that the controller runs as",
                                     std::string(status.message()))));
}

ExitCode Inspect(Session& session, const std::string& path) {
  const auto paths = FilesOf(path);
  if (!paths.ok()) return Fail(session, paths.status());
  std::vector<SnapshotContents> snapshots;
  snapshots.reserve(paths->size());
  for (const std::string& file : *paths) {
    absl::StatusOr<SnapshotContents> contents = ReadSnapshotFile(file);
    if (!contents.ok()) return Fail(session, contents.status());
    snapshots.push_back(*std::move(contents));
  }
  PrintSnapshots(session, snapshots);
  return ExitCode::kDone;
}

void AddInspect(CommandLine& line, CLI::App* snapshot) {
  auto path = std::make_shared<std::string>();
  CLI::App* verb = line.AddCommand(
      snapshot,
      {.name = "inspect",
       .summary = "verify snapshot files and show what they contain",
       .description =
           "Reads a snapshot file, or all snapshots of a controller's data directory, verifies "
           "checksums and content, and prints a line for each. It changes nothing, and the "
           "controller may be running. Snapshots of different controllers with the same end offset "
           "and epoch must have the same state hash. At the first damaged file the command ends "
           "with exit status 1.",
       .examples = {"quoratectl snapshot inspect /var/lib/quorate",
                    "quoratectl snapshot inspect 00000000000000001234-0000000007.snapshot --output "
                    "json"}},
      CommonFlags::kOutput, [path](Session& session) { return Inspect(session, *path); });
  verb->add_option("PATH", *path, "A snapshot file, or a controller's data directory.")
      ->type_name("PATH")
      ->required();
}

}  // namespace

void AddSnapshot(CommandLine& line) {
  CLI::App* snapshot = line.AddNoun("snapshot", "snapshots and backups of the metadata");
  AddSnapshotSave(line, snapshot);
  AddSnapshotRestore(line, snapshot);
  AddInspect(line, snapshot);
}

}  // namespace quorate::cli
