// The write with which controllers are measured: IncrementalAlterConfigs of one topic.
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

// Returns the name of one of kKeys topics. The name is long, so that a write has kWriteBytes.
std::string TopicName(int64_t n);

// Creates the topics that the writes need. CHECKs success.
void CreateWrittenTopics(client::AdminClient& client);

ConfigWrites::Method ConfigWrite();

// Fills in an answer of the same size as a controller's.
void FillAnswer(const admin::v1::IncrementalAlterConfigsRequest& request,
                admin::v1::IncrementalAlterConfigsResponse* response);

}  // namespace quorate::bench
