#include "bench/disk_floor.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "base/check.h"
#include "bench/statistics.h"
#include "bench/system.h"
#include "storage/rocksdb_kv.h"
#include "tests/harness/temp_dir.h"

namespace quorate::bench {
namespace {

std::vector<double> PutAll(storage::RocksDbKv& kv, int puts) {
  const std::string value(kWriteBytes, 'v');
  std::vector<double> latencies_ms;
  for (int n = 0; n < puts; ++n) {
    const auto begun = std::chrono::steady_clock::now();
    const absl::Status status = kv.WriteBatch(
        static_cast<uint64_t>(n) + 1,
        {{storage::KvFamily::kLog, "key-" + std::to_string(n), value}}, /*sync=*/true);
    CHECK(status.ok()) << status;
    latencies_ms.push_back(Milliseconds(std::chrono::steady_clock::now() - begun));
  }
  return latencies_ms;
}

}  // namespace

std::vector<double> SyncedPuts(int writers, int puts) {
  const testing::TempDir directory;
  std::vector<std::unique_ptr<storage::RocksDbKv>> databases;
  for (int i = 0; i < writers; ++i) {
    auto kv = storage::RocksDbKv::Open(
        {.path = directory.path() + "/" + std::to_string(i), .create = true});
    CHECK(kv.ok()) << kv.status();
    databases.push_back(*std::move(kv));
  }
  std::vector<std::vector<double>> latencies_ms(databases.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < databases.size(); ++i) {
    threads.emplace_back([&, i] { latencies_ms[i] = PutAll(*databases[i], puts); });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<double> all;
  for (const auto& some : latencies_ms) all.insert(all.end(), some.begin(), some.end());
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace quorate::bench
