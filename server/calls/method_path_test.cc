#include "server/calls/method_path.h"

#include <gtest/gtest.h>

#include "quorate/admin/v1/admin_service.pb.h"
#include "quorate/broker/v1/broker_service.pb.h"
#include "quorate/metadata/v1/metadata_service.pb.h"

namespace quorate::server {
namespace {

TEST(MethodPathTest, AUnaryMethodIsFoundByItsRequest) {
  EXPECT_EQ(MethodPath(admin::v1::CreateTopicsRequest()),
            "/quorate.admin.v1.AdminService/CreateTopics");
  EXPECT_EQ(MethodPath(admin::v1::RemoveVoterRequest()),
            "/quorate.admin.v1.AdminService/RemoveVoter");
}

TEST(MethodPathTest, AStreamIsFoundByItsRequest) {
  EXPECT_EQ(MethodPath(broker::v1::HeartbeatRequest()),
            "/quorate.broker.v1.BrokerService/Heartbeat");
  EXPECT_EQ(MethodPath(metadata::v1::SubscribeRequest()),
            "/quorate.metadata.v1.MetadataService/Subscribe");
}

}  // namespace
}  // namespace quorate::server
