// The one translation between our errors and gRPC's statuses, used by the services (server/) and by
// every caller (client/, cli/, broker/). It stands apart so that both ends of a call agree.
#pragma once

#include <grpcpp/support/status.h>

#include "quorate/common/v1/error.pb.h"

namespace quorate::client {

// The gRPC code that stands for `code`: what a caller sees who does not decode the details.
grpc::StatusCode StatusCodeFor(common::v1::ErrorCode code);

// A status whose binary details hold `error`, framed as google.rpc.Status would. The message is
// cut to 1,024 bytes: a status travels as HTTP/2 metadata, which gRPC limits to 8 KiB.
// REQUIRES: error.code() is not ERROR_CODE_UNSPECIFIED.
grpc::Status StatusFromError(const common::v1::Error& error);

// The error that `status` carries. A status without our details comes from gRPC itself or from a
// server that is not ours; then the code is the nearest one, and the outcome is REFUSED only where
// the request provably never reached a service, else UNKNOWN. Never fails.
// REQUIRES: !status.ok().
common::v1::Error ErrorFromStatus(const grpc::Status& status);

}  // namespace quorate::client
