// Translates between Quorate's errors and gRPC statuses. The services (server/) and all callers
// (client/, cli/, broker/) use these functions, so that both ends of a call agree.
#pragma once

#include <grpcpp/support/status.h>

#include "quorate/common/v1/error.pb.h"

namespace quorate::client {

// Returns the gRPC code for `code`, which is what a caller sees that does not decode the details.
grpc::StatusCode StatusCodeFor(common::v1::ErrorCode code);

// Returns a status whose binary details contain `error`, in the encoding of google.rpc.Status. The
// message is truncated to 1,024 bytes, because a status travels as HTTP/2 metadata, which gRPC
// limits to 8 KiB. REQUIRES: error.code() is not ERROR_CODE_UNSPECIFIED.
grpc::Status StatusFromError(const common::v1::Error& error);

// Returns the error that `status` carries. A status without Quorate's details comes from gRPC
// itself or from another server. Then the code is the closest one, and the outcome is REFUSED only
// if the request provably never reached a service, else UNKNOWN. Never fails. REQUIRES:
// !status.ok().
common::v1::Error ErrorFromStatus(const grpc::Status& status);

}  // namespace quorate::client
