#include "cli/snapshot_file.h"

#include <filesystem>
#include <ostream>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "cli/json.h"
#include "cli/text.h"
#include "metadata/snapshot_loader.h"
#include "metadata/state_hash.h"
#include "storage/disk_snapshot_files.h"
#include "storage/snapshot_reader.h"

namespace quorate::cli {
namespace {

namespace fs = std::filesystem;

std::string StateHashText(const metadata::MetadataImage& image) {
  return absl::StrFormat("%016x", metadata::StateHash(image));
}

std::string VotersText(const raft::VoterSet& voters) {
  std::string text;
  for (const raft::Voter& voter : voters.voters()) {
    absl::StrAppendFormat(&text, "%s%d", text.empty() ? "" : ",", voter.key.node_id.value());
  }
  return text.empty() ? "-" : text;
}

Json ToJson(const SnapshotContents& contents) {
  Json voters = Json::array();
  for (const raft::Voter& voter : contents.meta.voters.voters()) {
    voters.push_back({{"node_id", voter.key.node_id.value()},
                      {"directory_id", voter.key.directory_id.ToString()}});
  }
  const metadata::MetadataImage& image = contents.image;
  return {{"file", contents.file},
          {"bytes", contents.bytes},
          {"end_offset", contents.meta.id.end_offset.value()},
          {"epoch", contents.meta.id.epoch.value()},
          {"last_index", contents.meta.last_index.value()},
          {"last_append_time_ms", contents.meta.last_append_time_ms},
          {"voters", std::move(voters)},
          {"metadata_version", image.metadata_version()},
          {"topics", image.topic_count()},
          {"partitions", image.partition_count()},
          {"brokers", image.brokers().size()},
          {"request_results", image.request_result_count()},
          {"state_hash", StateHashText(image)}};
}

}  // namespace

absl::StatusOr<SnapshotContents> ReadSnapshotFile(const std::string& path) {
  const fs::path parent = fs::path(path).parent_path();
  const std::string file = fs::path(path).filename().string();
  const auto files = storage::DiskSnapshotFiles::ReadOnly(parent.empty() ? "." : parent.string());
  ASSIGN_OR_RETURN(auto reader, storage::SnapshotReader::OpenFile(&files, file));
  metadata::SnapshotLoader loader;
  RETURN_IF_ERROR(reader.ForEachChunk([&](std::string_view chunk) { return loader.Add(chunk); }));
  SnapshotContents contents{.file = file, .bytes = reader.size(), .meta = reader.meta()};
  ASSIGN_OR_RETURN(contents.image, std::move(loader).Finish());
  if (contents.image.end_offset() != reader.meta().id.end_offset ||
      contents.image.last_epoch() != reader.meta().id.epoch) {
    return absl::DataLossError(
        absl::StrFormat("snapshot %s: its content ends at offset %d, epoch %d", file,
                        contents.image.end_offset().value(), contents.image.last_epoch().value()));
  }
  return contents;
}

void PrintSnapshots(Session& session, const std::vector<SnapshotContents>& snapshots) {
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
  for (const SnapshotContents& contents : snapshots) {
    const metadata::MetadataImage& image = contents.image;
    table.AddRow({std::to_string(image.end_offset().value()),
                  std::to_string(image.last_epoch().value()),
                  TimeText(contents.meta.last_append_time_ms), std::to_string(contents.bytes),
                  VotersText(contents.meta.voters), std::to_string(image.brokers().size()),
                  std::to_string(image.topic_count()), std::to_string(image.partition_count()),
                  StateHashText(image)});
    json.push_back(ToJson(contents));
  }
  session.out() << (session.json() ? JsonText({{"snapshots", std::move(json)}}) : table.ToString());
}

}  // namespace quorate::cli
