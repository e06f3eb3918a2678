#include "broker/metadata_follower.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/testing/manual_executor.h"
#include "broker/testing/fake_controller_channel.h"
#include "broker/testing/fake_metadata_source.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "metadata/record_builders.h"
#include "metadata/snapshot_encoder.h"
#include "metadata/testing/test_log.h"

namespace quorate::broker {
namespace {

using metadata::MakeTopicRecord;
using metadata::TestUuid;
using std::chrono::milliseconds;
using testing::HasSubstr;

std::string Payload(const std::vector<metadata::v1::Record>& records) {
  metadata::v1::RecordBatch batch;
  for (const metadata::v1::Record& record : records) *batch.add_records() = record;
  return batch.SerializeAsString();
}

std::string TopicPayload(const std::string& name, uint16_t id) {
  return Payload({MakeTopicRecord(name, TestUuid(id))});
}

class MetadataFollowerTest : public testing::Test, public MetadataFollower::Listener {
 protected:
  MetadataFollowerTest() {
    options_.cluster_id = "AAAAAAAAAAAAAAAAAAAAAA";
    options_.broker_id = BrokerId(1);
    options_.bootstrap = {"a", "b", "c"};
    follower_.emplace(options_, &executor_, &clock_, &rng_, &source_, this);
  }

  void OnImage(const metadata::MetadataImage& before, const metadata::MetadataImage& now) override {
    EXPECT_EQ(before.end_offset().value(), published_.empty() ? 0 : published_.back());
    published_.push_back(now.end_offset().value());
  }
  void OnLogReplaced() override { ++replaced_; }
  void OnControllerEpoch(int32_t epoch) override { controller_epoch_ = epoch; }
  void OnReplayFailed(absl::Status status) override { failed_ = status; }

  void Run() { executor_.RunReady(); }

  // Starts the follower and sends a log with a barrier, the metadata version and a topic, all in
  // epoch 1, which ends at offset 3.
  void StartAndCatchUp() {
    follower_->Start();
    source_.SendBatch(1, 0);
    source_.SendBatch(1, 1, Payload({metadata::MakeMetadataVersionRecord(1)}));
    source_.SendBatch(1, 2, TopicPayload("orders", 1));
    source_.SendProgress(1, 1, 3);
    Run();
  }

