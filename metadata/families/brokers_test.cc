// Applies registrations of brokers to an image, and checks which are refused.
#include "metadata/families/brokers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "metadata/record_builders.h"
#include "metadata/testing/golden_records.h"
#include "metadata/testing/replay_fixture.h"

namespace quorate::metadata {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

using BrokersTest = ReplayTest;

const GoldenRecords kGolden([] {
  const BrokerRegistration broker{.id = BrokerId(2),
                                  .incarnation_id = TestUuid(9),
                                  .broker_epoch = 1000,
                                  .endpoint = {.host = "b2", .port = 9092},
                                  .rack = "r",
                                  .endpoint_verified = true};
  return std::vector<GoldenRecord>{
      {MakeRegisterBrokerRecord(broker),
       "3a25080212100000000000000000000000000000000918e80722070a0262321084472a017230"
       "01"},
      {MakeBrokerRegistrationChangeRecord(BrokerId(0), 1000, {}), "420310e807"},
      {MakeBrokerRegistrationChangeRecord(BrokerId(2), 1000,
                                          {.fenced = false, .in_controlled_shutdown = true}),
       "4209080210e80718002001"},
  };
});

TEST_F(BrokersTest, ABrokerStartsFenced) {
  log_.MustAppend({MakeRegisterBrokerRecord(Registration(3, 1))});
  const BrokerRegistration* broker = image().FindBroker(BrokerId(3));
  ASSERT_NE(broker, nullptr);
  EXPECT_EQ(*broker, Registration(3, 1));
  EXPECT_TRUE(broker->fenced);
  EXPECT_FALSE(broker->active());
  EXPECT_EQ(image().FindBroker(BrokerId(1)), nullptr);
}

TEST_F(BrokersTest, ABrokersEpochIsItsRecordsOffset) {
  // The registration comes after a topic, three partitions, and a request result, which takes no
  // offset.
  const auto batch = [&](int64_t epoch) {
    return std::vector<v1::Record>{MakeTopicRecord("orders", kOrders),
                                   MakePartitionsRecord(kOrders, 0, Partitions(3)),
                                   MakeRequestResultRecord({.request_id = {TestUuid(9), 1}}),
                                   MakeRegisterBrokerRecord(Registration(3, epoch))};
  };
  EXPECT_THAT(std::string(log_.Append(batch(6)).message()),
              AllOf(HasSubstr("RegisterBrokerRecord at offset 5"), HasSubstr("broker 3")));
  EXPECT_TRUE(log_.Append(batch(5)).ok());
  EXPECT_EQ(image().FindBroker(BrokerId(3))->broker_epoch, 5);
}

TEST_F(BrokersTest, MalformedRegistrationsAreRefused) {
  const auto with = [&](auto change) {
    v1::Record record = MakeRegisterBrokerRecord(Registration(3, log_.end_offset()));
    change(*record.mutable_register_broker());
    return record;
  };
  using Fields = v1::RegisterBrokerRecord;
  IsMalformed(with([](Fields& f) { f.set_broker_id(-1); }));
  IsMalformed(with([](Fields& f) { f.clear_incarnation_id(); }));
  IsMalformed(with([](Fields& f) { f.clear_endpoint(); }));
  IsMalformed(with([](Fields& f) { f.mutable_endpoint()->set_port(65536); }));
  EXPECT_TRUE(log_.Append({with([](Fields& f) { f.set_broker_id(0); })}).ok());
}

TEST_F(BrokersTest, ARegistrationChangesWhatIsSet) {
  log_.MustAppend({MakeRegisterBrokerRecord(Registration(3, 1))});
  const auto change = [&](const BrokerChange& what) {
    log_.MustAppend({MakeBrokerRegistrationChangeRecord(BrokerId(3), 1, what)});
    return *image().FindBroker(BrokerId(3));
  };
  EXPECT_TRUE(change({.fenced = false}).active());
  const BrokerRegistration stopping = change({.in_controlled_shutdown = true});
  EXPECT_FALSE(stopping.fenced);
  EXPECT_FALSE(stopping.active());
  EXPECT_TRUE(change({.fenced = true}).in_controlled_shutdown);
  EXPECT_EQ(change({}).endpoint, Registration(3, 1).endpoint);
}

TEST_F(BrokersTest, ARegistrationChangeNamesTheRegistration) {
  log_.MustAppend({MakeRegisterBrokerRecord(Registration(3, 1))});
  EXPECT_THAT(Contradicts(MakeBrokerRegistrationChangeRecord(BrokerId(3), 2, {.fenced = false})),
              AllOf(HasSubstr("broker 3"), HasSubstr("epoch 1, not 2")));
  Contradicts(MakeBrokerRegistrationChangeRecord(BrokerId(4), 1, {.fenced = false}));
}

TEST_F(BrokersTest, ANewIncarnationReplacesTheOldOne) {
  log_.MustAppend({MakeRegisterBrokerRecord(Registration(3, 1))});
  log_.MustAppend({MakeBrokerRegistrationChangeRecord(BrokerId(3), 1, {.fenced = false})});
  log_.MustAppend({MakeRegisterBrokerRecord(Registration(3, 3))});
  EXPECT_EQ(*image().FindBroker(BrokerId(3)), Registration(3, 3));
  EXPECT_EQ(image().brokers().size(), 1u);
}

}  // namespace
}  // namespace quorate::metadata
