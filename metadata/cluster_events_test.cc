#include "metadata/cluster_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "metadata/testing/replay_fixture.h"

namespace quorate::metadata {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using v1::ClusterEvent;

class ClusterEventsTest : public ReplayTest {
 protected:
  // Appends the records and returns the events.
  std::vector<ClusterEvent> Append(const std::vector<v1::Record>& records) {
    const MetadataImage before = image();
    v1::RecordBatch batch;
    for (const v1::Record& record : records) *batch.add_records() = record;
    batch_.set_base_offset(log_.end_offset());
    batch_.set_records(batch.SerializeAsString());
    log_.MustAppend(records);
    return EventsOf(batch_, before, image());
  }

  // As above, as "KIND: text".
  std::vector<std::string> Texts(const std::vector<v1::Record>& records) {
    std::vector<std::string> texts;
    for (const ClusterEvent& event : Append(records)) {
      texts.push_back(absl::StrCat(ClusterEvent::Kind_Name(event.kind()), ": ", event.text()));
    }
    return texts;
  }

  std::vector<std::string> Change(const std::vector<PartitionChange>& changes) {
    return Texts({MakePartitionChangesRecord(kOrders, changes)});
  }

  static v1::Record Changed(const BrokerChange& change) {
    return MakeBrokerRegistrationChangeRecord(BrokerId(3), 1, change);
  }

  v1::Batch batch_;
};

TEST_F(ClusterEventsTest, AnEventSaysWhenAndByWhom) {
  batch_.set_epoch(4);
  batch_.set_append_time_ms(1234);
  batch_.set_principal("User:admin/maria");
  batch_.set_cause("create topic orders");
  const std::vector<ClusterEvent> events =
      Append({MakeTopicRecord("orders", kOrders), MakePartitionsRecord(kOrders, 0, Partitions(2))});
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].offset(), 1);
  EXPECT_EQ(events[0].epoch(), 4);
  EXPECT_EQ(events[0].time_ms(), 1234);
  EXPECT_EQ(events[0].principal(), "User:admin/maria");
  EXPECT_EQ(events[0].cause(), "create topic orders");
  EXPECT_EQ(events[0].subject(), "orders");
  EXPECT_EQ(events[0].count(), 1);
}

TEST_F(ClusterEventsTest, Topics) {
  EXPECT_THAT(
      Texts({MakeTopicRecord("orders", kOrders), MakePartitionsRecord(kOrders, 0, Partitions(2))}),
      ElementsAre("TOPIC_CREATED: topic orders created: 2 partitions, 3 replicas of each"));
  EXPECT_THAT(Texts({MakePartitionsRecord(kOrders, 2, Partitions(3))}),
              ElementsAre("PARTITIONS_ADDED: topic orders got 3 more partitions, 5 in all"));
  EXPECT_THAT(Texts({MakeRemoveTopicRecord(kOrders)}),
              ElementsAre("TOPIC_DELETED: topic orders deleted: 5 partitions"));
}

TEST_F(ClusterEventsTest, ManyTopicsOfOneRequestAreSummedUp) {
  std::vector<v1::Record> records;
  for (uint16_t i = 1; i <= 50; ++i) {
    records.push_back(MakeTopicRecord(absl::StrCat("t", i), TestUuid(i)));
    records.push_back(MakePartitionsRecord(TestUuid(i), 0, Partitions(1)));
  }
  const std::vector<ClusterEvent> events = Append(records);
  ASSERT_THAT(events, SizeIs(kMaxEventsOfAKind + 1));
  EXPECT_EQ(events.back().text(), "30 more topics created");
  EXPECT_EQ(events.back().count(), 30);
}

TEST_F(ClusterEventsTest, Brokers) {
  EXPECT_THAT(Texts({MakeRegisterBrokerRecord(Registration(3, 1))}),
              ElementsAre("BROKER_REGISTERED: broker 3 registered at broker.example:9092, rack "
                          "\"r1\""));
  EXPECT_THAT(Texts({Changed({.fenced = false})}),
              ElementsAre("BROKER_UNFENCED: broker 3 unfenced"));
  EXPECT_THAT(Texts({Changed({.in_controlled_shutdown = true})}),
              ElementsAre("BROKER_SHUTTING_DOWN: broker 3 is stopping, and gives its leaders "
                          "away"));
  EXPECT_THAT(Texts({Changed({.fenced = true})}), ElementsAre("BROKER_FENCED: broker 3 fenced"));
  EXPECT_THAT(Texts({MakeRegisterBrokerRecord(Registration(3, log_.end_offset()))}),
              ElementsAre("BROKER_REGISTERED: broker 3 registered again at broker.example:9092, "
                          "rack \"r1\""));
}