  BrokerOptions options_;
  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  Rng rng_{1};
  FakeMetadataSource source_{&executor_};
  std::optional<MetadataFollower> follower_;
  std::vector<int64_t> published_;
  int replaced_ = 0;
  int32_t controller_epoch_ = 0;
  std::optional<absl::Status> failed_;
};

TEST_F(MetadataFollowerTest, BeginsFromNothingAndPublishesWhenItHasReachedTheEnd) {
  follower_->Start();
  ASSERT_EQ(source_.subscriptions.size(), 1u);
  EXPECT_EQ(source_.endpoint(), "b") << "brokers spread over the controllers";
  EXPECT_EQ(source_.subscriptions[0].request.cluster_id(), options_.cluster_id);
  EXPECT_EQ(source_.subscriptions[0].request.epoch(), 0);
  EXPECT_EQ(source_.subscriptions[0].request.end_offset(), 0);
  EXPECT_EQ(source_.subscriptions[0].request.subscriber(), "broker-1");

  source_.SendBatch(1, 0);
  source_.SendBatch(1, 1, Payload({metadata::MakeMetadataVersionRecord(1)}));
  source_.SendBatch(1, 2, TopicPayload("orders", 1));
  Run();
  EXPECT_TRUE(published_.empty());
  source_.SendProgress(1, 1, 3);
  Run();
  EXPECT_EQ(published_, std::vector<int64_t>{3});
  EXPECT_EQ(follower_->endpoint(), "b");
  EXPECT_TRUE(follower_->image().FindTopicByName("orders"));

  source_.SendBatch(1, 3, TopicPayload("payments", 2));
  Run();
  EXPECT_EQ(published_, (std::vector<int64_t>{3, 4})) << "from then on, batch by batch";
}

TEST_F(MetadataFollowerTest, AControllerThatHasOnlyJustStartedDoesNotCountAsTheEnd) {
  follower_->Start();
  // The controller knows no leader and therefore no high watermark.
  source_.SendProgress(3, -1, 0);
  Run();
  // It knows the leader, but not yet what is committed.
  source_.SendProgress(4, 2, 0);
  Run();
  source_.SendBatch(1, 0);
  source_.SendProgress(4, 2, 1);
  Run();
  EXPECT_TRUE(published_.empty());
  // With the barrier of the leader's epoch, everything committed earlier has arrived.
  source_.SendBatch(4, 1);
  source_.SendProgress(4, 2, 2);
  Run();
  EXPECT_EQ(published_, std::vector<int64_t>{2});
}

TEST_F(MetadataFollowerTest, ResumesAtAnotherControllerWhereTheStreamBroke) {
  StartAndCatchUp();
  source_.Break(TestError(common::v1::CONTROLLER_NOT_AVAILABLE));
  Run();
  ASSERT_EQ(source_.subscriptions.size(), 2u);
  EXPECT_EQ(source_.endpoint(), "c");
  EXPECT_EQ(source_.subscriptions[1].request.epoch(), 1);
  EXPECT_EQ(source_.subscriptions[1].request.end_offset(), 3);
  EXPECT_EQ(follower_->endpoint(), "");
  source_.SendBatch(2, 3);
  Run();
  EXPECT_EQ(published_, (std::vector<int64_t>{3, 4}));
  EXPECT_EQ(follower_->endpoint(), "c");
}

TEST_F(MetadataFollowerTest, KeepsTheImageAndKeepsTryingWhileNoControllerIsThere) {
  StartAndCatchUp();
  for (int i = 0; i < 20; ++i) {
    source_.Break(TestError(common::v1::CONTROLLER_NOT_AVAILABLE));
    executor_.AdvanceBy(std::chrono::seconds(1));
    ASSERT_TRUE(source_.is_open());
  }
  EXPECT_TRUE(follower_->image().FindTopicByName("orders"));
  EXPECT_EQ(source_.subscriptions.back().request.end_offset(), 3);
}

TEST_F(MetadataFollowerTest, ASilentSourceIsGivenUp) {
  StartAndCatchUp();
  executor_.AdvanceBy(options_.metadata_idle_timeout - milliseconds(1));
  source_.SendProgress(1, 1, 3);
  executor_.AdvanceBy(options_.metadata_idle_timeout - milliseconds(1));
  EXPECT_EQ(source_.subscriptions.size(), 1u);
  executor_.AdvanceBy(milliseconds(1));
  EXPECT_EQ(source_.subscriptions.size(), 2u);
  EXPECT_EQ(source_.endpoint(), "c");
}

TEST_F(MetadataFollowerTest, ASourceThatHasLostTouchWithTheActiveControllerIsGivenUp) {
  StartAndCatchUp();
  follower_->OnActiveEpoch(2);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(source_.endpoint(), "b");
    source_.SendProgress(1, 1, 3);
    executor_.AdvanceBy(options_.metadata_idle_timeout / 3);
  }
  EXPECT_EQ(source_.endpoint(), "c") << "its messages were of a past epoch";
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(source_.endpoint(), "c");
    source_.SendProgress(2, -1, 3);
    executor_.AdvanceBy(options_.metadata_idle_timeout / 3);
  }
  EXPECT_EQ(source_.endpoint(), "a") << "it knew no leader";
}

TEST_F(MetadataFollowerTest, WithoutAnActiveControllerASourceThatSpeaksIsKept) {
  StartAndCatchUp();
  for (int i = 0; i < 12; ++i) {
    source_.SendProgress(1, -1, 3);
    executor_.AdvanceBy(options_.metadata_idle_timeout / 3);
  }
  EXPECT_EQ(source_.subscriptions.size(), 1u);
}

TEST_F(MetadataFollowerTest, TellsOfControllersThatLead) {
  StartAndCatchUp();
  EXPECT_EQ(controller_epoch_, 1);
  source_.SendProgress(2, -1, 3);
  Run();
  EXPECT_EQ(controller_epoch_, 1);
  source_.SendProgress(2, 3, 3);
  Run();
  EXPECT_EQ(controller_epoch_, 2);
}

