#include "client/status_mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace quorate::client {
namespace {

using common::v1::Error;
using common::v1::ErrorCode;
using ::testing::HasSubstr;

Error FullError() {
  Error error;
  error.set_code(common::v1::NOT_CONTROLLER);
  error.set_message("controller 2 is the active one");
  error.set_outcome(common::v1::REFUSED);
  error.set_retry_after_ms(20);
  error.mutable_leader()->set_node_id(2);
  error.mutable_leader()->set_client_endpoint("127.0.0.1:9092");
  return error;
}

TEST(StatusMappingTest, EveryFieldSurvivesTheRoundTrip) {
  const Error error = FullError();
  const grpc::Status status = StatusFromError(error);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(status.error_message(), error.message());
  EXPECT_EQ(ErrorFromStatus(status).SerializeAsString(), error.SerializeAsString());
}

// google.rpc.Status is {int32 code = 1; string message = 2; repeated Any details = 3}. The bytes
// are pinned, because third-party libraries decode them.
TEST(StatusMappingTest, DetailsAreTheBytesOfGoogleRpcStatus) {
  Error error;
  error.set_code(common::v1::TOPIC_ALREADY_EXISTS);
  error.set_message("m");
  error.set_outcome(common::v1::REFUSED);
  const std::string packed_error = "\x08\x24\x12\x01m\x18\x01";
  const std::string type_url = "type.googleapis.com/quorate.common.v1.Error";
  std::string any = "\x0a";
  any += static_cast<char>(type_url.size());
  any += type_url + "\x12";
  any += static_cast<char>(packed_error.size());
  any += packed_error;
  std::string expected = "\x08\x06\x12\x01m\x1a";
  expected += static_cast<char>(any.size());
  expected += any;
  EXPECT_EQ(StatusFromError(error).error_details(), expected);
}

TEST(StatusMappingTest, EveryCodeHasItsStatusCode) {
  const auto* codes = common::v1::ErrorCode_descriptor();
  for (int i = 0; i < codes->value_count(); ++i) {
    const auto code = static_cast<ErrorCode>(codes->value(i)->number());
    if (code == common::v1::ERROR_CODE_UNSPECIFIED) continue;
    EXPECT_NE(StatusCodeFor(code), grpc::StatusCode::UNKNOWN) << codes->value(i)->name();
    EXPECT_NE(StatusCodeFor(code), grpc::StatusCode::OK) << codes->value(i)->name();
  }
}

TEST(StatusMappingTest, ACodeOfALaterVersionIsCarriedThrough) {
  Error error;
  error.set_code(static_cast<ErrorCode>(4711));
  error.set_message("from the future");
  const grpc::Status status = StatusFromError(error);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNKNOWN);
  EXPECT_EQ(static_cast<int>(ErrorFromStatus(status).code()), 4711);
}

TEST(StatusMappingTest, ALongMessageIsCutBetweenCharacters) {
  Error error = FullError();
  std::string message = "x";
  for (int i = 0; i < 3000; ++i) message += "\xc3\xa9";  // é
  error.set_message(message);
  const grpc::Status status = StatusFromError(error);
  EXPECT_LE(status.error_message().size(), 1024u);
  EXPECT_LE(status.error_details().size(), 2300u);
  const std::string cut = ErrorFromStatus(status).message();
  ASSERT_TRUE(cut.ends_with("\xc3\xa9..."));
  EXPECT_EQ(cut.substr(0, cut.size() - 3), message.substr(0, cut.size() - 3));
}

TEST(StatusMappingTest, AConnectionThatWasNeverMadeIsRefused) {
  const Error error = ErrorFromStatus(
      {grpc::StatusCode::UNAVAILABLE,
       "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: Failed to "
       "connect to remote host: Connection refused"});
  EXPECT_EQ(error.code(), common::v1::CONTROLLER_NOT_AVAILABLE);
  EXPECT_EQ(error.outcome(), common::v1::REFUSED);
}

TEST(StatusMappingTest, AFailedHandshakeIsExplained) {
  const auto message = [](const std::string& reason) {
    return ErrorFromStatus({grpc::StatusCode::UNAVAILABLE,
                            "failed to connect to all addresses; last error: UNKNOWN: "
                            "ipv4:127.0.0.1:1: " +
                                reason})
        .message();
  };
  EXPECT_EQ(message("Custom verification check failed with error: UNAUTHENTICATED: the certificate "
                    "is for a: issue it for b"),
            "cannot connect: the certificate is for a: issue it for b");
  EXPECT_THAT(message("Ssl handshake failed: SSL_ERROR_SSL: error:0A000086:SSL "
                      "routines::certificate verify failed"),
              HasSubstr("not signed by a CA in tls-ca"));
  EXPECT_THAT(message("Ssl handshake failed: error:0A00010B:SSL routines::wrong version number"),
              HasSubstr("the other end does not use TLS"));
  EXPECT_THAT(message("Socket closed"), HasSubstr("its certificate was refused"));
  EXPECT_EQ(message("Connection refused"), "cannot connect: Connection refused");
}

TEST(StatusMappingTest, AConnectionThatBrokeLeavesTheOutcomeUnknown) {
  const Error error = ErrorFromStatus({grpc::StatusCode::UNAVAILABLE, "Socket closed"});
  EXPECT_EQ(error.code(), common::v1::CONTROLLER_NOT_AVAILABLE);
  EXPECT_EQ(error.outcome(), common::v1::UNKNOWN);
}

TEST(StatusMappingTest, ADeadlineLeavesTheOutcomeUnknown) {
  const Error error = ErrorFromStatus({grpc::StatusCode::DEADLINE_EXCEEDED, "Deadline Exceeded"});
  EXPECT_EQ(error.code(), common::v1::REQUEST_TIMED_OUT);
  EXPECT_EQ(error.outcome(), common::v1::UNKNOWN);
}

TEST(StatusMappingTest, ACallThatTheRoleMayNotMakeIsARefusal) {
  const Error error =
      ErrorFromStatus({grpc::StatusCode::PERMISSION_DENIED, "User:reader/x may not call"});
  EXPECT_EQ(error.code(), common::v1::CLUSTER_AUTHORIZATION_FAILED);
  EXPECT_EQ(error.message(), "User:reader/x may not call");
  EXPECT_EQ(error.outcome(), common::v1::REFUSED);
}

TEST(StatusMappingTest, GrpcsOwnSizeLimitIsARefusal) {
  const Error error = ErrorFromStatus({grpc::StatusCode::RESOURCE_EXHAUSTED,
                                       "Received message larger than max (9000000 vs. 8388608)"});
  EXPECT_EQ(error.code(), common::v1::MESSAGE_TOO_LARGE);
  EXPECT_EQ(error.outcome(), common::v1::REFUSED);
}

TEST(StatusMappingTest, ForeignDetailsAreIgnored) {
  EXPECT_EQ(ErrorFromStatus({grpc::StatusCode::INTERNAL, "boom", "\x01\x02 not a proto"}).code(),
            common::v1::UNKNOWN_SERVER_ERROR);
  common::v1::StatusDetails other;
  other.add_details()->set_type_url("type.googleapis.com/google.rpc.DebugInfo");
  const Error error =
      ErrorFromStatus({grpc::StatusCode::INTERNAL, "boom", other.SerializeAsString()});
  EXPECT_EQ(error.code(), common::v1::UNKNOWN_SERVER_ERROR);
  EXPECT_EQ(error.message(), "boom");
  EXPECT_EQ(error.outcome(), common::v1::UNKNOWN);
}

}  // namespace
}  // namespace quorate::client
