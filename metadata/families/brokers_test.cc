// Applies registrations of brokers to an image, and checks which are refused.
#include "metadata/families/brokers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "metadata/image_text.h"
#include "metadata/record_builders.h"
#include "metadata/record_text.h"
#include "metadata/snapshot_encoder.h"
#include "metadata/snapshot_loader.h"
#include "metadata/state_hash.h"
#include "metadata/testing/golden_records.h"
#include "metadata/testing/replay_fixture.h"

namespace quorate::metadata {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

using BrokersTest = ReplayTest;

// A log at metadata version 2.
class BrokerDetailsTest : public ReplayTest {
 protected:
  BrokerDetailsTest() { log_.MustAppend({MakeMetadataVersionRecord(2)}); }

  const BrokerRegistration& Broker() const { return *image().FindBroker(BrokerId(3)); }
  // Registers broker 3 with these details.
  void Register(BrokerDetails details) {
    BrokerRegistration broker = Registration(3, log_.end_offset());
    broker.details = std::move(details);
    log_.MustAppend({MakeRegisterBrokerRecord(broker)});
  }
  void ChangeDirectories(std::vector<Uuid> directories) {
    log_.MustAppend({MakeBrokerRegistrationChangeRecord(
        BrokerId(3), Broker().broker_epoch, {.log_directories = std::move(directories)})});
  }
  // Expects that the registration of broker 3 with these details is refused with this message.
  void ExpectRefused(BrokerDetails details, const std::string& why) {
    BrokerRegistration broker = Registration(3, log_.end_offset());
    broker.details = std::move(details);
    EXPECT_THAT(IsMalformed(MakeRegisterBrokerRecord(broker)),
                AllOf(HasSubstr("broker 3"), HasSubstr(why)));
  }
};

BrokerDetails SomeDetails() {
  return {.listeners = {{"PUBLIC", {.host = "public", .port = 9092}, 3},
                        {"INTERNAL", {.host = "internal", .port = 9093}, 0}},
          .features = {{"group.version", 0, 1}, {"metadata.version", 1, 2}},
          .log_directories = {TestUuid(0x107), TestUuid(0x109)}};
}

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
      {MakeRegisterBrokerRecord({.id = BrokerId(2),
                                 .incarnation_id = TestUuid(9),
                                 .broker_epoch = 1000,
                                 .endpoint = {.host = "b2", .port = 9092},
                                 .details = SomeDetails()}),
       "3aa101080212100000000000000000000000000000000918e80722070a0262321084473a170a"
       "065055424c4943120b0a067075626c696310844718033a190a08494e5445524e414c120d0a08"
       "696e7465726e616c10854742110a0d67726f75702e76657273696f6e180142160a106d657461"
       "646174612e76657273696f6e100118024a200000000000000000000000000000010700000000"
       "000000000000000000000109"},
      {MakeUnregisterBrokerRecord(BrokerId(2), 1000), "7205080210e807"},
      {MakeBrokerRegistrationChangeRecord(BrokerId(2), 1000,
                                          {.log_directories = std::vector<Uuid>()}),
       "4207080210e8072a00"},
      {MakeBrokerRegistrationChangeRecord(
           BrokerId(2), 1000,
           {.log_directories = std::vector<Uuid>{TestUuid(0x107), TestUuid(0x109)}}),
       "4227080210e8072a200000000000000000000000000000010700000000000000000000000000"
       "000109"},
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

TEST_F(BrokersTest, DetailsNeedMetadataVersion2) {
  const auto refused = [&](BrokerDetails details) {
    BrokerRegistration broker = Registration(3, log_.end_offset());
    broker.details = std::move(details);
    return Contradicts(MakeRegisterBrokerRecord(broker));
  };
  EXPECT_THAT(refused({.listeners = SomeDetails().listeners}),
              HasSubstr("the field listeners needs metadata version 2, but the log has version 1"));
  EXPECT_THAT(refused({.features = SomeDetails().features}), HasSubstr("the field features"));
  EXPECT_THAT(refused({.log_directories = {TestUuid(0x107)}}),
              HasSubstr("the field log_directories"));

  log_.MustAppend({MakeRegisterBrokerRecord(Registration(3, 1))});
  EXPECT_THAT(Contradicts(MakeBrokerRegistrationChangeRecord(
                  BrokerId(3), 1, {.log_directories = std::vector<Uuid>()})),
              HasSubstr("the field log_directories"));
  EXPECT_THAT(Contradicts(MakeUnregisterBrokerRecord(BrokerId(3), 1)),
              HasSubstr("needs metadata version 2"));
}

TEST_F(BrokerDetailsTest, ARegistrationKeepsThem) {
  Register(SomeDetails());
  EXPECT_EQ(*Broker().details, SomeDetails());
  ASSERT_NE(Broker().details->FindFeature("metadata.version"), nullptr);
  EXPECT_EQ(Broker().details->FindFeature("metadata.version")->max_level, 2u);
  EXPECT_EQ(Broker().details->FindFeature("metadata"), nullptr);
  log_.MustAppend(
      {MakeBrokerRegistrationChangeRecord(BrokerId(3), Broker().broker_epoch, {.fenced = false})});
  EXPECT_EQ(*Broker().details, SomeDetails());
  Register({});
  EXPECT_TRUE(Broker().details->empty());
}

TEST_F(BrokerDetailsTest, AChangeReplacesTheDirectories) {
  Register(SomeDetails());
  ChangeDirectories({TestUuid(0x109)});
  BrokerDetails expected = SomeDetails();
  expected.log_directories = {TestUuid(0x109)};
  EXPECT_EQ(*Broker().details, expected);
  ChangeDirectories({});
  EXPECT_TRUE(Broker().details->log_directories.empty());
  EXPECT_EQ(Broker().details->listeners, SomeDetails().listeners);

  const auto malformed = [&](const std::string& bytes) {
    v1::Record record = MakeBrokerRegistrationChangeRecord(BrokerId(3), Broker().broker_epoch, {});
    record.mutable_broker_registration_change()->set_log_directories(bytes);
    return IsMalformed(record);
  };
  EXPECT_THAT(malformed("short"), HasSubstr("log_directories has 5 bytes"));
  EXPECT_THAT(
      malformed(std::string(TestUuid(0x107).bytes()) + std::string(TestUuid(0x107).bytes())),
      HasSubstr("is named twice or is not in ascending order"));
}

TEST_F(BrokerDetailsTest, MalformedListenersAreRefused) {
  const auto with = [](auto change) {
    BrokerDetails details = SomeDetails();
    change(details.listeners[1]);
    return details;
  };
  using L = BrokerListener;
  ExpectRefused(with([](L& l) { l.name = ""; }), "the name of the listener \"\" has 0 bytes");
  ExpectRefused(with([](L& l) { l.name = std::string(250, 'x'); }), "has 250 bytes; names have 1");
  ExpectRefused(with([](L& l) { l.name = "PUBLIC"; }), "the listener \"PUBLIC\" is named twice");
  ExpectRefused(with([](L& l) { l.endpoint.host = ""; }), "the host of the listener \"INTERNAL\"");
  ExpectRefused(with([](L& l) { l.endpoint.host = std::string(254, 'x'); }), "hosts have 1 to 253");
  ExpectRefused(with([](L& l) { l.endpoint.port = 0; }), "the port of the listener \"INTERNAL\"");
  ExpectRefused(with([](L& l) { l.security_protocol = 4; }), "has the security protocol 4");

  BrokerDetails many;
  for (int i = 0; i < 17; ++i) {
    many.listeners.push_back({"L" + std::to_string(i), {.host = "h", .port = 1}, 0});
  }
  ExpectRefused(many, "17 listeners are more than the limit of 16");
  many.listeners.pop_back();
  Register(many);

  BrokerRegistration broker = Registration(3, log_.end_offset());
  broker.details = SomeDetails();
  v1::Record record = MakeRegisterBrokerRecord(broker);
  record.mutable_register_broker()->mutable_listeners(0)->mutable_endpoint()->set_port(65536);
  EXPECT_THAT(IsMalformed(record), HasSubstr("the port of the listener \"PUBLIC\""));
}

TEST_F(BrokerDetailsTest, MalformedFeaturesAreRefused) {
  ExpectRefused({.features = {{"", 1, 1}}}, "the name of the feature");
  ExpectRefused({.features = {{std::string(250, 'x'), 1, 1}}}, "has 250 bytes");
  ExpectRefused({.features = {{"f", 2, 1}}}, "the feature \"f\" has the levels 2 to 1");
  ExpectRefused({.features = {{"f", 1, 32768}}}, "levels ascend to 32767");
  ExpectRefused({.features = {{"f", 1, 1}, {"f", 1, 1}}}, "\"f\" is named twice");
  ExpectRefused({.features = {{"g", 1, 1}, {"f", 1, 1}}}, "not in ascending order");
  BrokerDetails many;
  for (int i = 0; i < 65; ++i) many.features.push_back({"f" + std::to_string(100 + i), 0, 32767});
  ExpectRefused(many, "65 features are more than the limit of 64");
  many.features.pop_back();
  Register(many);
}

TEST_F(BrokerDetailsTest, MalformedDirectoriesAreRefused) {
  ExpectRefused({.log_directories = {Uuid()}}, "is reserved");
  ExpectRefused({.log_directories = {TestUuid(1)}}, "is reserved");
  ExpectRefused({.log_directories = {TestUuid(99)}}, "is reserved");
  ExpectRefused({.log_directories = {TestUuid(101), TestUuid(101)}}, "is named twice");
  ExpectRefused({.log_directories = {TestUuid(101), TestUuid(100)}}, "not in ascending order");
  BrokerDetails many;
  for (uint16_t i = 0; i < 65; ++i) {
    many.log_directories.push_back(TestUuid(static_cast<uint16_t>(300 + i)));
  }
  ExpectRefused(many, "65 log directories are more than the limit of 64");
  many.log_directories.pop_back();
  Register(many);
  Register({.log_directories = {TestUuid(100)}});
}

// A registration is the largest record that Kafka would write as one. It must fit in one of Kafka's
// batches, which have 8 MiB.
TEST_F(BrokerDetailsTest, TheLargestRegistrationIsSmall) {
  const auto name = [](size_t n) {
    std::string text(kMaxNameBytes, 'n');
    text += std::to_string(n);
    return text.substr(text.size() - kMaxNameBytes);
  };
  BrokerDetails details;
  for (size_t i = 0; i < kMaxListeners; ++i) {
    details.listeners.push_back(
        {.name = name(10 + i),
         .endpoint = {.host = std::string(kMaxHostBytes, 'h'), .port = 9092},
         .security_protocol = 3});
  }
  for (size_t i = 0; i < kMaxFeatures; ++i) {
    details.features.push_back(
        {.name = name(10 + i), .min_level = kMaxFeatureLevel, .max_level = kMaxFeatureLevel});
  }
  for (size_t i = 0; i < kMaxLogDirectories; ++i) {
    details.log_directories.push_back(TestUuid(static_cast<uint16_t>(0x100 + i)));
  }
  ASSERT_TRUE(CheckDetails(details).ok()) << CheckDetails(details);
  BrokerRegistration broker = Registration(3, log_.end_offset());
  broker.rack = std::string(255, 'r');
  broker.details = details;
  const v1::Record record = MakeRegisterBrokerRecord(broker);
  EXPECT_LT(record.ByteSizeLong(), size_t{64} << 10);
  EXPECT_TRUE(log_.Append({record}).ok());
}

TEST_F(BrokerDetailsTest, EachOneChangesTheState) {
  Register({});
  std::vector<BrokerRegistration> registrations = {Broker()};
  std::vector<uint64_t> hashes = {StateHash(image())};
  const auto expect_new = [&](auto change) {
    BrokerDetails details = SomeDetails();
    change(details);
    BrokerRegistration broker = registrations[0];
    broker.details = details;
    // The same epoch, so that only the details differ.
    TestLog log;
    log.MustAppend({MakeMetadataVersionRecord(1)});
    log.MustAppend({MakeMetadataVersionRecord(2)});
    log.MustAppend({MakeRegisterBrokerRecord(broker)});
    EXPECT_THAT(registrations, Not(::testing::Contains(broker)));
    EXPECT_THAT(hashes, Not(::testing::Contains(StateHash(log.image()))));
    registrations.push_back(broker);
    hashes.push_back(StateHash(log.image()));
  };
  expect_new([](BrokerDetails&) {});
  expect_new([](BrokerDetails& d) { std::swap(d.listeners[0], d.listeners[1]); });
  expect_new([](BrokerDetails& d) { d.listeners[0].name = "X"; });
  expect_new([](BrokerDetails& d) { d.listeners[0].endpoint.host = "x"; });
  expect_new([](BrokerDetails& d) { d.listeners[0].endpoint.port = 1; });
  expect_new([](BrokerDetails& d) { d.listeners[0].security_protocol = 1; });
  expect_new([](BrokerDetails& d) { d.features[0].name = "a"; });
  expect_new([](BrokerDetails& d) { d.features[1].min_level = 2; });
  expect_new([](BrokerDetails& d) { d.features[1].max_level = 3; });
  expect_new([](BrokerDetails& d) { d.log_directories.pop_back(); });
  expect_new([](BrokerDetails& d) { d.listeners.clear(); });
}

TEST_F(BrokerDetailsTest, ASnapshotHoldsTheDirectoriesAsTheyAreNow) {
  Register(SomeDetails());
  ChangeDirectories({TestUuid(0x109)});
  SnapshotEncoder encoder(image());
  SnapshotLoader loader;
  v1::RecordBatch all;
  while (auto chunk = encoder.Next()) {
    ASSERT_TRUE(loader.Add(*chunk).ok());
    ASSERT_TRUE(all.MergeFromString(*chunk));
  }
  const auto loaded = std::move(loader).Finish();
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(*loaded->FindBroker(BrokerId(3)), Broker());
  EXPECT_EQ(StateHash(*loaded), StateHash(image()));
  for (const v1::Record& record : all.records()) {
    EXPECT_FALSE(record.has_broker_registration_change()) << record.ShortDebugString();
  }
}

TEST_F(BrokerDetailsTest, TheTextShowsThem) {
  Register(SomeDetails());
  const std::string details =
      " listeners=PUBLIC:SASL_SSL@public:9092,INTERNAL:PLAINTEXT@internal:9093"
      " features=group.version:0-1,metadata.version:1-2"
      " log_directories=AAAAAAAAAAAAAAAAAAABBw,AAAAAAAAAAAAAAAAAAABCQ";
  const v1::Record record = MakeRegisterBrokerRecord(Broker());
  EXPECT_THAT(RecordText(record), HasSubstr("verified=yes" + details));
  EXPECT_THAT(ImageText(image()), HasSubstr(details + "\n"));
  EXPECT_THAT(RecordText(record, 1),
              HasSubstr(" listeners=PUBLIC:SASL_SSL@public:9092 and 1 more features="));
  const auto change = [](std::vector<Uuid> directories) {
    return RecordText(MakeBrokerRegistrationChangeRecord(
        BrokerId(3), 2, {.log_directories = std::move(directories)}));
  };
  EXPECT_EQ(change({}), "BrokerRegistrationChange 3 epoch=2 log_directories=none");
  EXPECT_EQ(change({TestUuid(0x107)}),
            "BrokerRegistrationChange 3 epoch=2 log_directories=AAAAAAAAAAAAAAAAAAABBw");
  EXPECT_EQ(RecordText(MakeUnregisterBrokerRecord(BrokerId(3), 2)), "UnregisterBroker 3 epoch=2");
}

TEST_F(BrokerDetailsTest, ABrokerIsUnregistered) {
  CreateOrders(1);
  const MetadataImage before = image();
  Register(SomeDetails());
  const MetadataImage registered = image();
  const int64_t epoch = Broker().broker_epoch;
  EXPECT_THAT(Contradicts(MakeUnregisterBrokerRecord(BrokerId(3), epoch + 1)),
              HasSubstr(absl::StrCat("epoch ", epoch, ", not ", epoch + 1)));
  EXPECT_THAT(Contradicts(MakeUnregisterBrokerRecord(BrokerId(4), epoch)),
              HasSubstr("broker 4 is not registered"));
  log_.MustAppend({MakeUnregisterBrokerRecord(BrokerId(3), epoch)});
  EXPECT_EQ(image().FindBroker(BrokerId(3)), nullptr);
  EXPECT_EQ(StateHash(image()), StateHash(before));
  EXPECT_NE(registered.FindBroker(BrokerId(3)), nullptr) << "older images do not change";
  // The replicas stay.
  EXPECT_TRUE(Orders(0).PositionOf(BrokerId(3)).has_value());
  Contradicts(MakeUnregisterBrokerRecord(BrokerId(3), epoch));
  Register({});
  EXPECT_GT(Broker().broker_epoch, epoch);
}

TEST_F(BrokersTest, AnErrorIsShortAndPrintable) {
  v1::Record record = MakeRegisterBrokerRecord(Registration(3, log_.end_offset()));
  v1::Endpoint& endpoint = *record.mutable_register_broker()->mutable_endpoint();
  endpoint.set_host(std::string(5000, '\n'));
  endpoint.set_port(0);
  const std::string error = IsMalformed(record);
  EXPECT_THAT(error, AllOf(HasSubstr("\\n"), Not(HasSubstr("\n"))));
  EXPECT_LT(error.size(), 1000u);
}

TEST_F(BrokerDetailsTest, AnErrorIsShortAndPrintable) {
  BrokerDetails details = SomeDetails();
  details.listeners[1].name = std::string(kMaxNameBytes, '\n');
  details.listeners[1].endpoint.port = 0;
  BrokerRegistration broker = Registration(3, log_.end_offset());
  broker.details = details;
  EXPECT_LT(IsMalformed(MakeRegisterBrokerRecord(broker)).size(), 1000u);
}

}  // namespace
}  // namespace quorate::metadata