TEST_F(MetadataFollowerTest, AResetBeginsAgainFromNothingAndKeepsTheImageMeanwhile) {
  StartAndCatchUp();
  source_.SendReset();
  Run();
  EXPECT_EQ(replaced_, 1);
  ASSERT_EQ(source_.subscriptions.size(), 2u);
  EXPECT_EQ(source_.subscriptions[1].request.epoch(), 0);
  EXPECT_EQ(source_.subscriptions[1].request.end_offset(), 0);
  source_.SendBatch(5, 0);
  source_.SendBatch(5, 1, Payload({metadata::MakeMetadataVersionRecord(1)}));
  Run();
  EXPECT_TRUE(follower_->image().FindTopicByName("orders"));
  source_.SendProgress(5, 1, 2);
  Run();
  EXPECT_EQ(published_, (std::vector<int64_t>{3, 2}));
  EXPECT_FALSE(follower_->image().FindTopicByName("orders"));
}

TEST_F(MetadataFollowerTest, ASourceThatResetsASubscriptionFromNothingIsGivenUp) {
  follower_->Start();
  source_.SendReset();
  Run();
  EXPECT_EQ(replaced_, 0);
  EXPECT_EQ(source_.endpoint(), "c");
}

TEST_F(MetadataFollowerTest, ABatchOutOfOrderIsNotReplayed) {
  StartAndCatchUp();
  source_.SendBatch(1, 4, TopicPayload("payments", 2));
  Run();
  EXPECT_EQ(source_.endpoint(), "c");
  EXPECT_EQ(source_.subscriptions.back().request.end_offset(), 3);
  EXPECT_FALSE(failed_);
}

TEST_F(MetadataFollowerTest, ALogThatCannotBeReplayedIsTheEnd) {
  StartAndCatchUp();
  source_.SendBatch(1, 3, TopicPayload("orders", 2));
  Run();
  ASSERT_TRUE(failed_);
  EXPECT_THAT(std::string(failed_->message()), HasSubstr("offset 3"));
  EXPECT_FALSE(source_.is_open());
  EXPECT_EQ(published_, std::vector<int64_t>{3});
}

TEST_F(MetadataFollowerTest, AnEventOfALaterVersionIsTheEnd) {
  StartAndCatchUp();
  source_.Deliver(metadata::v1::SubscribeResponse());
  Run();
  ASSERT_TRUE(failed_);
  EXPECT_EQ(failed_->code(), absl::StatusCode::kUnimplemented);
}

// A snapshot of a log in epoch 2 that ends at `end_offset`, in chunks of one record. Positions
// count chunks.
class MetadataFollowerSnapshotTest : public MetadataFollowerTest {
 protected:
  void MakeSnapshot(int topics) {
    metadata::TestLog log;
    log.NewEpoch();
    log.MustAppend({metadata::MakeMetadataVersionRecord(1)});
    for (int i = 1; i <= topics; ++i) {
      log.MustAppend(
          {MakeTopicRecord("t" + std::to_string(i), TestUuid(static_cast<uint16_t>(i)))});
    }
    end_offset_ = log.end_offset();
    chunks_.clear();
    metadata::SnapshotEncoder encoder(log.image(), /*chunk_bytes=*/1);
    while (auto chunk = encoder.Next()) chunks_.push_back(*std::move(chunk));
  }
  void SendChunks(size_t from, size_t to) {
    for (size_t i = from; i < std::min(to, chunks_.size()); ++i) {
      metadata::v1::SubscribeResponse response;
      auto& chunk = *response.mutable_snapshot_chunk();
      chunk.set_epoch(2);
      chunk.set_end_offset(end_offset_);
      chunk.set_position(static_cast<int64_t>(100 + i));
      chunk.set_next_position(static_cast<int64_t>(101 + i));
      chunk.set_data(chunks_[i]);
      chunk.set_last(i + 1 == chunks_.size());
      source_.Deliver(response);
    }
    Run();
  }
  const metadata::v1::SubscribeRequest& last_request() {
    return source_.subscriptions.back().request;
  }

  int64_t end_offset_ = 0;
  std::vector<std::string> chunks_;
};

