// The file of a snapshot: read from the disk, received frame by frame, and continued after a
// restart.
#include <string>
#include <vector>

#include "base/check.h"
#include "storage/memory_snapshot_files.h"
#include "storage/snapshot_names.h"
#include "storage/snapshot_reader.h"
#include "storage/snapshot_receiver.h"
#include "storage/snapshot_writer.h"
#include "tests/fuzz/checksums.h"
#include "tests/fuzz/properties.h"

namespace quorate::fuzz {
namespace {

using storage::MemorySnapshotFiles;
using storage::SnapshotReader;
using storage::SnapshotReceiver;

constexpr char kName[] = "input";

// The whole content of a file, or the first error.
struct Content {
  absl::Status status;
  raft::SnapshotMeta meta;
  std::vector<std::string> chunks;
};

Content ReadAll(const MemorySnapshotFiles& files) {
  Content content;
  absl::StatusOr<SnapshotReader> reader = SnapshotReader::OpenFile(&files, kName);
  content.status = reader.status();
  if (!reader.ok()) return content;
  content.meta = reader->meta();
  content.status = reader->ForEachChunk([&](std::string_view chunk) {
    content.chunks.emplace_back(chunk);
    return absl::OkStatus();
  });
  return content;
}

// A snapshot that is written again has the same bytes.
void WriteAgain(const Content& content, const std::string& file) {
  // No writer writes a snapshot without content.
  if (content.chunks.empty()) return;
  MemorySnapshotFiles files;
  storage::SnapshotWriter writer(&files, content.meta, kName);
  for (const std::string& chunk : content.chunks) CHECK_OK(writer.Append(chunk));
  CHECK_OK(writer.Finish());
  CHECK(files.Read(kName, 0, file.size() + 1).value() == file);
}

// A receiver gets the frames as a sender reads them. It takes all of a whole snapshot.
void Receive(const MemorySnapshotFiles& sender, const Content& content, size_t file_bytes) {
  MemorySnapshotFiles files;
  absl::StatusOr<SnapshotReceiver> receiver = SnapshotReceiver::Open(&files, content.meta.id);
  CHECK_OK(receiver.status());
  while (!receiver->is_complete() && receiver->position() < file_bytes) {
    const auto frame = storage::ReadFrame(sender, kName, receiver->position());
    if (!frame.ok()) return CheckError(frame.status());
    const absl::Status added = receiver->Add(receiver->position(), *frame);
    if (!added.ok()) return CheckError(added);
  }
  CHECK(receiver->is_complete() || !content.status.ok());
  if (!receiver->is_complete()) return;
  const auto meta = receiver->Finish();
  CHECK_OK(meta.status());
  CHECK(*meta == content.meta);
  absl::StatusOr<SnapshotReader> reader = SnapshotReader::Open(&files, content.meta.id);
  CHECK_OK(reader.status());
  CHECK_OK(storage::Verify(*reader));
}

// A receiver continues after what an earlier process left.
void Continue(const std::string& file, const raft::SnapshotId& id) {
  MemorySnapshotFiles files;
  CHECK_OK(files.Append(storage::ReceivingName(id), file));
  const absl::StatusOr<SnapshotReceiver> receiver = SnapshotReceiver::Open(&files, id);
  CHECK_OK(receiver.status());
  CHECK_EQ(files.Size(storage::ReceivingName(id))->value_or(0), receiver->position());
}

void ParseOne(const std::string& file) {
  MemorySnapshotFiles files;
  CHECK_OK(files.Append(kName, file));
  const Content content = ReadAll(files);
  if (content.status.ok()) {
    WriteAgain(content, file);
  } else {
    CheckError(content.status);
  }
  Receive(files, content, file.size());
  Continue(file, content.meta.id);
}

}  // namespace
}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string file(reinterpret_cast<const char*>(data), size);
  quorate::fuzz::ParseOne(file);
  quorate::fuzz::ParseOne(quorate::fuzz::WithFrameChecksums(file));
  return 0;
}
