// Measures the cost of one request at the active controller, by its number of items: deciding it,
// replaying and counting its records, and parsing and replaying them on another controller.
//   ninja -C build/release controller_benchmark && build/release/controller/controller_benchmark
#include <benchmark/benchmark.h>

#include <string>
#include <variant>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "controller/decide/configs/config_decisions.h"
#include "controller/decide/partitions/partition_decisions.h"
#include "controller/decide/topics/topic_decisions.h"
#include "controller/testing/decision_fixture.h"
#include "metadata/replay.h"

namespace quorate::controller {
namespace {

admin::v1::CreateTopicsRequest CreateOf(int64_t topics, int32_t partitions) {
  admin::v1::CreateTopicsRequest request;
  for (int64_t i = 0; i < topics; ++i) {
    auto* topic = request.add_topics();
    topic->set_name(absl::StrFormat("a-topic-of-ordinary-length-%d", i));
    topic->set_partition_count(partitions);
    topic->set_replication_factor(3);
  }
  return request;
}

metadata::BatchPosition PositionOf(const metadata::MetadataImage& image,
                                   const metadata::v1::RecordBatch& records) {
  return {.epoch = image.last_epoch(),
          .base_offset = image.end_offset(),
          .record_count = metadata::CountRecords(records)};
}

// A cluster with brokers and a few thousand topics.
DecisionFixture& Cluster() {
  static DecisionFixture& cluster = *[] {
    auto* made = new DecisionFixture();
    made->StartBrokers(6);
    made->Apply(DecideCreateTopics(
        made->view(),
        [] {
          auto request = CreateOf(5'000, 3);
          for (auto& topic : *request.mutable_topics()) topic.set_name("old." + topic.name());
          return request;
        }(),
        made->context()));
    return made;
  }();
  return cluster;
}

metadata::v1::RecordBatch RecordsOf(const admin::v1::CreateTopicsRequest& request) {
  auto decision = DecideCreateTopics(Cluster().view(), request, Cluster().context());
  CHECK(std::holds_alternative<ItemResults>(decision.answer));
  return std::move(decision.records);
}

void PerItem(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void BM_DecideCreateTopics(benchmark::State& state) {
  const auto request = CreateOf(state.range(0), static_cast<int32_t>(state.range(1)));
  for (auto _ : state) {
    auto decision = DecideCreateTopics(Cluster().view(), request, Cluster().context());
    benchmark::DoNotOptimize(decision);
  }
  PerItem(state);
}

void BM_SerializeCreateTopics(benchmark::State& state) {
  const auto records = RecordsOf(CreateOf(state.range(0), static_cast<int32_t>(state.range(1))));
  for (auto _ : state) {
    std::string bytes = records.SerializeAsString();
    benchmark::DoNotOptimize(bytes);
  }
  PerItem(state);
}

void BM_ReplayCreateTopics(benchmark::State& state) {
  const auto records = RecordsOf(CreateOf(state.range(0), static_cast<int32_t>(state.range(1))));
  const metadata::MetadataImage& image = Cluster().image();
  const auto position = PositionOf(image, records);
  for (auto _ : state) {
    auto next = metadata::Replay(image, position, records);
    CHECK(next.ok()) << next.status();
    benchmark::DoNotOptimize(next);
  }
  PerItem(state);
}

void BM_ReplayPayloadOfCreateTopics(benchmark::State& state) {
  const auto records = RecordsOf(CreateOf(state.range(0), static_cast<int32_t>(state.range(1))));
  const std::string payload = records.SerializeAsString();
  const metadata::MetadataImage& image = Cluster().image();
  const auto position = PositionOf(image, records);
  for (auto _ : state) {
    auto next = metadata::ReplayPayload(image, position, payload);
    CHECK(next.ok()) << next.status();
    benchmark::DoNotOptimize(next);
  }
  PerItem(state);
}

void BM_TallyCreateTopics(benchmark::State& state) {
  const auto records = RecordsOf(CreateOf(state.range(0), static_cast<int32_t>(state.range(1))));
  const metadata::MetadataImage& image = Cluster().image();
  const auto next = metadata::Replay(image, PositionOf(image, records), records);
  CHECK(next.ok()) << next.status();
  PartitionTally before;
  before.AdvanceTo(image);
  for (auto _ : state) {
    PartitionTally tally = before;
    tally.AdvanceTo(*next);
    benchmark::DoNotOptimize(tally);
  }
  PerItem(state);
}

void BM_DecideDeleteTopics(benchmark::State& state) {
  DecisionFixture cluster;
  cluster.StartBrokers(6);
  const auto created = CreateOf(state.range(0), static_cast<int32_t>(state.range(1)));
  cluster.Apply(DecideCreateTopics(cluster.view(), created, cluster.context()));
  admin::v1::DeleteTopicsRequest request;
  for (const auto& topic : created.topics()) request.add_topics()->set_name(topic.name());
  for (auto _ : state) {
    auto decision = DecideDeleteTopics(cluster.view(), request, cluster.context());
    auto next = metadata::Replay(cluster.image(), PositionOf(cluster.image(), decision.records),
                                 decision.records);
    CHECK(next.ok()) << next.status();
    benchmark::DoNotOptimize(next);
  }
  PerItem(state);
}

void BM_DecideAlterConfigs(benchmark::State& state) {
  DecisionFixture cluster;
  cluster.StartBrokers(6);
  const auto created = CreateOf(state.range(0), static_cast<int32_t>(state.range(1)));
  cluster.Apply(DecideCreateTopics(cluster.view(), created, cluster.context()));
  admin::v1::IncrementalAlterConfigsRequest request;
  for (const auto& topic : created.topics()) {
    auto* item = request.add_resources();
    item->mutable_resource()->set_type(admin::v1::ConfigResource::TOPIC);
    item->mutable_resource()->set_name(topic.name());
    auto* change = item->add_changes();
    change->set_key("retention.ms");
    change->set_value("1000");
    change->set_operation(admin::v1::ConfigChange::SET);
  }
  for (auto _ : state) {
    auto decision = DecideIncrementalAlterConfigs(cluster.view(), request, cluster.context());
    auto next = metadata::Replay(cluster.image(), PositionOf(cluster.image(), decision.records),
                                 decision.records);
    CHECK(next.ok()) << next.status();
    benchmark::DoNotOptimize(next);
  }
  PerItem(state);
}

// Arguments: (topics, partitions of each topic).
#define REQUESTS \
  Args({20'000, 1})->Args({20'000, 10})->Args({1, 200'000})->Unit(benchmark::kMillisecond)
BENCHMARK(BM_DecideCreateTopics)->REQUESTS;
BENCHMARK(BM_SerializeCreateTopics)->REQUESTS;
BENCHMARK(BM_ReplayCreateTopics)->REQUESTS;
BENCHMARK(BM_ReplayPayloadOfCreateTopics)->REQUESTS;
BENCHMARK(BM_TallyCreateTopics)->REQUESTS;
BENCHMARK(BM_DecideDeleteTopics)->Args({20'000, 1})->Unit(benchmark::kMillisecond);
BENCHMARK(BM_DecideAlterConfigs)->Args({20'000, 1})->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace quorate::controller

BENCHMARK_MAIN();
