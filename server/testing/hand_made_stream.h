// A peer stream that a test writes message by message, as a peer or an unknown process might.
#pragma once

#include <memory>
#include <string>

#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "quorate/raft/v1/raft_service.grpc.pb.h"
#include "server/peer/testing/parse_message.h"
#include "server/peer/testing/peer_test_network.h"

namespace quorate::server {

inline Hello HelloFrom(NodeId from, NodeId to) {
  return {.cluster_id = kTestClusterId,
          .expected_node = to,
          .speaker = {.key = {from, TestDirectory(from)},
                      .peer_endpoint = "somewhere:9093",
                      .client_endpoint = "somewhere:9092",
                      .configured_voters = {k1, k2, k3}}};
}

class HandMadeStream {
 public:
  HandMadeStream(const HostPort& address, raft::StreamClass stream_class,
                 const std::shared_ptr<grpc::ChannelCredentials>& credentials =
                     grpc::InsecureChannelCredentials())
      : stub_(raft::v1::RaftService::NewStub(grpc::CreateChannel(address.ToString(), credentials))),
        stream_(stream_class == raft::StreamClass::kControl ? stub_->Control(&context_)
                                                            : stub_->Append(&context_)) {
    context_.set_wait_for_ready(true);
  }
  ~HandMadeStream() { context_.TryCancel(); }

  HandMadeStream& Send(const PeerPayload& payload) { return Send(ParseMessage(payload)); }
  HandMadeStream& Send(const raft::v1::PeerMessage& message) {
    stream_->Write(message);
    return *this;
  }

  // Reads and returns the next message. A message without a kind means that the stream has ended.
  raft::v1::PeerMessage Receive() {
    raft::v1::PeerMessage message;
    stream_->Read(&message);
    return message;
  }

  // Reads to the end and returns the status of the stream.
  grpc::Status End() {
    raft::v1::PeerMessage message;
    while (stream_->Read(&message)) {
    }
    return stream_->Finish();
  }

 private:
  const std::unique_ptr<raft::v1::RaftService::Stub> stub_;
  grpc::ClientContext context_;
  const std::unique_ptr<grpc::ClientReaderWriter<raft::v1::PeerMessage, raft::v1::PeerMessage>>
      stream_;
};

}  // namespace quorate::server
