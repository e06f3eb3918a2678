// The messages that another process sends to a controller's peer listener.
#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include "base/check.h"
#include "base/host_port.h"
#include "server/peer/peer_stream_parser.h"
#include "tests/fuzz/checksums.h"
#include "tests/fuzz/inputs.pb.h"
#include "tests/fuzz/properties.h"
#include "tests/fuzz/proto_input.h"

namespace quorate::fuzz {
namespace {

using server::PeerPayload;

void RepairEntries(raft::v1::PeerMessage& message) {
  if (!message.has_append_request()) return;
  for (std::string& entry : *message.mutable_append_request()->mutable_entries()) {
    entry = WithEntryChecksum(std::move(entry));
  }
}

// Returns the message with its entries, which ToBytes adds in a process
// (server/peer/message_bytes.h).
raft::v1::PeerMessage ToProto(const PeerPayload& payload) {
  raft::v1::PeerMessage proto = server::ToProtoWithoutEntries(payload);
  if (!proto.has_append_request()) return proto;
  const auto& request = std::get<raft::AppendRequest>(std::get<raft::Message>(payload));
  for (const raft::EntryPtr& entry : request.entries) {
    proto.mutable_append_request()->add_entries(entry->encoded());
  }
  return proto;
}

void CheckEndpoint(const std::string& text) {
  CHECK_OK(ParseHostPort(text).status());
  CheckLine(text);
}

void CheckHelloOf(const server::Hello& hello) {
  CheckEndpoint(hello.speaker.peer_endpoint);
  CheckEndpoint(hello.speaker.client_endpoint);
  const absl::Status status = server::CheckHello(
      hello, {.cluster_id = "MkU3OEVBNTcwNTJENDM2Qg", .self = NodeId(1), .voters = {NodeId(1)}});
  if (!status.ok()) CheckError(status);
}

// A message that is accepted is sent and accepted again as the same message.
void CheckRoundTrip(NodeId from, const PeerPayload& payload) {
  const std::string bytes = ToProto(payload).SerializeAsString();
  raft::v1::PeerMessage proto;
  CHECK(proto.ParseFromString(bytes)) << "the message that we send does not parse";
  const absl::StatusOr<PeerPayload> again = server::FromProto(from, proto);
  CHECK_OK(again.status());
  CHECK(ToProto(*again).SerializeAsString() == bytes);
  if (const auto* hello = std::get_if<server::Hello>(&payload)) CheckHelloOf(*hello);
  if (const auto* message = std::get_if<raft::Message>(&payload)) {
    CheckLine(raft::ToString(*message));
  }
}

void Receive(PeerStream& stream) {
  const size_t stream_class = stream.stream_class() % std::size(raft::kStreamClasses);
  server::PeerStreamParser parser(raft::kStreamClasses[stream_class],
                                  stream.is_own() ? server::PeerStreamParser::Expects::kResponses
                                                  : server::PeerStreamParser::Expects::kRequests);
  NodeId from;
  for (raft::v1::PeerMessage& message : *stream.mutable_messages()) {
    RepairEntries(message);
    const absl::StatusOr<PeerPayload> payload = parser.Parse(message);
    // The stream ends.
    if (!payload.ok()) return CheckError(payload.status());
    if (const auto* hello = std::get_if<server::Hello>(&*payload)) from = hello->from();
    CheckRoundTrip(from, *payload);
  }
}

}  // namespace

const google::protobuf::Message& EmptyInput() { return PeerStream::default_instance(); }

}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  quorate::fuzz::PeerStream stream;
  if (stream.ParseFromArray(data, static_cast<int>(size))) quorate::fuzz::Receive(stream);
  return 0;
}
