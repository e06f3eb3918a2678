// What a client learns of a request that does not parse. gRPC alone answers UNIMPLEMENTED without a
// word, and protobuf writes its reason to standard error.
#pragma once

#include <grpcpp/support/server_interceptor.h>

#include <memory>

namespace quorate::server {

// Takes protobuf's own log: a string that is not UTF-8 is told to the client that sent it, and
// everything else goes to our log. Call before any thread is made.
void TakeProtobufLog();

// Answers a request that does not parse with INVALID_REQUEST, and names the field whose string is
// not UTF-8 if that is the reason (it is known only after TakeProtobufLog). For each server.
std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> MakeParseErrorReporter();

}  // namespace quorate::server
