// Tells a client why its request does not parse. gRPC by itself answers UNIMPLEMENTED without a
// reason, and protobuf only writes the reason to standard error.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_interceptor.h>

#include <memory>
#include <optional>
#include <string>

#include "google/protobuf/message.h"
#include "quorate/common/v1/error.pb.h"

namespace quorate::server {

// Redirects protobuf's log messages. A message about a string that is not valid UTF-8 becomes part
// of the error that the client gets; every other message goes to our log. Call before the process
// starts a thread.
void RedirectProtobufLog();

// Parses a request of `method` ("package.Service/Method") on the calling thread. Returns
// INVALID_REQUEST if it does not parse (see MakeParseErrorReporter), and nullopt if it does.
std::optional<common::v1::Error> ParseRequest(const std::string& method, grpc::ByteBuffer* bytes,
                                              google::protobuf::Message* request);

// Returns a server interceptor that answers a request that does not parse with INVALID_REQUEST. If
// a string is not valid UTF-8, the error names its field (which is known only after
// RedirectProtobufLog). Every gRPC server needs one.
std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> MakeParseErrorReporter();

}  // namespace quorate::server
