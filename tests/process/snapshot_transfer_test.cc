// A controller was down while the others dropped the entries that it lacks. It is sent a snapshot,
// even if a controller dies meanwhile or files are damaged.
#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>

#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "tests/harness/cluster.h"
#include "tests/process/subscription.h"
#include "tests/process/topic_stream.h"

namespace quorate::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr int kAway = 3;

int Count(const std::string& text, const std::string& what) {
  int count = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

void FlipBit(const fs::path& path) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const auto middle = static_cast<std::streamoff>(fs::file_size(path) / 2);
  file.seekg(middle);
  const int before = file.get();
  ASSERT_GE(before, 0) << path;
  file.seekp(middle);
  file.put(static_cast<char>(before ^ 0x10));
}

class SnapshotTransferTest : public ::testing::Test {
 protected:
  // Stops controller 3, and waits until controllers 1 and 2 no longer have the entries that it
  // needs next.
  SnapshotTransferTest() {
    cluster_.Start();
    cluster_.controller(kAway).Kill();
    client::AdminClient client = cluster_.Client({1, 2});
    AwaitGivenUp();
    stream_.emplace(cluster_, "stream");
    stream_->AwaitMore(1);
    const auto now = Must(client.DescribeCluster({}));
    first_ = {.epoch = now.controller_epoch(), .end_offset = now.end_offset()};
    AwaitForgotten(first_.end_offset);
  }

  // Waits until the leader no longer keeps entries for controller 3 that a snapshot holds. The
  // leader does this when it has received nothing from controller 3 for an election timeout.
  void AwaitGivenUp() {
    CHECK(WaitFor([&] {
      const auto seen = cluster_.QuorumSeenBy(cluster_.AwaitActive());
      if (!seen) return false;
      const int64_t leads_for_ms = SystemClock().WallMs() - seen->leader_since_ms();
      for (const auto& voter : seen->voters()) {
        if (voter.node_id() != kAway) continue;
        const int64_t age_ms = voter.last_contact_age_ms();
        return (age_ms < 0 ? leads_for_ms : age_ms) > 1500;
      }
      return false;
    }));
  }

  // Waits until the logs of controllers 1 and 2 begin after `end_offset`. After the next write, a
  // log begins at the end of the second newest snapshot.
  void AwaitForgotten(int64_t end_offset) {
    CHECK(WaitFor([&] {
      for (const int node : {1, 2}) {
        const std::vector<fs::path> files = FilesOf(node, ".snapshot");
        if (files.size() < 2 || EndOffsetOf(files[files.size() - 2]) <= end_offset) return false;
      }
      return true;
    }));
    stream_->AwaitMore(3);
  }

  // A restart empties the memory in which the newest entries are kept for subscribers.
  void RestartOneByOne() {
    for (const int node : {1, 2}) {
      cluster_.controller(node).Kill();
      cluster_.StartController(node);
      cluster_.AwaitReady();
    }
  }

  // Stops all changes, and waits until no snapshot is being written.
  void Quiesce() {
    stream_->Stop();
    CHECK(WaitFor([&] {
      for (const int node : {1, 2}) {
        if (!FilesOf(node, ".writing").empty()) return false;
      }
      return true;
    }));
  }

  // Returns the snapshot files of a controller that have this extension, oldest first.
  std::vector<fs::path> FilesOf(int node, const std::string& extension) const {
    std::set<fs::path> files;
    for (const auto& file :
         fs::directory_iterator(cluster_.ControllerDirectory(node) + "/snapshots")) {
      if (file.path().extension() == extension) files.insert(file.path());
    }
    return {files.begin(), files.end()};
  }

  static int64_t EndOffsetOf(const fs::path& snapshot) {
    return std::stoll(snapshot.filename().string());
  }

  std::string LogOfAway() { return cluster_.controller(kAway).Log(); }

  void ExpectAllThere(int node) {
    stream_->Stop();
    client::AdminClient client = cluster_.Client({node});
    ExpectExactlyAcknowledged(client, *stream_);
  }

  Cluster cluster_{
      {.controllers = 3, .brokers = 2, .controller_flags = {"--snapshot-min-log-bytes=3000"}}};
  // The position after the first topic, which was created while controller 3 was down.
  SubscriberPosition first_;
  std::optional<TopicStream> stream_;
};

TEST_F(SnapshotTransferTest, ItCatchesUpUnderLoad) {
  cluster_.StartController(kAway);
  cluster_.AwaitReady();
  stream_->AwaitMore(5);
  EXPECT_THAT(LogOfAway(), HasSubstr("received the snapshot of offset"));
  ExpectAllThere(kAway);
  // After another restart, it continues from what it received.
  cluster_.controller(kAway).Kill();
  cluster_.StartController(kAway);
  cluster_.AwaitReady();
  ExpectAllThere(kAway);
}

TEST_F(SnapshotTransferTest, AReceiverThatDiesGoesOnWhereItWas) {
  Quiesce();
  cluster_.StartController(kAway, {"--failpoints=storage.after_receive=abort@2"});
  ASSERT_TRUE(cluster_.controller(kAway).Wait(kPatience)) << LogOfAway();
  const std::vector<fs::path> partial = FilesOf(kAway, ".receiving");
  ASSERT_EQ(partial.size(), 1u);
  const uintmax_t received = fs::file_size(partial[0]);
  ASSERT_GT(received, 0u);
  cluster_.StartController(kAway);
  cluster_.AwaitReady();
  EXPECT_THAT(LogOfAway(), HasSubstr(absl::StrFormat(", starting at byte %d\n", received)));
  ExpectAllThere(kAway);
}