TEST_F(MetadataFollowerSnapshotTest, ASnapshotIsLoadedAndBatchesFollow) {
  MakeSnapshot(5);
  follower_->Start();
  SendChunks(0, 100);
  EXPECT_TRUE(published_.empty()) << "no image is published before the end of the log";
  source_.SendBatch(2, end_offset_, TopicPayload("more", 77));
  source_.SendProgress(2, 1, end_offset_ + 1);
  Run();
  EXPECT_EQ(published_, std::vector<int64_t>{end_offset_ + 1});
  EXPECT_TRUE(follower_->image().FindTopicByName("t5"));
  EXPECT_TRUE(follower_->image().FindTopicByName("more"));
}

TEST_F(MetadataFollowerSnapshotTest, ABrokerThatFellBehindShowsTheSnapshotAtOnce) {
  StartAndCatchUp();
  MakeSnapshot(5);
  SendChunks(0, chunks_.size() - 1);
  EXPECT_EQ(published_, std::vector<int64_t>{3});
  SendChunks(chunks_.size() - 1, 100);
  EXPECT_EQ(published_, (std::vector<int64_t>{3, end_offset_}));
  EXPECT_FALSE(follower_->image().FindTopicByName("orders")) << "it replaces everything";
  EXPECT_EQ(replaced_, 0);
}

TEST_F(MetadataFollowerSnapshotTest, GoesOnAtAnotherControllerWhereItWas) {
  MakeSnapshot(5);
  follower_->Start();
  SendChunks(0, 3);
  source_.Break({});
  Run();
  executor_.AdvanceBy(options_.metadata_idle_timeout);
  EXPECT_EQ(last_request().end_offset(), 0);
  EXPECT_EQ(last_request().snapshot_epoch(), 2);
  EXPECT_EQ(last_request().snapshot_end_offset(), end_offset_);
  EXPECT_EQ(last_request().snapshot_position(), 103);
  SendChunks(3, 100);
  source_.SendProgress(2, 1, end_offset_);
  Run();
  EXPECT_EQ(published_, std::vector<int64_t>{end_offset_});
}

TEST_F(MetadataFollowerSnapshotTest, AnotherSnapshotBeginsAnew) {
  MakeSnapshot(5);
  follower_->Start();
  SendChunks(0, 3);
  MakeSnapshot(9);
  SendChunks(0, 100);
  source_.SendProgress(2, 1, end_offset_);
  Run();
  EXPECT_EQ(published_, std::vector<int64_t>{end_offset_});
  EXPECT_TRUE(follower_->image().FindTopicByName("t9"));
}

TEST_F(MetadataFollowerSnapshotTest, APieceOutOfTurnMovesOnAndBeginsAnew) {
  MakeSnapshot(5);
  follower_->Start();
  const size_t subscriptions = source_.subscriptions.size();
  SendChunks(0, 2);
  SendChunks(3, 4);
  executor_.AdvanceBy(options_.metadata_idle_timeout);
  EXPECT_GT(source_.subscriptions.size(), subscriptions);
  EXPECT_EQ(last_request().snapshot_position(), 0);
  EXPECT_FALSE(failed_);
}

TEST_F(MetadataFollowerSnapshotTest, ASnapshotOfAnotherPositionIsRefused) {
  StartAndCatchUp();
  MakeSnapshot(5);
  end_offset_ += 10;
  SendChunks(0, 100);
  ASSERT_TRUE(failed_);
  EXPECT_EQ(failed_->code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(published_, std::vector<int64_t>{3});
}

TEST_F(MetadataFollowerSnapshotTest, ASnapshotOfAnEarlierEpochIsRefused) {
  StartAndCatchUp();
  source_.SendBatch(7, 3);
  Run();
  MakeSnapshot(5);
  const size_t subscriptions = source_.subscriptions.size();
  SendChunks(0, 1);
  executor_.AdvanceBy(options_.metadata_idle_timeout);
  EXPECT_GT(source_.subscriptions.size(), subscriptions);
  EXPECT_EQ(published_, (std::vector<int64_t>{3, 4}));
}

TEST_F(MetadataFollowerSnapshotTest, ASnapshotThatCannotBeReadIsTheEnd) {
  MakeSnapshot(5);
  chunks_[3] = "garbage";
  follower_->Start();
  SendChunks(0, 100);
  ASSERT_TRUE(failed_);
  EXPECT_EQ(failed_->code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace quorate::broker
