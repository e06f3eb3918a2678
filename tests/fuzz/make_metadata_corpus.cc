#include <optional>
#include <string>
#include <vector>

#include "metadata/snapshot_encoder.h"
#include "metadata/testing/random_log.h"
#include "tests/fuzz/inputs.pb.h"
#include "tests/fuzz/make_corpus.h"

namespace quorate::fuzz {
namespace {

// How many batches a log has, and how many bytes an input has at most. A fuzzer is faster with
// small inputs.
constexpr int kBatches = 25;
constexpr size_t kMaxInputBytes = 4096;

std::vector<metadata::v1::RecordBatch> BatchesOf(const metadata::RandomLog& log) {
  std::vector<metadata::v1::RecordBatch> batches(1);
  *batches.front().add_records() =
      metadata::MakeMetadataVersionRecord(log.image().metadata_version());
  for (const std::string& payload : log.payloads()) {
    CHECK(batches.emplace_back().ParseFromString(payload));
  }
  return batches;
}

std::vector<std::string> SnapshotOf(const metadata::MetadataImage& image) {
  std::vector<std::string> chunks;
  metadata::SnapshotEncoder encoder(image, /*chunk_bytes=*/500);
  while (std::optional<std::string> chunk = encoder.Next()) chunks.push_back(*std::move(chunk));
  return chunks;
}

MetadataLog LogOf(const metadata::RandomLog& log) {
  MetadataLog input;
  for (const auto& records : BatchesOf(log)) *input.add_batches()->mutable_records() = records;
  input.mutable_batches(0)->set_epoch_step(1);
  return input;
}

SnapshotContent ContentOf(const metadata::RandomLog& log) {
  SnapshotContent content;
  for (const std::string& chunk : SnapshotOf(log.image())) {
    CHECK(content.add_chunks()->ParseFromString(chunk));
  }
  return content;
}

void AddProgress(const metadata::MetadataImage& image, Subscription* input) {
  auto& progress = *input->add_events()->mutable_response()->mutable_progress();
  progress.set_high_watermark(image.end_offset().value());
  progress.set_epoch(1);
  progress.set_leader_id(1);
}

// The batches, and a break between them.
Subscription BatchesFor(const metadata::RandomLog& log) {
  Subscription input;
  int64_t offset = 0;
  for (const auto& records : BatchesOf(log)) {
    auto& batch = *input.add_events()->mutable_response()->mutable_batch();
    batch.set_epoch(1);
    batch.set_base_offset(offset);
    batch.set_record_count(metadata::CountRecords(records));
    batch.set_records(records.SerializeAsString());
    offset += batch.record_count();
    if (input.events_size() == 5) AddProgress(log.image(), &input);
    if (input.events_size() == 8) input.add_events()->set_pause_ms(3500);
  }
  AddProgress(log.image(), &input);
  return input;
}

// A snapshot, a reset, and the snapshot again.
Subscription SnapshotFor(const metadata::RandomLog& log) {
  Subscription input;
  for (int round = 0; round < 2; ++round) {
    int64_t position = 0;
    for (const std::string& data : SnapshotOf(log.image())) {
      auto& chunk = *input.add_events()->mutable_response()->mutable_snapshot_chunk();
      chunk.set_epoch(log.image().last_epoch().value());
      chunk.set_end_offset(log.image().end_offset().value());
      chunk.set_position(position);
      position += static_cast<int64_t>(data.size());
      chunk.set_next_position(position);
      chunk.set_data(data);
    }
    input.mutable_events(input.events_size() - 1)
        ->mutable_response()
        ->mutable_snapshot_chunk()
        ->set_last(true);
    AddProgress(log.image(), &input);
    if (round == 0) input.add_events()->mutable_response()->mutable_reset()->set_reason("restored");
  }
  return input;
}

void AddIfSmall(CorpusWriter& corpus, const std::string& target,
                const google::protobuf::Message& input) {
  if (input.ByteSizeLong() <= kMaxInputBytes) corpus.Add(target, input);
}

// Records that RandomLog does not make.
void AddOtherRecords(CorpusWriter& corpus) {
  const std::string start = R"(
    batches { epoch_step: 1 records { records { metadata_version { level: 2 } } } }
    batches { records { records { no_op {} } records { register_broker {
      broker_id: 1 incarnation_id: "aaaaaaaaaaaaaaaa" broker_epoch: 2
      endpoint { host: "b1" port: 9092 } rack: "r1" endpoint_verified: true
      listeners { name: "EXTERNAL" endpoint { host: "b1" port: 9093 } security_protocol: 1 }
      features { name: "metadata.version" min_level: 1 max_level: 2 }
      log_directories: "bbbbbbbbbbbbbbbbcccccccccccccccc" } } } })";
  corpus.Add("replay", FromText<MetadataLog>(start + R"(
    batches { epoch_step: 1 records { records { unregister_broker {
      broker_id: 1 broker_epoch: 2 } } } })"));
  corpus.Add("replay", FromText<MetadataLog>(start + R"(
    batches { records { records { broker_registration_change {
      broker_id: 1 broker_epoch: 2 fenced: false log_directories: "dddddddddddddddd" } }
      records { topic { name: "orders" topic_id: "tttttttttttttttt" } }
      records { partitions { topic_id: "tttttttttttttttt" replica_counts: [2, 1] replicas: [1, 2, 1]
        isr_masks: [3, 1] leader_positions: [1, 0] replica_directories: [1, 0, 0]
        directory_ids: "eeeeeeeeeeeeeeee"
        extras { partition: 1 recovering: true last_known_leader_position: 1 } } } } }
    batches { records { records { partition_changes { topic_id: "tttttttttttttttt" partitions: [0]
      isr_masks: [2] leader_positions: [2] replica_counts: [3] replicas: [2, 1, 3]
      extras { partition: 0 adding_mask: 4 elr_mask: 1 } } } } })"));
}

}  // namespace

void AddMetadataInputs(CorpusWriter& corpus) {
  for (uint64_t seed = 1; seed <= 16; ++seed) {
    metadata::RandomLog log(seed);
    for (int i = 0; i < kBatches; ++i) log.AppendBatch();
    AddIfSmall(corpus, "replay", LogOf(log));
    AddIfSmall(corpus, "snapshot_content", ContentOf(log));
    AddIfSmall(corpus, "subscription", BatchesFor(log));
    AddIfSmall(corpus, "subscription", SnapshotFor(log));
  }
  AddOtherRecords(corpus);
}

}  // namespace quorate::fuzz
