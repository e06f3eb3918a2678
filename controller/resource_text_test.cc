#include "controller/resource_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace quorate::controller {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

admin::v1::CreateTopicsRequest Create(const std::vector<std::string>& names) {
  admin::v1::CreateTopicsRequest request;
  for (const std::string& name : names) request.add_topics()->set_name(name);
  return request;
}

TEST(ResourceTextTest, Topics) {
  EXPECT_EQ(ResourceText(Create({"orders"})), "topic:orders");
  EXPECT_EQ(ResourceText(Create({"orders", "payments", "x"})), "topics:3 (orders, payments, x)");
  EXPECT_EQ(ResourceText(Create({})), "topics:0");
  admin::v1::CreatePartitionsRequest more;
  more.add_topics()->set_name("orders");
  EXPECT_EQ(ResourceText(more), "topic:orders");
  admin::v1::DeleteTopicsRequest request;
  request.add_topics()->set_name("orders");
  EXPECT_EQ(ResourceText(request), "topic:orders");
  request.add_topics()->set_topic_id("AAAAAAAAAAAAAAAAAAAAAQ");
  EXPECT_EQ(ResourceText(request), "topics:2 (orders, id=AAAAAAAAAAAAAAAAAAAAAQ)");
}

TEST(ResourceTextTest, NamesFromOutsideAreEscapedAndCut) {
  EXPECT_EQ(ResourceText(Create({"a\n\x1b[31m\xc2\x9b"})), "topic:a\\n\\033[31m\\302\\233");
  const std::string text = ResourceText(Create({std::string(1'000'000, 'x')}));
  EXPECT_EQ(text, "topic:" + std::string(249, 'x') + "...");
}

TEST(ResourceTextTest, ALongListIsCut) {
  const std::string text = ResourceText(Create(std::vector<std::string>(20'000, "t")));
  EXPECT_THAT(text, StartsWith("topics:20000 (t, t, "));
  EXPECT_THAT(text, EndsWith(", t, ...)"));
  EXPECT_LT(text.size(), 100U);
  EXPECT_LT(ResourceText(Create(std::vector<std::string>(16, std::string(9'999, '\n')))).size(),
            2'500U);
}

TEST(ResourceTextTest, ConfigsHaveKeysAndNoValues) {
  admin::v1::IncrementalAlterConfigsRequest request;
  auto* topic = request.add_resources();
  topic->mutable_resource()->set_type(admin::v1::ConfigResource::TOPIC);
  topic->mutable_resource()->set_name("orders");
  for (const char* key : {"retention.ms", "cleanup.policy"}) {
    auto* change = topic->add_changes();
    change->set_key(key);
    change->set_value("s3cret");
  }
  EXPECT_EQ(ResourceText(request), "config:topic/orders(retention.ms,cleanup.policy)");
  auto* broker = request.add_resources();
  broker->mutable_resource()->set_type(admin::v1::ConfigResource::BROKER);
  broker->mutable_resource()->set_name("3");
  for (int i = 0; i < 9; ++i) broker->add_changes()->set_key("k");
  EXPECT_EQ(ResourceText(request),
            "configs:2 (topic/orders(retention.ms,cleanup.policy), broker/3(k,k,k,k,k,...))");
  request.Clear();
  request.add_resources();
  EXPECT_EQ(ResourceText(request), "config:unknown/()");
  request.mutable_resources(0)->mutable_resource()->set_type(admin::v1::ConfigResource::BROKER);
  EXPECT_EQ(ResourceText(request), "config:broker/<default>()");
}

TEST(ResourceTextTest, ValuesOfNewTopicsAreNotInTheText) {
  admin::v1::CreateTopicsRequest request = Create({"orders"});
  auto* config = request.mutable_topics(0)->add_configs();
  config->set_key("retention.ms");
  config->set_value("s3cret");
  EXPECT_THAT(ResourceText(request), Not(HasSubstr("s3cret")));
}

TEST(ResourceTextTest, FeaturesVotersAndBrokers) {
  admin::v1::UpdateFeaturesRequest features;
  features.add_updates()->set_feature("metadata.version");
  features.mutable_updates(0)->set_level(2);
  EXPECT_EQ(ResourceText(features), "feature:metadata.version=2");
  admin::v1::AddVoterRequest add;
  add.set_node_id(4);
  EXPECT_EQ(ResourceText(add), "voter:4");
  admin::v1::RemoveVoterRequest remove;
  remove.set_node_id(5);
  EXPECT_EQ(ResourceText(remove), "voter:5");
  admin::v1::TransferLeadershipRequest transfer;
  EXPECT_EQ(ResourceText(transfer), "leadership");
  transfer.set_target_node_id(2);
  EXPECT_EQ(ResourceText(transfer), "leadership:2");
  admin::v1::UnregisterBrokerRequest unregister;
  unregister.set_broker_id(3);
  EXPECT_EQ(ResourceText(unregister), "broker:3");
  admin::v1::ElectLeadersRequest election;
  election.set_all_topics(true);
  EXPECT_EQ(ResourceText(election), "leaders:preferred of all topics");
  election.set_all_topics(false);
  election.set_type(admin::v1::ElectLeadersRequest::UNCLEAN);
  election.add_topics()->mutable_topic()->set_name("orders");
  EXPECT_EQ(ResourceText(election), "leaders:unclean of topic:orders");
  for (int i = 0; i < 7; ++i) election.mutable_topics(0)->add_partitions(i);
  election.add_topics()->mutable_topic()->set_topic_id("8FZ4qjH1TLSPe-5nZVrbCQ");
  EXPECT_EQ(ResourceText(election),
            "leaders:unclean of topics:2 (orders(0,1,2,3,4,...), id=8FZ4qjH1TLSPe-5nZVrbCQ)");
  admin::v1::AlterPartitionReassignmentsRequest reassignment;
  auto* reassigned = reassignment.add_topics();
  reassigned->mutable_topic()->set_name("orders");
  reassigned->add_partitions()->mutable_target()->add_broker_ids(1);
  reassigned->add_partitions()->set_partition(3);
  EXPECT_EQ(ResourceText(reassignment), "reassignments of topic:orders(0,cancel 3)");
  broker::v1::RegisterBrokerRequest registration;
  registration.set_broker_id(3);
  EXPECT_EQ(ResourceText(registration), "broker:3");
  broker::v1::AllocateProducerIdsRequest producers;
  producers.set_broker_id(3);
  EXPECT_EQ(ResourceText(producers), "producer_ids (broker 3)");
}

TEST(ResourceTextTest, PartitionsAreCounted) {
  broker::v1::AlterPartitionRequest request;
  request.set_broker_id(3);
  for (const int count : {400, 12}) {
    auto* topic = request.add_topics();
    for (int i = 0; i < count; ++i) topic->add_partitions();
  }
  EXPECT_EQ(ResourceText(request), "partitions:412 (broker 3)");
}

TEST(ResourceTextTest, AssignedReplicasAreCounted) {
  broker::v1::AssignReplicasToDirsRequest request;
  request.set_broker_id(3);
  for (const int count : {400, 12}) {
    auto* topic = request.add_directories()->add_topics();
    for (int i = 0; i < count; ++i) topic->add_partitions(i);
  }
  EXPECT_EQ(ResourceText(request), "log directories of replicas:412 (broker 3)");
}

}  // namespace
}  // namespace quorate::controller
