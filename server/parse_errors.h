// What a client learns of a request that does not parse. gRPC alone answers UNIMPLEMENTED without a
// word, and protobuf writes its reason to standard error.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_interceptor.h>

#include <memory>
#include <optional>
#include <string>

#include "google/protobuf/message.h"
#include "quorate/common/v1/error.pb.h"

namespace quorate::server {

// Takes protobuf's own log: a string that is not UTF-8 is told to the client that sent it, and
// everything else goes to our log. Call before any thread is made.
void TakeProtobufLog();

// Parses a request of `method` ("package.Service/Method") on this thread; INVALID_REQUEST as below
// if it does not parse.
std::optional<common::v1::Error> ParseRequest(const std::string& method, grpc::ByteBuffer* bytes,
                                              google::protobuf::Message* request);

// Answers a request that does not parse with INVALID_REQUEST, and names the field whose string is
// not UTF-8 if that is the reason (it is known only after TakeProtobufLog). For each server.
std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> MakeParseErrorReporter();

}  // namespace quorate::server
