// Measures what an image costs: copying it, replaying a small change onto a large one, finding what
// changed, hashing it and encoding it.
//   ninja -C build/release metadata_benchmark && build/release/metadata/metadata_benchmark
#include <benchmark/benchmark.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "base/uuid.h"
#include "metadata/replay.h"
#include "metadata/snapshot_encoder.h"
#include "metadata/state_hash.h"
#include "metadata/testing/test_log.h"

namespace quorate::metadata {
namespace {

Uuid TopicId(uint64_t topic) {
  Rng rng(topic);
  return Uuid::Random(rng);
}

// Returns a log of a million partitions, divided evenly among `topics` topics.
const TestLog& LargeLog(int64_t topics) {
  static auto& logs = *new std::map<int64_t, TestLog>();
  const auto [it, is_new] = logs.try_emplace(topics);
  if (!is_new) return it->second;
  it->second.MustAppend({MakeMetadataVersionRecord(1)});
  const std::vector<NewPartition> partitions(
      static_cast<size_t>(1'000'000 / topics),
      {.replicas = {BrokerId(1), BrokerId(2), BrokerId(3)}, .isr_mask = 7, .leader_position = 0});
  for (int64_t i = 0; i < topics; ++i) {
    const Uuid id = TopicId(static_cast<uint64_t>(i));
    it->second.MustAppend({MakeTopicRecord("a-topic-of-ordinary-length-" + std::to_string(i), id),
                           MakePartitionsRecord(id, 0, partitions)});
  }
  return it->second;
}

MetadataImage ReplayOne(const MetadataImage& image, const v1::Record& record) {
  v1::RecordBatch batch;
  *batch.add_records() = record;
  auto next = Replay(image,
                     {.epoch = image.last_epoch(),
                      .base_offset = image.end_offset(),
                      .record_count = CountRecords(batch)},
                     batch);
  CHECK(next.ok()) << next.status();
  return *std::move(next);
}

v1::Record ChangeOf(uint64_t topic) {
  return MakePartitionChangesRecord(
      TopicId(topic),
      std::vector<PartitionChange>{{.partition = 0, .isr_mask = 3, .leader_position = 0}});
}

void BM_Copy(benchmark::State& state) {
  const MetadataImage& image = LargeLog(state.range(0)).image();
  for (auto _ : state) {
    MetadataImage copy = image;
    benchmark::DoNotOptimize(copy);
  }
}
BENCHMARK(BM_Copy)->Arg(10'000);

void BM_ChangeOnePartition(benchmark::State& state) {
  MetadataImage image = LargeLog(state.range(0)).image();
  uint64_t i = 0;
  for (auto _ : state) {
    // The previous image stays alive, as committed images do.
    const MetadataImage before = image;
    image = ReplayOne(image, ChangeOf(i++ % static_cast<uint64_t>(state.range(0))));
  }
}
BENCHMARK(BM_ChangeOnePartition)->Arg(10)->Arg(10'000)->Arg(1'000'000);

void BM_FindWhatOneChangeChanged(benchmark::State& state) {
  const MetadataImage& before = LargeLog(state.range(0)).image();
  const MetadataImage image = ReplayOne(before, ChangeOf(3));
  for (auto _ : state) {
    int partitions = 0;
    image.ForEachChangedTopic(before, [&](const TopicPtr& old, const TopicPtr& now) {
      now->ForEachChangedPartition(old.get(), [&](const PartitionView&) { ++partitions; });
    });
    CHECK_EQ(partitions, 1);
  }
}
BENCHMARK(BM_FindWhatOneChangeChanged)->Arg(10)->Arg(10'000)->Arg(1'000'000);

void BM_AddRequestResult(benchmark::State& state) {
  MetadataImage image = LargeLog(10'000).image();
  RequestResult result{.principal = "alice",
                       .request_id = {TestUuid(1), 0},
                       .method = "quorate.admin.v1.AdminService/CreateTopics",
                       .items = std::vector<RequestResult::Item>(1)};
  const auto add = [&] {
    ++result.request_id.sequence;
    image = ReplayOne(image, MakeRequestResultRecord(result));
  };
  while (image.request_result_count() < 100'000) add();
  for (auto _ : state) add();
}
BENCHMARK(BM_AddRequestResult);

void BM_StateHash(benchmark::State& state) {
  const MetadataImage& image = LargeLog(state.range(0)).image();
  for (auto _ : state) benchmark::DoNotOptimize(StateHash(image));
}
BENCHMARK(BM_StateHash)->Arg(10'000)->Unit(benchmark::kMillisecond);

void BM_EncodeSnapshot(benchmark::State& state) {
  const MetadataImage& image = LargeLog(state.range(0)).image();
  for (auto _ : state) {
    SnapshotEncoder encoder(image);
    while (auto chunk = encoder.Next()) benchmark::DoNotOptimize(*chunk);
  }
}
BENCHMARK(BM_EncodeSnapshot)->Arg(10'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace quorate::metadata

BENCHMARK_MAIN();
