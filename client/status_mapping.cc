#include "client/status_mapping.h"

#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace quorate::client {
namespace {

using common::v1::Error;
using common::v1::ErrorCode;

constexpr char kErrorTypeUrl[] = "type.googleapis.com/quorate.common.v1.Error";
constexpr size_t kMaxMessageBytes = 1024;

std::string CutToLimit(const std::string& message) {
  if (message.size() <= kMaxMessageBytes) return message;
  size_t end = kMaxMessageBytes - 3;
  // Does not cut inside a UTF-8 sequence, because protobuf refuses to send half a character.
  while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xc0) == 0x80) --end;
  return absl::StrCat(message.substr(0, end), "...");
}

// Returns the Error in the details, or nullopt if the details are not Quorate's.
std::optional<Error> ErrorInDetails(const grpc::Status& status) {
  common::v1::StatusDetails details;
  if (status.error_details().empty() || !details.ParseFromString(status.error_details())) {
    return std::nullopt;
  }
  for (const auto& any : details.details()) {
    Error error;
    if (any.type_url() == kErrorTypeUrl && error.ParseFromString(any.value()) &&
        error.code() != common::v1::ERROR_CODE_UNSPECIFIED) {
      return error;
    }
  }
  return std::nullopt;
}

// Returns whether gRPC failed the call before it had a connection to send it on. gRPC uses the same
// code for this and for a connection that broke after the request was sent. Only its text
// distinguishes them, and an unknown text counts as "may have been sent".
bool NeverSent(const grpc::Status& status) {
  const std::string text = status.error_message();
  return text.starts_with("failed to connect to all addresses") ||
         text.starts_with("DNS resolution failed");
}

// Returns the innermost reason of gRPC's text, which follows the last ": ". What our own check of a
// certificate says (tls_channel.h) may contain one.
std::string LastReason(const std::string& text) {
  constexpr std::string_view kRefusedByUs = "check failed with error: UNAUTHENTICATED: ";
  if (const size_t ours = text.find(kRefusedByUs); ours != std::string::npos) {
    return text.substr(ours + kRefusedByUs.size());
  }
  const size_t colon = text.rfind(": ");
  return colon == std::string::npos ? text : text.substr(colon + 2);
}

// Returns what the reason of a failed handshake means, to be appended to it, or "".
const char* MeaningOf(const std::string& reason) {
  const auto says = [&reason](const char* text) { return absl::StrContains(reason, text); };
  if (says("certificate verify failed")) {
    return ", so the other end's certificate has expired or is not signed by a CA in tls-ca";
  }
  if (says("wrong version number")) return ", so the other end does not use TLS";
  if (says("Socket closed") || says("Connection reset by peer")) {
    return " in the handshake; if one end uses TLS, the other may not, or its certificate was "
           "refused: see the log of the process there";
  }
  return "";
}

std::string MessageFor(const grpc::Status& status, bool never_sent) {
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
    return "no service at this endpoint implements the call: use the client port of a controller "
           "(for a broker's view, the port of the broker)";
  }
  if (never_sent) {
    const std::string reason = LastReason(status.error_message());
    return absl::StrCat("cannot connect: ", reason, MeaningOf(reason));
  }
  if (!status.error_message().empty()) return status.error_message();
  return absl::StrCat("gRPC status ", static_cast<int>(status.error_code()), " without a message");
}

ErrorCode NearestCode(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::CANCELLED:
      return common::v1::CONTROLLER_NOT_AVAILABLE;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return common::v1::REQUEST_TIMED_OUT;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      // Without Quorate's details, this is gRPC's size limit and not one of Quorate's limits.
      return common::v1::MESSAGE_TOO_LARGE;
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::UNIMPLEMENTED:
    case grpc::StatusCode::UNAUTHENTICATED:
      return common::v1::INVALID_REQUEST;
    case grpc::StatusCode::PERMISSION_DENIED:
      return common::v1::CLUSTER_AUTHORIZATION_FAILED;
    default:
      return common::v1::UNKNOWN_SERVER_ERROR;
  }
}

// Returns whether gRPC and proxies use this code only if the service was not run. A size limit is
// the server's, because Quorate's channels accept answers of any size (client/channel.h).
bool RefusedByCode(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::UNIMPLEMENTED:
    case grpc::StatusCode::UNAUTHENTICATED:
    case grpc::StatusCode::PERMISSION_DENIED:
      return true;
    default:
      return false;
  }
}

}  // namespace

