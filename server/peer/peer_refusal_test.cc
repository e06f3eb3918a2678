// Tests which peers are refused at either end of a stream, and that a refusal does no harm.
#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "server/peer/testing/peer_test_network.h"
#include "server/testing/hand_made_stream.h"

namespace quorate::server {
namespace {

using raft::v1::PeerMessage;
using raft::v1::RaftService;
using ::testing::HasSubstr;

class PeerRefusalTest : public PeerNetworkTest {
 protected:
  HandMadeStream OpenControl() { return {AddressOf(k1), raft::StreamClass::kControl}; }
  HandMadeStream OpenAppend() { return {AddressOf(k1), raft::StreamClass::kAppend}; }

  static void ExpectEnd(HandMadeStream& stream, grpc::StatusCode code, const std::string& why) {
    const grpc::Status status = stream.End();
    EXPECT_EQ(status.error_code(), code) << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr(why));
  }
  static uint64_t Refusals(PeerTestNode& node, StreamRefusal reason) {
    node.loop().Drain();
    return node.transport().refusals()[static_cast<size_t>(reason)].value();
  }
};

TEST_F(PeerRefusalTest, AVoterIsAnsweredWithAHelloThatNamesIt) {
  auto one = StartNode(k1);
  HandMadeStream stream = OpenControl();
  stream.Send(HelloFrom(k2, k1));
  const PeerMessage answer = stream.Receive();
  ASSERT_TRUE(answer.has_hello());
  EXPECT_EQ(answer.hello().node_id(), 1);
  EXPECT_EQ(answer.hello().expected_node_id(), 2);
  EXPECT_EQ(answer.hello().cluster_id(), kTestClusterId);
  EXPECT_EQ(answer.hello().client_endpoint(), "client-of-1:9092");
}

TEST_F(PeerRefusalTest, AnotherClusterIsRefused) {
  auto one = StartNode(k1);
  Hello hello = HelloFrom(k2, k1);
  hello.cluster_id = "AAAAAAAAAAAAAAAAAAAAAA";
  HandMadeStream stream = OpenControl();
  stream.Send(hello);
  ExpectEnd(stream, grpc::StatusCode::FAILED_PRECONDITION, "cluster 'AAAAAAAAAAAAAAAAAAAAAA'");
  EXPECT_EQ(Refusals(*one, StreamRefusal::kHello), 1u);
}

TEST_F(PeerRefusalTest, WhoMeansAnotherNodeIsRefused) {
  auto one = StartNode(k1);
  HandMadeStream stream = OpenAppend();
  stream.Send(HelloFrom(k2, k3));
  ExpectEnd(stream, grpc::StatusCode::FAILED_PRECONDITION, "expected node 3");
}

TEST_F(PeerRefusalTest, ANodeOutsideTheVoterListIsRefused) {
  auto one = StartNode(k1);
  HandMadeStream stream = OpenControl();
  stream.Send(HelloFrom(NodeId(4), k1));
  ExpectEnd(stream, grpc::StatusCode::FAILED_PRECONDITION, "node 4 is not among the voters");
}

TEST_F(PeerRefusalTest, WhoBeginsWithoutHelloIsCutOff) {
  auto one = StartNode(k1);
  HandMadeStream stream = OpenControl();
  stream.Send(raft::Message(raft::TimeoutNow{Epoch(1)}));
  ExpectEnd(stream, grpc::StatusCode::INVALID_ARGUMENT, "not a Hello");
  EXPECT_EQ(Refusals(*one, StreamRefusal::kMalformed), 1u);
}

TEST_F(PeerRefusalTest, WhoSaysNothingIsCutOff) {
  PeerTestNode::Config config = ConfigOf(k1);
  config.timings.hello_timeout = std::chrono::milliseconds(50);
  PeerTestNode one(std::move(config));
  HandMadeStream stream = OpenControl();
  ExpectEnd(stream, grpc::StatusCode::DEADLINE_EXCEEDED, "no Hello");
  EXPECT_EQ(Refusals(one, StreamRefusal::kSilent), 1u);
}

TEST_F(PeerRefusalTest, WhatDoesNotBelongOnAStreamEndsIt) {
  auto one = StartNode(k1);
  for (const raft::Message& message :
       {raft::Message(raft::AppendRequest{}), raft::Message(raft::VoteResponse{})}) {
    HandMadeStream stream = OpenControl();
    stream.Send(HelloFrom(k2, k1)).Send(message);
    ExpectEnd(stream, grpc::StatusCode::INVALID_ARGUMENT, "does not belong on this stream");
  }
  HandMadeStream stream = OpenControl();
  stream.Send(HelloFrom(k2, k1)).Send(HelloFrom(k2, k1));
  ExpectEnd(stream, grpc::StatusCode::INVALID_ARGUMENT, "a second Hello");
  EXPECT_TRUE(one->events().Messages().empty());
}

TEST_F(PeerRefusalTest, ADamagedEntryEndsItsStreamAndNothingElse) {
  auto one = StartNode(k1);
  auto two = StartNode(k2);
  AwaitSession(*one, k1, *two, k2);
  PeerMessage damaged = ParseMessage(raft::Message(raft::AppendRequest{
      .entries = {raft::Entry::Make({.epoch = Epoch(1), .index = LogIndex(1)}, "payload")}}));
  damaged.mutable_append_request()->mutable_entries(0)->back() ^= 1;
  HandMadeStream stream = OpenAppend();
  stream.Send(HelloFrom(k3, k1)).Send(damaged);
  ExpectEnd(stream, grpc::StatusCode::DATA_LOSS, "checksum");

  two->transport().Send(k1, raft::TimeoutNow{Epoch(1)});
  ASSERT_TRUE(one->events().AwaitMessages(1));
}

TEST_F(PeerRefusalTest, NobodyIsServedAfterStop) {
  PeerTestNode one(ConfigOf(k1));
  one.transport().Stop();
  HandMadeStream stream = OpenControl();
  ExpectEnd(stream, grpc::StatusCode::UNAVAILABLE, "starting or stopping");
}

// Listens at node 2's address and answers every Hello with its own.
class FakePeer final : public RaftService::Service {
 public:
  FakePeer(const HostPort& address, Hello hello) : hello_(std::move(hello)) {
    grpc::ServerBuilder builder;
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddListeningPort(address.ToString(), grpc::InsecureServerCredentials());
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~FakePeer() override { server_->Shutdown(std::chrono::system_clock::now()); }

  int streams() const { return streams_; }

  grpc::Status Control(grpc::ServerContext*,
                       grpc::ServerReaderWriter<PeerMessage, PeerMessage>* stream) override {
    return Serve(stream);
  }
  grpc::Status Append(grpc::ServerContext*,
                      grpc::ServerReaderWriter<PeerMessage, PeerMessage>* stream) override {
    return Serve(stream);
  }
  grpc::Status Snapshot(grpc::ServerContext*,
                        grpc::ServerReaderWriter<PeerMessage, PeerMessage>* stream) override {
    return Serve(stream);
  }

 private:
  grpc::Status Serve(grpc::ServerReaderWriter<PeerMessage, PeerMessage>* stream) {
    ++streams_;
    PeerMessage message;
    stream->Read(&message);
    stream->Write(ParseMessage(hello_));
    while (stream->Read(&message)) {
    }
    return grpc::Status::OK;
  }

  const Hello hello_;
  std::atomic<int> streams_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(PeerRefusalTest, WhoAnswersWronglyIsNotTakenForThePeer) {
  Hello other_cluster = HelloFrom(k2, k1);
  other_cluster.cluster_id = "AAAAAAAAAAAAAAAAAAAAAA";
  for (const Hello& wrong : {other_cluster, HelloFrom(k3, k1), HelloFrom(k2, k3)}) {
    const FakePeer fake(AddressOf(k2), wrong);
    PeerTestNode one(ConfigOf(k1));
    const MonoTime deadline = std::chrono::steady_clock::now() + kPatience;
    while (fake.streams() < 6 && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_GE(fake.streams(), 6) << "node 1 does not retry";
    one.loop().Drain();
    EXPECT_EQ(one.events().Count("up 2 control") + one.events().Count("up 2 append"), 0u);
    EXPECT_EQ(one.events().Count("hello 2"), 0u);
    EXPECT_EQ(one.transport().ClientEndpoint(k2), std::nullopt);
  }
}

// The same fake with the correct Hello. Shows that the fake in the test above is refused only
// because of its wrong Hello.
TEST_F(PeerRefusalTest, WhoAnswersRightlyIsThePeer) {
  const FakePeer fake(AddressOf(k2), HelloFrom(k2, k1));
  PeerTestNode one(ConfigOf(k1));
  EXPECT_TRUE(one.events().Await("up 2 control"));
  EXPECT_TRUE(one.events().Await("up 2 append"));
}

}  // namespace
}  // namespace quorate::server
