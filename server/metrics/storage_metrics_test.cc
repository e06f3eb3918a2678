#include "server/metrics/storage_metrics.h"

#include <gtest/gtest.h>

#include <string>

namespace quorate::server {
namespace {

class StorageMetricsTest : public ::testing::Test {
 protected:
  std::string Render(int64_t wall_ms = 0) const {
    MetricsPage page;
    AddStorageMetrics({.log = &log_, .writes = &writes_, .transfers = &transfers_}, state_, wall_ms,
                      page);
    return page.Render();
  }
  static void ExpectSample(const std::string& page, const std::string& sample) {
    EXPECT_NE(page.find("\n" + sample + "\n"), std::string::npos) << sample << " is not in\n"
                                                                  << page;
  }

  storage::KvMetrics log_;
  storage::SnapshotWriteMetrics writes_;
  storage::SnapshotReceiveMetrics transfers_;
  StorageState state_;
};

TEST_F(StorageMetricsTest, TheLogAndItsDisk) {
  log_.sync_duration.Observe(0.002);
  log_.written_bytes.Add(100);
  log_.reads.Add(3);
  state_.log_bytes = 5000;
  state_.free_bytes = 700;
  state_.min_free_bytes = 600;
  const std::string page = Render();
  ExpectSample(page, "quorate_log_sync_seconds_bucket{le=\"0.0025\"} 1");
  ExpectSample(page, "quorate_log_written_bytes_total 100");
  ExpectSample(page, "quorate_log_reads_total 3");
  ExpectSample(page, "quorate_log_size_bytes 5000");
  ExpectSample(page, "quorate_disk_free_bytes 700");
  ExpectSample(page, "quorate_disk_min_free_bytes 600");
}

TEST_F(StorageMetricsTest, WithoutASnapshotThereIsNoAge) {
  const std::string page = Render();
  ExpectSample(page, "quorate_snapshot_end_offset 0");
  EXPECT_EQ(page.find("quorate_snapshot_age_seconds"), std::string::npos) << page;
}

TEST_F(StorageMetricsTest, TheNewestSnapshot) {
  state_.snapshot.emplace();
  state_.snapshot->id.end_offset = RecordOffset(500);
  state_.snapshot->last_append_time_ms = 10'000;
  state_.snapshot_bytes = 3000;
  writes_.duration.Observe(20);
  writes_.failures.Add(2);
  transfers_.received.Add();
  transfers_.received_bytes.Add(4000);
  const std::string page = Render(70'500);
  ExpectSample(page, "quorate_snapshot_end_offset 500");
  ExpectSample(page, "quorate_snapshot_size_bytes 3000");
  ExpectSample(page, "quorate_snapshot_age_seconds 60.5");
  ExpectSample(page, "quorate_snapshot_write_seconds_bucket{le=\"25\"} 1");
  ExpectSample(page, "quorate_snapshot_failures_total 2");
  ExpectSample(page, "quorate_snapshots_received_total 1");
  ExpectSample(page, "quorate_snapshot_received_bytes_total 4000");
  // The clock of the leader that appended the entry may be ahead.
  ExpectSample(Render(9'000), "quorate_snapshot_age_seconds 0");
}

}  // namespace
}  // namespace quorate::server