grpc::StatusCode StatusCodeFor(ErrorCode code) {
  switch (code) {
    case common::v1::UNKNOWN_TOPIC_OR_PARTITION:
    case common::v1::UNKNOWN_TOPIC_ID:
    case common::v1::BROKER_ID_NOT_REGISTERED:
      return grpc::StatusCode::NOT_FOUND;
    case common::v1::TOPIC_ALREADY_EXISTS:
    case common::v1::DUPLICATE_BROKER_REGISTRATION:
      return grpc::StatusCode::ALREADY_EXISTS;
    case common::v1::MESSAGE_TOO_LARGE:
    case common::v1::INVALID_TOPIC_EXCEPTION:
    case common::v1::INVALID_PARTITIONS:
    case common::v1::INVALID_REPLICATION_FACTOR:
    case common::v1::INVALID_REPLICA_ASSIGNMENT:
    case common::v1::INVALID_CONFIG:
    case common::v1::INVALID_REQUEST:
    case common::v1::INVALID_REGISTRATION:
      return grpc::StatusCode::INVALID_ARGUMENT;
    case common::v1::CLUSTER_AUTHORIZATION_FAILED:
      return grpc::StatusCode::PERMISSION_DENIED;
    case common::v1::UNSUPPORTED_VERSION:
    case common::v1::PREFERRED_LEADER_NOT_AVAILABLE:
    case common::v1::ELIGIBLE_LEADERS_NOT_AVAILABLE:
    case common::v1::ELECTION_NOT_NEEDED:
    case common::v1::NO_REASSIGNMENT_IN_PROGRESS:
    case common::v1::POLICY_VIOLATION:
    case common::v1::STALE_BROKER_EPOCH:
    case common::v1::INCONSISTENT_CLUSTER_ID:
    case common::v1::INELIGIBLE_REPLICA:
    case common::v1::NOT_LEADER_OR_FOLLOWER:
    case common::v1::REQUEST_ID_EVICTED:
      return grpc::StatusCode::FAILED_PRECONDITION;
    case common::v1::FENCED_LEADER_EPOCH:
    case common::v1::NEW_LEADER_ELECTED:
    case common::v1::INVALID_UPDATE_VERSION:
      return grpc::StatusCode::ABORTED;
    case common::v1::NOT_CONTROLLER:
    case common::v1::CONTROLLER_NOT_AVAILABLE:
      return grpc::StatusCode::UNAVAILABLE;
    case common::v1::RESOURCE_EXHAUSTED:
    case common::v1::THROTTLING_QUOTA_EXCEEDED:
      return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case common::v1::REQUEST_TIMED_OUT:
      return grpc::StatusCode::DEADLINE_EXCEEDED;
    case common::v1::UNKNOWN_SERVER_ERROR:
      return grpc::StatusCode::INTERNAL;
    default:
      // A code of a later version, or no code.
      return grpc::StatusCode::UNKNOWN;
  }
}

grpc::Status StatusFromError(const Error& error) {
  CHECK_NE(error.code(), common::v1::ERROR_CODE_UNSPECIFIED) << error.ShortDebugString();
  Error sent = error;
  sent.set_message(CutToLimit(error.message()));

  const grpc::StatusCode code = StatusCodeFor(sent.code());
  common::v1::StatusDetails details;
  details.set_code(static_cast<int32_t>(code));
  details.set_message(sent.message());
  auto* any = details.add_details();
  any->set_type_url(kErrorTypeUrl);
  any->set_value(sent.SerializeAsString());
  return {code, sent.message(), details.SerializeAsString()};
}

Error ErrorFromStatus(const grpc::Status& status) {
  CHECK(!status.ok());
  if (std::optional<Error> error = ErrorInDetails(status)) return *std::move(error);

  const bool never_sent = NeverSent(status);
  const bool refused = never_sent || RefusedByCode(status.error_code());
  Error error;
  error.set_code(NearestCode(status.error_code()));
  error.set_message(MessageFor(status, never_sent));
  error.set_outcome(refused ? common::v1::REFUSED : common::v1::UNKNOWN);
  return error;
}

}  // namespace quorate::client
