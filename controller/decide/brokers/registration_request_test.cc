#include "controller/decide/brokers/registration_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "controller/testing/decision_fixture.h"

namespace quorate::controller {
namespace {

using broker::v1::RegisterBrokerRequest;
using broker::v1::RegisterBrokerResponse;
using common::v1::BrokerListener;
using common::v1::Error;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RegistrationRequestTest : public ::testing::Test {
 protected:
  RegistrationRequestTest() {
    AddListener(&request_, "PUBLIC", "public:9092", BrokerListener::SASL_SSL);
    AddListener(&request_, "INTERNAL", "internal:9093", BrokerListener::PLAINTEXT);
    AddFeature(&request_, "group.version", 0, 1);
    request_.add_log_directories(std::string(metadata::TestUuid(0x109).bytes()));
    request_.add_log_directories(std::string(metadata::TestUuid(0x107).bytes()));
  }

  static void AddListener(RegisterBrokerRequest* request, const std::string& name,
                          const std::string& endpoint, BrokerListener::SecurityProtocol protocol) {
    BrokerListener& listener = *request->add_listeners();
    listener.set_name(name);
    listener.set_endpoint(endpoint);
    listener.set_security_protocol(protocol);
  }
  static void AddFeature(RegisterBrokerRequest* request, const std::string& name, uint32_t min,
                         uint32_t max) {
    common::v1::FeatureRange& feature = *request->add_features();
    feature.set_name(name);
    feature.set_min_level(min);
    feature.set_max_level(max);
  }
  // Changes the request, and returns why it is refused.
  template <typename Change>
  std::string RefusalOf(Change change) {
    RegisterBrokerRequest wrong = request_;
    change(wrong);
    const auto error = CheckRegistration(wrong, DecisionFixture::kClusterId);
    if (!error) return "not refused";
    EXPECT_EQ(error->code(), common::v1::INVALID_REGISTRATION);
    return error->message();
  }
  Answer<RegisterBrokerResponse> Register(const RegisterBrokerRequest& request) {
    const auto decision = DecideRegisterBroker(cluster_.view(), request, {},
                                               DecisionFixture::kClusterId, cluster_.context());
    cluster_.Apply(decision);
    return decision.answer;
  }
  const metadata::BrokerDetails& Details() {
    return *cluster_.image().FindBroker(BrokerId(1))->details;
  }
  static RegisterBrokerRequest WithoutFeatures(RegisterBrokerRequest request) {
    request.clear_features();
    return request;
  }

  DecisionFixture cluster_;
  RegisterBrokerRequest request_ = cluster_.RegistrationOf(1);
};

TEST_F(RegistrationRequestTest, TheListsAreStoredInTheOrderOfTheLog) {
  cluster_.UpgradeTo(2);
  Register(request_);
  EXPECT_THAT(
      Details().listeners,
      ElementsAre(metadata::BrokerListener{"PUBLIC", {.host = "public", .port = 9092}, 3},
                  metadata::BrokerListener{"INTERNAL", {.host = "internal", .port = 9093}, 0}));
  EXPECT_THAT(Details().features,
              ElementsAre(metadata::FeatureRange{"eligible.leader.replicas.version", 0, 1},
                          metadata::FeatureRange{"group.version", 0, 1},
                          metadata::FeatureRange{"metadata.version", 1, 3}));
  EXPECT_THAT(Details().log_directories,
              ElementsAre(metadata::TestUuid(0x107), metadata::TestUuid(0x109)));
}

TEST_F(RegistrationRequestTest, AtVersion1TheListsAreIgnored) {
  Register(request_);
  EXPECT_TRUE(Details().empty());
  // A later upgrade does not add them to this registration.
  cluster_.UpgradeTo(2);
  Register(request_);
  EXPECT_TRUE(Details().empty());
  auto next_life = request_;
  next_life.set_incarnation_id(std::string(DecisionFixture::IncarnationOf(1, 2).bytes()));
  Register(next_life);
  EXPECT_FALSE(Details().empty());
}

TEST_F(RegistrationRequestTest, TheSameIncarnationKeepsTheListsThatItHas) {
  cluster_.UpgradeTo(2);
  Register(request_);
  const metadata::BrokerDetails before = Details();
  const int64_t end_offset = cluster_.image().end_offset().value();
  auto other = request_;
  other.clear_listeners();
  other.set_rack("another");
  EXPECT_TRUE(std::holds_alternative<RegisterBrokerResponse>(Register(other)));
  EXPECT_EQ(Details(), before);
  EXPECT_EQ(cluster_.image().end_offset().value(), end_offset);
}

TEST_F(RegistrationRequestTest, TheListsAreChecked) {
  using R = RegisterBrokerRequest;
  EXPECT_THAT(RefusalOf([](R& r) { r.mutable_listeners(1)->set_endpoint("0.0.0.0:1"); }),
              HasSubstr("the listener \"INTERNAL\": '0.0.0.0:1' is a wildcard"));
  EXPECT_THAT(RefusalOf([](R& r) { r.mutable_listeners(1)->set_name("PUBLIC"); }),
              HasSubstr("the listener \"PUBLIC\" is named twice"));
  EXPECT_THAT(RefusalOf([](R& r) {
                r.mutable_listeners(0)->set_security_protocol(
                    static_cast<BrokerListener::SecurityProtocol>(4));
              }),
              HasSubstr("\"PUBLIC\" has the security protocol 4; protocols are 0 to 3"));
  EXPECT_THAT(RefusalOf([](R& r) {
                for (int i = 0; i < 15; ++i) {
                  AddListener(&r, "L" + std::to_string(i), "h:1", BrokerListener::SSL);
                }
              }),
              HasSubstr("17 listeners are more than the limit of 16"));
  EXPECT_THAT(RefusalOf([](R& r) { AddFeature(&r, "group.version", 0, 1); }),
              HasSubstr("the feature \"group.version\" is named twice"));
  EXPECT_THAT(RefusalOf([](R& r) { AddFeature(&r, "f", 2, 1); }),
              HasSubstr("the feature \"f\" has the levels 2 to 1"));
  EXPECT_THAT(RefusalOf([](R& r) {
                for (int i = 0; i < 62; ++i) AddFeature(&r, "f" + std::to_string(i), 0, 1);
              }),
              HasSubstr("65 features are more than the limit of 64"));
  EXPECT_THAT(RefusalOf([](R& r) { r.add_log_directories("short"); }),
              HasSubstr("a log directory id has 5 bytes, not 16"));
  EXPECT_THAT(RefusalOf([](R& r) { r.add_log_directories(r.log_directories(0)); }),
              HasSubstr("is named twice"));
  EXPECT_THAT(RefusalOf([](R& r) { r.add_log_directories(std::string(16, '\0')); }),
              HasSubstr("is reserved"));
  EXPECT_EQ(RefusalOf([](R&) {}), "not refused");
}

TEST_F(RegistrationRequestTest, ABrokerMustSupportTheLogsVersion) {
  // Version 1: programs of that version name no features.
  EXPECT_TRUE(std::holds_alternative<RegisterBrokerResponse>(Register(WithoutFeatures(request_))));

  cluster_.UpgradeTo(2);
  auto other = cluster_.RegistrationOf(2);
  other.clear_features();
  Error error = std::get<Error>(Register(other));
  EXPECT_EQ(error.code(), common::v1::UNSUPPORTED_VERSION);
  EXPECT_EQ(
      error.message(),
      "broker 2 supports the metadata versions 1 to 1, but the cluster has version 2; upgrade "
      "the broker's program");
  AddFeature(&other, "metadata.version", 3, 4);
  error = std::get<Error>(Register(other));
  EXPECT_EQ(error.code(), common::v1::UNSUPPORTED_VERSION);
  EXPECT_EQ(error.message(),
            "broker 2 supports the metadata versions 3 to 4, but the cluster has version 2; run "
            "'quoratectl features upgrade' first, or an older program as this broker");
  EXPECT_EQ(cluster_.image().FindBroker(BrokerId(2)), nullptr);
}

TEST_F(RegistrationRequestTest, ABrokerMustSupportTheLevelsOfTheOtherFeatures) {
  cluster_.UpgradeTo(3);
  auto request = cluster_.RegistrationOf(2);
  request.clear_features();
  AddFeature(&request, "metadata.version", 1, 3);
  AddFeature(&request, "group.version", 1, 1);
  AddFeature(&request, "transaction.version", 1, 1);
  const struct {
    const char* feature;
    uint32_t level;
    const char* refusal;
  } rows[] = {
      {"group.version", 0, ""},
      {"group.version", 1, ""},
      {"transaction.version", 1, ""},
      {"transaction.version", 2,
       "broker 2 supports the levels 1 to 1 of transaction.version, but the cluster has level 2; "
       "run a program that supports it as this broker"},
      {"eligible.leader.replicas.version", 0, ""},
      {"eligible.leader.replicas.version", 1,
       "broker 2 supports the levels 0 to 0 of eligible.leader.replicas.version, but the cluster "
       "has level 1; run a program that supports it as this broker"},
      {"share.version", 1,
       "broker 2 supports the levels 0 to 0 of share.version, but the cluster has level 1; run a "
       "program that supports it as this broker"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(absl::StrFormat("%s %d", row.feature, row.level));
    cluster_.Append(metadata::MakeFeatureLevelRecord(row.feature, row.level));
    const auto answer = Register(request);
    const auto* error = std::get_if<Error>(&answer);
    EXPECT_EQ(error == nullptr ? "" : error->message(), row.refusal);
    if (error != nullptr) {
      EXPECT_EQ(error->code(), common::v1::UNSUPPORTED_VERSION);
    }
    cluster_.Append(metadata::MakeFeatureLevelRecord(row.feature, 0));
  }
}

}  // namespace
}  // namespace quorate::controller
