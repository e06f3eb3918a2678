// The write that controllers are measured by: IncrementalAlterConfigs of one topic.
#pragma once

#include <cstdint>
#include <string>

#include "bench/unary_load.h"
#include "client/admin_client.h"
#include "quorate/admin/v1/admin_service.grpc.pb.h"

namespace quorate::bench {

using ConfigWrites =
    UnaryLoad<admin::v1::AdminService::Stub, admin::v1::IncrementalAlterConfigsRequest,
              admin::v1::IncrementalAlterConfigsResponse>;

// One of kKeys topics. Its name is long, so that a write has kWriteBytes.
std::string TopicName(int64_t n);

// What they need of the cluster. CHECKs success.
void CreateWrittenTopics(client::AdminClient& client);

ConfigWrites::Method ConfigWrite();

// As large an answer as a controller's.
void FillAnswer(const admin::v1::IncrementalAlterConfigsRequest& request,
                admin::v1::IncrementalAlterConfigsResponse* response);

}  // namespace quorate::bench