TEST_F(SnapshotTransferTest, ItGoesOnFromAnotherControllerWhenTheSenderDies) {
  Quiesce();
  for (const int node : {1, 2}) cluster_.controller(node).Kill();
  // Each controller writes its own snapshots, at different offsets. This copies the newest one, as
  // if both had written it with the same bytes.
  const fs::path newest =
      std::max(FilesOf(1, ".snapshot").back(), FilesOf(2, ".snapshot").back(),
               [](const fs::path& a, const fs::path& b) { return a.filename() < b.filename(); });
  for (const int node : {1, 2}) {
    const fs::path copy =
        fs::path(cluster_.ControllerDirectory(node)) / "snapshots" / newest.filename();
    if (!fs::exists(copy)) fs::copy_file(newest, copy);
  }
  // The first leader dies before it sends the third piece.
  cluster_.StartController(1, {"--election-timeout-min-ms=200", "--election-timeout-max-ms=250",
                               "--failpoints=raft.snapshot=abort@3"});
  cluster_.StartController(2, {"--election-timeout-min-ms=5000", "--election-timeout-max-ms=6000"});
  ASSERT_EQ(cluster_.AwaitActive(), 1);
  cluster_.StartController(kAway);
  const auto status = cluster_.controller(1).Wait(kPatience);
  ASSERT_TRUE(status) << cluster_.controller(1).Log();
  EXPECT_EQ(status->signal, SIGKILL);
  cluster_.AwaitReady({kAway});
  EXPECT_EQ(cluster_.AwaitActive(), 2);
  EXPECT_EQ(Count(LogOfAway(), "receiving the snapshot"), 1) << LogOfAway();
  EXPECT_EQ(Count(LogOfAway(), "received the snapshot"), 1) << LogOfAway();
  ExpectAllThere(kAway);
}

// A damaged snapshot is not sent. The receiver gets the snapshot from the other controller.
TEST_F(SnapshotTransferTest, ADamagedSnapshotIsNeverSent) {
  const int active = cluster_.AwaitActive();
  Quiesce();
  for (const fs::path& file : FilesOf(active, ".snapshot")) FlipBit(file);
  cluster_.StartController(kAway);
  const auto status = cluster_.controller(active).Wait(kPatience);
  ASSERT_TRUE(status) << "it goes on though its snapshot cannot be read";
  EXPECT_EQ(status->code, 1);
  EXPECT_THAT(cluster_.controller(active).Log(), HasSubstr("cannot be read at byte"));
  cluster_.AwaitReady({kAway});
  ExpectAllThere(kAway);
  // The damaged controller's log no longer contains the earlier entries either, so it cannot start.
  cluster_.StartController(active);
  EXPECT_EQ(cluster_.controller(active).Wait(kPatience)->code, 1);
  EXPECT_THAT(cluster_.controller(active).Log(), HasSubstr("needs an empty data directory"));
}

TEST_F(SnapshotTransferTest, ADamagedNewestSnapshotIsReplacedByTheOneBeforeAndTheLog) {
  Quiesce();
  const int node = cluster_.Others(cluster_.AwaitActive()).front();
  cluster_.controller(node).Kill();
  const fs::path newest = FilesOf(node, ".snapshot").back();
  FlipBit(newest);
  cluster_.StartController(node);
  cluster_.AwaitReady({node});
  ExpectAllThere(node);
  EXPECT_THAT(cluster_.controller(node).Log(),
              HasSubstr("cannot use " + newest.filename().string()));
}

TEST_F(SnapshotTransferTest, ASubscriberFarBehindGetsASnapshotAndThenBatches) {
  RestartOneByOne();
  for (const SubscriberPosition from : {SubscriberPosition(), first_}) {
    for (const int node : {1, 2}) {
      Subscription subscription(cluster_, node, from);
      stream_->AwaitMore(1);
      client::AdminClient client = cluster_.Client({node});
      const auto now = Must(client.DescribeCluster({}));
      ASSERT_TRUE(subscription.ReadTo(now.end_offset()));
      ASSERT_TRUE(subscription.snapshot());
      const metadata::MetadataImage image =
          ReplayAll(subscription.batches(), *subscription.snapshot());
      EXPECT_NE(image.FindTopicByName("stream-0"), nullptr);
      EXPECT_GT(image.topic_count(), subscription.snapshot()->topic_count());
    }
  }
}

TEST_F(SnapshotTransferTest, ABrokerFarBehindGetsASnapshotAndThenBatches) {
  cluster_.broker(2).Signal(SIGSTOP);
  client::AdminClient client = cluster_.Client({1, 2});
  const auto then = Must(client.DescribeCluster({}));
  AwaitForgotten(then.end_offset());
  RestartOneByOne();
  stream_->Stop();
  cluster_.broker(2).Signal(SIGCONT);
  ASSERT_TRUE(WaitFor([&] {
    return Count(cluster_.broker(2).Log(), "reads its snapshot of offset") > 0;
  })) << cluster_.broker(2).Log();
  cluster_.AwaitUnfencedBrokers(2);
  // The broker receives the entries that follow, and acts on them.
  CreateTopic(client, "on-both", 1, 2);
  EXPECT_TRUE(WaitFor([&] {
    admin::v1::DescribeTopicsRequest request;
    request.add_topics("on-both");
    return Must(client.DescribeTopics(request)).topics(0).partitions(0).isr_size() == 2;
  }));
}

}  // namespace
}  // namespace quorate::testing
