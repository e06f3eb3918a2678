// quoratectl snapshot restore: creates the data directories of a cluster that begins with a backup.
#include "storage/snapshot_restore.h"

#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "base/uuid.h"
#include "cli/operator_name.h"
#include "cli/snapshot.h"
#include "cli/snapshot_file.h"
#include "cli/text.h"

namespace quorate::cli {
namespace {

struct Arguments {
  std::string file;
  std::string cluster_id;
  std::vector<std::string> data_dirs;
};

// Parses "ID=DIR", once for each controller.
absl::StatusOr<std::map<NodeId, std::string>> ParseDirectories(
    const std::vector<std::string>& texts) {
  std::map<NodeId, std::string> directories;
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    int32_t id = -1;
    if (equals == std::string::npos || equals + 1 == text.size() ||
        !absl::SimpleAtoi(text.substr(0, equals), &id) || id < 0) {
      return absl::InvalidArgumentError(
          absl::StrFormat("--data-dir: '%s' is not ID=DIR, for example 1=/var/lib/quorate", text));
    }
    const std::string directory = text.substr(equals + 1);
    for (const auto& [other, path] : directories) {
      if (path == directory) {
        return absl::InvalidArgumentError(
            absl::StrFormat("--data-dir: %s is named twice", directory));
      }
    }
    if (!directories.emplace(NodeId(id), directory).second) {
      return absl::InvalidArgumentError(absl::StrFormat("--data-dir: node %d is named twice", id));
    }
  }
  return directories;
}

std::string NextSteps(const storage::RestoreOrder& order, const storage::RestoreResult& result) {
  std::string text = absl::StrFormat("Cluster %s begins in epoch %d with these voters:\n",
                                     order.cluster_id, result.entry->epoch().value());
  std::string voters;
  for (const auto& [node, path] : order.directories) {
    absl::StrAppendFormat(&text, "  controller %d: %s\n", node.value(), path);
  }
  text +=
      "1. Move each directory to the host of its controller, as its --data-dir. Keep no copies.\n"
      "2. Start the controllers with this cluster id and these node ids in --voters. Never start "
      "a controller with data of the lost cluster.\n"
      "3. Brokers of a cluster with the same id rejoin without changes; others need an empty "
      "--data-dir.\n";
  return text;
}

Json ToJson(const storage::RestoreOrder& order, const storage::RestoreResult& result) {
  Json directories = Json::array();
  for (const auto& [node, path] : order.directories) {
    directories.push_back({{"node_id", node.value()}, {"data_dir", path}});
  }
  return {{"cluster_id", order.cluster_id},
          {"end_offset", result.snapshot.id.end_offset.value()},
          {"epoch", result.snapshot.id.epoch.value()},
          {"new_epoch", result.entry->epoch().value()},
          {"controllers", std::move(directories)}};
}

ExitCode Restore(Session& session, const Arguments& arguments) {
  const auto cluster_id = Uuid::Parse(arguments.cluster_id);
  if (!cluster_id) {
    return session.RefuseUsage(absl::StrFormat(
        "--cluster-id: '%s' is not a cluster id: use the id of the lost cluster, or a new one from "
        "'quoratectl cluster new-id'",
        arguments.cluster_id));
  }
  auto directories = ParseDirectories(arguments.data_dirs);
  if (!directories.ok()) return session.RefuseUsage(std::string(directories.status().message()));
  const auto contents = ReadSnapshotFile(arguments.file);
  if (!contents.ok()) return session.Fail(contents.status());

  const storage::RestoreOrder order = {.file = arguments.file,
                                       .cluster_id = arguments.cluster_id,
                                       .directories = *std::move(directories),
                                       .principal = OperatorName(),
                                       .now_ms = SystemClock().WallMs()};
  Rng rng(Rng::SystemSeed());
  const auto result = storage::RestoreSnapshot(order, rng);
  if (!result.ok()) return session.Fail(result.status());
  session.out() << (session.json() ? JsonText(ToJson(order, *result)) : NextSteps(order, *result));
  return ExitCode::kDone;
}

}  // namespace

void AddSnapshotRestore(CommandLine& line, CLI::App* snapshot) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* verb = line.AddCommand(
      snapshot,
      {.name = "restore",
       .summary = "create data directories for a cluster from a backup",
       .description =
           "Use this if every controller is lost. Everything that was written after the backup is "
           "lost. The command works offline. It verifies the file and fills an empty or missing "
           "data directory for each controller of the new cluster. All directories are created in "
           "one run, because the controllers must know each other. The cluster also runs with a "
           "single controller, and others can join later.\n"
           "The first entry of the new log permanently records who restored which backup, and "
           "when. The epoch increases by a million or more, so that data of the lost cluster "
           "cannot be mistaken for data of the new one. With the id of the lost cluster, its "
           "brokers rejoin without changes. With a new id, no process of the lost cluster can join "
           "the new one.",
       .examples = {"quoratectl snapshot restore b.snapshot --cluster-id MkU3OEVBNTcwNTJENDM2Qg "
                    "--data-dir 1=/srv/q1 --data-dir 2=/srv/q2 --data-dir 3=/srv/q3"}},
      CommonFlags::kOutput, [arguments](Session& session) { return Restore(session, *arguments); });
  verb->add_option("FILE", arguments->file,
                   "A file written by 'quoratectl snapshot save', or a controller's own snapshot.")
      ->type_name("FILE")
      ->required();
  verb->add_option("--cluster-id", arguments->cluster_id,
                   "The id of the new cluster, 22 characters.")
      ->type_name("ID")
      ->required();
  verb->add_option("--data-dir", arguments->data_dirs,
                   "A controller and the directory to create for it. Repeat it for each voter.")
      ->type_name("ID=DIR")
      ->allow_extra_args(false)
      ->required();
}

}  // namespace quorate::cli