TEST_F(ClusterEventsTest, FailedLogDirectories) {
  Texts({MakeMetadataVersionRecord(3)});
  BrokerRegistration registration = Registration(3, log_.end_offset());
  registration.details =
      BrokerDetails{.log_directories = {TestUuid(0xA00), TestUuid(0xB00), TestUuid(0xC00)}};
  Texts({MakeRegisterBrokerRecord(registration)});
  const auto keep = [&](std::vector<Uuid> directories) {
    return Texts({MakeBrokerRegistrationChangeRecord(BrokerId(3), registration.broker_epoch,
                                                     {.log_directories = std::move(directories)})});
  };
  EXPECT_THAT(keep({TestUuid(0xB00)}),
              ElementsAre("LOG_DIRECTORY_OFFLINE: log directory " + TestUuid(0xA00).ToString() +
                              " of broker 3 failed",
                          "LOG_DIRECTORY_OFFLINE: log directory " + TestUuid(0xC00).ToString() +
                              " of broker 3 failed"));
  EXPECT_THAT(keep({TestUuid(0xB00)}), ElementsAre());
}

TEST_F(ClusterEventsTest, LeadersAndIsrs) {
  CreateOrders(4);  // replicas 3, 1, 2 with leader 3
  EXPECT_THAT(Change({{.partition = 0, .isr_mask = 0b110, .leader_position = 1},
                      {.partition = 1, .isr_mask = 0b110, .leader_position = 2},
                      {.partition = 2, .isr_mask = 0b110, .leader_position = 1}}),
              ElementsAre("LEADERS_MOVED: 3 leaders moved: 2 to broker 1, 1 to broker 2",
                          "ISRS_SHRANK: 3 ISRs shrank: 3 without broker 3"));
  EXPECT_THAT(Change({{.partition = 0, .isr_mask = 0b010, .leader_position = std::nullopt}}),
              ElementsAre("LEADERS_LOST: 1 partition without a leader now: 1 of broker 1",
                          "ISRS_SHRANK: 1 ISR shrank: 1 without broker 2"));
  EXPECT_THAT(Change({{.partition = 0, .isr_mask = 0b010, .leader_position = 1}}),
              ElementsAre("LEADERS_FOUND: 1 partition has a leader again: 1 on broker 1"));
  EXPECT_THAT(Change({{.partition = 0, .isr_mask = 0b111, .leader_position = 1}}),
              ElementsAre("ISRS_EXPANDED: 1 ISR expanded: 1 with broker 2, 1 with broker 3"));
}

TEST_F(ClusterEventsTest, AnUncleanElectionIsNamed) {
  CreateOrders(1);
  Change({{.partition = 0, .isr_mask = 0b001, .leader_position = std::nullopt}});
  EXPECT_THAT(Change({{.partition = 0, .isr_mask = 0b100, .leader_position = 2}}),
              ElementsAre("UNCLEAN_ELECTION: 1 leader elected that may lack records: 1 on broker 2",
                          "ISRS_SHRANK: 1 ISR shrank: 1 without broker 3",
                          "ISRS_EXPANDED: 1 ISR expanded: 1 with broker 2"));
}

TEST_F(ClusterEventsTest, ASecretIsNotTold) {
  CreateOrders(1);
  EXPECT_THAT(
      Texts({MakeConfigRecord(ConfigResourceType::kTopic, "orders", "retention.ms", "5"),
             MakeConfigRecord(ConfigResourceType::kBroker, "3", "sasl.jaas.config", "hunter2"),
             MakeConfigRecord(ConfigResourceType::kBroker, "3", "num.io.threads", "4")}),
      ElementsAre("CONFIG_CHANGED: config of topic orders: retention.ms set to \"5\"",
                  "CONFIG_CHANGED: config of broker 3: sasl.jaas.config set",
                  "CONFIG_CHANGED: config of broker 3: num.io.threads set to \"4\""));
  EXPECT_THAT(Texts({MakeMetadataVersionRecord(3),
                     MakeConfigRecord(ConfigResourceType::kBroker, kDefaultOfBrokers,
                                      "log.retention.ms", "5")}),
              Contains("CONFIG_CHANGED: config of all brokers: log.retention.ms set to \"5\""));
  EXPECT_THAT(
      Texts({MakeConfigRecord(ConfigResourceType::kTopic, "orders", "retention.ms", std::nullopt)}),
      ElementsAre("CONFIG_CHANGED: config of topic orders: retention.ms back to its default"));
}

TEST_F(ClusterEventsTest, AnEntryWithoutRecordsIsOfTheQuorum) {
  batch_.set_epoch(2);
  batch_.set_cause("controller 2 elected after 14 ms: the connection to controller 1 broke");
  std::vector<ClusterEvent> events = EventsOf(batch_, image(), image());
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].kind(), ClusterEvent::CONTROLLER_ELECTED);
  EXPECT_EQ(events[0].text(),
            "controller 2 elected after 14 ms: the connection to controller 1 broke (epoch 2)");

  batch_.set_epoch(1);  // the epoch that the image is in
  batch_.set_cause("add voter 4");
  events = EventsOf(batch_, image(), image());
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].kind(), ClusterEvent::VOTERS_CHANGED);
  EXPECT_EQ(events[0].text(), "voters changed: add voter 4");
}

TEST_F(ClusterEventsTest, WhatConcernsNoPersonIsLeftOut) {
  EXPECT_THAT(Texts({MakeNoOpRecord()}), IsEmpty());
}

}  // namespace
}  // namespace quorate::metadata
