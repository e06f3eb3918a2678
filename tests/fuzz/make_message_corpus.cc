#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "controller/testing/decision_fixture.h"
#include "quorate/admin/v1/admin_service.pb.h"
#include "server/peer/message_mapping.h"
#include "storage/testing/log_builder.h"
#include "storage/testing/opened_log.h"
#include "tests/fuzz/inputs.pb.h"
#include "tests/fuzz/make_corpus.h"

namespace quorate::fuzz {
namespace {

server::Hello MakeHello() {
  return {.cluster_id = "MkU3OEVBNTcwNTJENDM2Qg",
          .expected_node = NodeId(1),
          .session_id = 5,
          .incarnation = 6,
          .speaker = {.key = storage::MakeKey(2, 'b'),
                      .peer_endpoint = "controller-2:9193",
                      .client_endpoint = "controller-2:9192",
                      .configured_voters = {NodeId(1), NodeId(2), NodeId(3)},
                      .has_log = true,
                      .voter_set = raft::VoterSet({{.key = storage::MakeKey(2, 'b'),
                                                    .peer_endpoint = "controller-2:9193",
                                                    .client_endpoint = "controller-2:9192"}}),
                      .max_metadata_version = 2}};
}

// Returns a stream that begins with a Hello.
PeerStream StreamOf(raft::StreamClass stream_class, bool is_own,
                    const std::vector<raft::Message>& messages) {
  PeerStream stream;
  stream.set_stream_class(static_cast<uint32_t>(stream_class));
  stream.set_is_own(is_own);
  *stream.add_messages() = server::ToProtoWithoutEntries(MakeHello());
  for (const raft::Message& message : messages) {
    raft::v1::PeerMessage& proto = *stream.add_messages();
    proto = server::ToProtoWithoutEntries(message);
    const auto* request = std::get_if<raft::AppendRequest>(&message);
    if (request == nullptr) continue;
    for (const raft::EntryPtr& entry : request->entries) {
      proto.mutable_append_request()->add_entries(entry->encoded());
    }
  }
  return stream;
}

void AddPeerMessages(CorpusWriter& corpus) {
  const auto add = [&](const PeerStream& stream) { corpus.Add("peer_messages", stream); };
  const raft::VoterSet voters = storage::MakeVoters({1, 2, 3});
  const raft::SnapshotId snapshot = {.end_offset = RecordOffset(30), .epoch = Epoch(2)};
  storage::LogBuilder log;
  PeerStream control =
      StreamOf(raft::StreamClass::kControl, false,
               {raft::VoteRequest{.epoch = Epoch(3),
                                  .candidate = storage::MakeKey(2, 'b'),
                                  .last_epoch = Epoch(2),
                                  .last_index = LogIndex(7),
                                  .pre_vote = true,
                                  .voters = voters},
                raft::Heartbeat{.epoch = Epoch(3),
                                .commit_index = LogIndex(7),
                                .read_sequence = 4,
                                .high_watermark = RecordOffset(30),
                                .voters = voters},
                raft::ReadIndexRequest{.token = 1, .epoch = Epoch(3)}, raft::TimeoutNow{Epoch(3)}});
  *control.add_messages() =
      server::ToProtoWithoutEntries(server::Goodbye{raft::GoodbyeReason::kStopping, Epoch(3)});
  add(control);
  add(StreamOf(raft::StreamClass::kControl, true,
               {raft::VoteResponse{.epoch = Epoch(3), .requested_epoch = Epoch(3), .granted = true},
                raft::HeartbeatResponse{.epoch = Epoch(3), .read_sequence = 4, .voters = voters},
                raft::ReadIndexResponse{
                    .token = 1, .epoch = Epoch(3), .confirmed = true, .read_index = LogIndex(7)}}));
  add(StreamOf(
      raft::StreamClass::kAppend, false,
      {raft::AppendRequest{.epoch = Epoch(3),
                           .sequence = 1,
                           .commit_index = LogIndex(0),
                           .entries = {log.Make(3, "first", 2), log.MakeVoters(3, voters)}},
       raft::AppendRequest{
           .epoch = Epoch(3), .sequence = 2, .prev_index = LogIndex(2), .prev_epoch = Epoch(3)}}));
  add(StreamOf(
      raft::StreamClass::kAppend, true,
      {raft::AppendResponse{.epoch = Epoch(3),
                            .sequence = 1,
                            .success = true,
                            .match_index = LogIndex(2),
                            .match_end_offset = RecordOffset(3)},
       raft::AppendResponse{
           .epoch = Epoch(3), .sequence = 2, .hint_index = LogIndex(1), .hint_epoch = Epoch(1)}}));
  add(StreamOf(raft::StreamClass::kSnapshot, false,
               {raft::InstallSnapshot{.epoch = Epoch(3),
                                      .sequence = 1,
                                      .id = snapshot,
                                      .last_index = LogIndex(10),
                                      .total_bytes = 100,
                                      .bytes = "frame"}}));
  add(StreamOf(
      raft::StreamClass::kSnapshot, true,
      {raft::InstallSnapshotResponse{.epoch = Epoch(3),
                                     .sequence = 1,
                                     .id = snapshot,
                                     .state = raft::InstallSnapshotResponse::State::kWanted,
                                     .position = 5}}));
}

// Returns the cluster with which requests_fuzz.cc begins.
controller::DecisionFixture StartedCluster() {
  controller::DecisionFixture cluster;
  cluster.UpgradeTo(metadata::kLatestMetadataVersion);
  cluster.StartBrokers(3);
  cluster.Create("topic", 3, 3);
  return cluster;
}

// A broker says where its replicas are, and one of its log directories fails.
void AddDirectoryRequests(CorpusWriter& corpus) {
  controller::DecisionFixture cluster = StartedCluster();
  const std::string topic_id(cluster.image().FindTopicByName("topic")->id().bytes());
  Requests directories;
  const std::string kept(16, 'k');
  const std::string failed(16, 'f');
  auto& with_directories = *directories.add_requests()->mutable_register_broker();
  *with_directories.mutable_request() = cluster.RegistrationOf(1, /*life=*/3, "rack");
  with_directories.mutable_request()->add_log_directories(kept);
  with_directories.mutable_request()->add_log_directories(failed);
  with_directories.set_registered_one_is_gone(true);
  cluster.Apply(DecideRegisterBroker(cluster.view(), with_directories.request(),
                                     {.registered_one_is_gone = true},
                                     controller::DecisionFixture::kClusterId, cluster.context()));
  *directories.add_requests()->mutable_heartbeat()->mutable_request() = cluster.HeartbeatOf(1);
  auto& assign = *directories.add_requests()->mutable_assign_replicas();
  assign.set_broker_id(1);
  assign.set_broker_epoch(cluster.image().FindBroker(BrokerId(1))->broker_epoch);
  for (const std::string& id : {kept, failed}) {
    auto& directory = *assign.add_directories();
    directory.set_id(id);
    auto& of_topic = *directory.add_topics();
    of_topic.set_topic_id(topic_id);
    of_topic.add_partitions(id == kept ? 0 : 1);
    of_topic.add_partitions(2);
  }
  auto& failure = *directories.add_requests()->mutable_heartbeat();
  *failure.mutable_request() = cluster.HeartbeatOf(1);
  failure.mutable_request()->add_offline_log_directories(failed);
  corpus.Add("requests", directories);
}

void AddRequests(CorpusWriter& corpus) {
  controller::DecisionFixture cluster = StartedCluster();
  const std::string topic_id(cluster.image().FindTopicByName("topic")->id().bytes());

  Requests brokers;
  for (const int32_t id : {3, 4}) {
    auto& registration = *brokers.add_requests()->mutable_register_broker();
    *registration.mutable_request() = cluster.RegistrationOf(id, /*life=*/2, "rack");
    registration.set_registered_one_is_gone(true);
    cluster.Register(id, /*life=*/2, "rack");
    auto& heartbeat = *brokers.add_requests()->mutable_heartbeat();
    *heartbeat.mutable_request() = cluster.HeartbeatOf(id);
    heartbeat.set_others_know(true);
    cluster.Heartbeat(id);
  }
  brokers.add_requests()->mutable_departure()->add_dead(2);
  brokers.mutable_requests(4)->mutable_departure()->add_stopping(1);
  brokers.add_requests()->mutable_unregister_broker()->set_broker_id(4);
  brokers.mutable_requests(5)->mutable_unregister_broker()->set_force(true);
  corpus.Add("requests", brokers);

  Requests isr;
  auto& alter = *isr.add_requests()->mutable_alter_partition();
  const metadata::PartitionView partition = cluster.image().FindTopicByName("topic")->partition(0);
  const BrokerId leader = partition.leader().value();
  alter.set_broker_id(leader.value());
  alter.set_broker_epoch(cluster.image().FindBroker(leader)->broker_epoch);
  auto& topic = *alter.add_topics();
  topic.set_topic_id(topic_id);
  auto& altered = *topic.add_partitions();
  altered.set_leader_epoch(partition.leader_epoch());
  altered.set_partition_epoch(partition.partition_epoch());
  altered.add_new_isr()->set_broker_id(leader.value());
  corpus.Add("requests", isr);

  const std::string id = R"(request_id { client_uuid: "uuuuuuuuuuuuuuuu" sequence: 1 })";
  const std::string create = absl::StrCat(R"(requests { create_topics { )", id, R"(
      topics { name: "a.b" partition_count: 4 replication_factor: 2
               configs { key: "retention.ms" value: "1000" } }
      topics { name: "c" assignments { broker_ids: [1, 2] } assignments { broker_ids: [2, 3] } } } })");
  corpus.Add("requests", FromText<Requests>(absl::StrCat(create, create, R"(
      requests { delete_topics { topics { name: "a.b" } topics { name: "none" } } })")));
  corpus.Add("requests", FromText<Requests>(absl::StrCat(R"(
      requests { departure { dead: 1 } }
      requests { create_partitions { )",
                                                         id, R"(
        topics { name: "topic" partition_count: 9 } topics { name: "none" partition_count: 2 } } }
      requests { create_partitions {
        topics { name: "topic" partition_count: 11
                 assignments { broker_ids: [3, 2, 1] } assignments { broker_ids: [1, 2, 3] } } } })")));
  corpus.Add("requests", FromText<Requests>(R"(
      requests { alter_configs { resources { resource { type: TOPIC name: "topic" }
        changes { key: "cleanup.policy" operation: APPEND value: "compact" }
        changes { key: "unclean.leader.election.enable" operation: SET value: "TRUE" }
        changes { key: "min.insync.replicas" operation: SET value: "2" } }
        resources { resource { type: BROKER name: "1" }
          changes { key: "num.replica.fetchers" operation: SET value: " 5" } } } }
      requests { departure { dead: [1, 2, 3] } })"));
  corpus.Add("requests", FromText<Requests>(R"(is_old: true
      requests { update_features { updates { feature: "metadata.version" level: 2 } } }
      requests { update_features { updates { feature: "kraft.version" level: 1 } } })"));
  corpus.Add("requests", FromText<Requests>(absl::StrCat(R"(
      requests { departure { dead: [1, 2, 3] } }
      requests { heartbeat { request { broker_id: 2 } } }
      requests { elect_leaders { )",
                                                         id, R"( type: UNCLEAN all_topics: true } }
      requests { elect_leaders { type: PREFERRED
        topics { topic { name: "topic" } partitions: [0, 2, 2, 9] } topics { topic { name: "x" } }
        start { topic_id: "AAAAAAAAAAAAAAAAAAAAAQ" partition: 1 } } })")));
  corpus.Add("requests", FromText<Requests>(absl::StrCat(R"(
      requests { departure { dead: 3 } }
      requests { alter_reassignments { )",
                                                         id, R"( topics {
        topic { name: "topic" }
        partitions { partition: 0 target { broker_ids: [3, 1] } }
        partitions { partition: 1 target { broker_ids: [2, 1, 3] } }
        partitions { partition: 9 target { broker_ids: [1, 1, 7] } } } } }
      requests { alter_partition { broker_id: 1 topics { partitions { partition: 0
        new_isr { broker_id: 1 broker_epoch: -1 } } } } }
      requests { alter_reassignments { topics {
        topic { name: "topic" } partitions { partition: 0 } partitions { partition: 2 } }
        validate_only: true } })")));
  corpus.Add("requests", FromText<Requests>(R"(
      requests { departure { dead: [1, 2, 3] } }
      requests { heartbeat { request { broker_id: 2 } } }
      requests { alter_configs { resources { resource { type: BROKER }
        changes { key: "min.insync.replicas" operation: SET value: "2" }
        changes { key: "log.cleanup.policy" operation: APPEND value: "compact" } } } }
      requests { alter_configs { resources { resource { type: BROKER }
        changes { key: "unclean.leader.election.enable" operation: SET value: "true" } } } }
      requests { alter_configs { resources { resource { type: BROKER name: "1" }
        changes { key: "listener.name.a.ssl.key.password" operation: SET value: "secret" } } } })"));
}

void AddRequestBytes(CorpusWriter& corpus) {
  const auto add = [&](char selector, const google::protobuf::Message& message) {
    corpus.Add("parsed_size", selector + message.SerializeAsString());
  };
  admin::v1::CreateTopicsRequest create;
  auto& topic = *create.add_topics();
  topic.set_name("orders");
  for (int i = 0; i < 3; ++i) topic.add_assignments()->add_broker_ids(i);
  topic.add_configs()->set_key("retention.ms");
  add(0, create);
  admin::v1::DeleteTopicsRequest remove;
  for (int i = 0; i < 20; ++i) remove.add_topics();
  add(1, remove);
  add(4, controller::DecisionFixture().RegistrationOf(1));
  add(5, FromText<broker::v1::AlterPartitionRequest>(
             R"(topics { partitions { new_isr { broker_id: 1 } new_isr { broker_id: 2 } } })"));
  add(6, FromText<broker::v1::ReportRolesRequest>(
             R"(led { topic_id: "tttttttttttttttt" runs: [1, 2, 3, 4, 5, 6, 7, 8] } roles {})"));
}

}  // namespace

void AddMessageInputs(CorpusWriter& corpus) {
  AddPeerMessages(corpus);
  AddRequests(corpus);
  AddDirectoryRequests(corpus);
  AddRequestBytes(corpus);
}

}  // namespace quorate::fuzz
