#include "server/calls/parse_errors.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include "base/check.h"
#include "client/status_mapping.h"
#include "quorate/admin/v1/admin_service.grpc.pb.h"
#include "server/calls/listener.h"

namespace quorate::server {
namespace {

using ::testing::HasSubstr;

// Answers every call that reaches it.
class Service final : public admin::v1::AdminService::CallbackService {
 public:
  grpc::ServerUnaryReactor* DescribeTopics(grpc::CallbackServerContext* context,
                                           const admin::v1::DescribeTopicsRequest* /*request*/,
                                           admin::v1::DescribeTopicsResponse* response) override {
    response->set_end_offset(7);
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

class ParseErrorsTest : public ::testing::Test {
 protected:
  ParseErrorsTest() {
    RedirectProtobufLog();
    auto opened = OpenClientListener({"127.0.0.1", 0}, "client-listen",
                                     grpc::InsecureServerCredentials(), {&service_});
    CHECK_OK(opened.status());
    listener_ = *std::move(opened);
    channel_ = grpc::CreateChannel("127.0.0.1:" + std::to_string(listener_.port),
                                   grpc::InsecureChannelCredentials());
  }
  ~ParseErrorsTest() override { listener_.server->Shutdown(); }

  grpc::Status Describe(const std::string& name) {
    admin::v1::DescribeTopicsRequest request;
    request.add_topics(name);
    admin::v1::DescribeTopicsResponse response;
    grpc::ClientContext context;
    return admin::v1::AdminService::NewStub(channel_)->DescribeTopics(&context, request, &response);
  }

  Service service_;
  Listener listener_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(ParseErrorsTest, AStringThatIsNotUtf8IsNamed) {
  ::testing::internal::CaptureStderr();
  const common::v1::Error error = client::ErrorFromStatus(Describe("caf\xe9"));
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(error.code(), common::v1::INVALID_REQUEST);
  EXPECT_EQ(error.outcome(), common::v1::REFUSED);
  EXPECT_EQ(error.message(),
            "the request's field quorate.admin.v1.DescribeTopicsRequest.topics is not valid UTF-8; "
            "every string must be");
  EXPECT_TRUE(Describe("caf\u00e9").ok());
}

TEST_F(ParseErrorsTest, BytesThatAreNoRequestAreRefusedWithTheMethod) {
  // The client sends bytes that do not parse as this method's request.
  grpc::ClientContext context;
  grpc::ByteBuffer reply;
  const std::string bytes = "\x0a\x7f";  // field 1 with a length of 127 bytes, which do not follow
  const grpc::Slice slice(bytes);
  const grpc::ByteBuffer request(&slice, 1);
  grpc::CompletionQueue queue;
  grpc::GenericStub stub(channel_);
  auto call = stub.PrepareUnaryCall(&context, "/quorate.admin.v1.AdminService/DescribeTopics",
                                    request, &queue);
  call->StartCall();
  grpc::Status status;
  call->Finish(&reply, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  ASSERT_TRUE(queue.Next(&tag, &ok));
  EXPECT_EQ(client::ErrorFromStatus(status).code(), common::v1::INVALID_REQUEST);
  EXPECT_THAT(
      client::ErrorFromStatus(status).message(),
      HasSubstr("does not parse as a request of /quorate.admin.v1.AdminService/DescribeTopics"));
}

}  // namespace
}  // namespace quorate::server
