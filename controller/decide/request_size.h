// How much work one request asks for: what no request may exceed, and what is too much for the
// controller's loop.
#pragma once

#include <cstdint>
#include <optional>

#include "metadata/metadata_image.h"
#include "quorate/admin/v1/admin_service.pb.h"
#include "quorate/broker/v1/broker_service.pb.h"
#include "quorate/common/v1/error.pb.h"

namespace quorate::controller {

struct RequestLimits {
  // Topics, resources and their changes: whatever gets a record or a result of its own.
  int64_t max_items = 20'000;
  // Partitions that are created or altered.
  int64_t max_partitions = 200'000;
};

// POLICY_VIOLATION, with the count and the limit, for a request above the limits. Costs what the
// limits allow, however large the request.
std::optional<common::v1::Error> CheckSize(const admin::v1::CreateTopicsRequest& request,
                                           const RequestLimits& limits);
std::optional<common::v1::Error> CheckSize(const admin::v1::DeleteTopicsRequest& request,
                                           const RequestLimits& limits);
std::optional<common::v1::Error> CheckSize(const admin::v1::IncrementalAlterConfigsRequest& request,
                                           const RequestLimits& limits);
std::optional<common::v1::Error> CheckSize(const broker::v1::AlterPartitionRequest& request,
                                           const RequestLimits& limits);

// Whether the request may take longer than a few milliseconds to decide on `image` and to replay.
// An estimate (decision_benchmark.cc), on the safe side. REQUIRES: it is within the limits.
bool IsLarge(const admin::v1::CreateTopicsRequest& request, const metadata::MetadataImage& image);
bool IsLarge(const admin::v1::DeleteTopicsRequest& request, const metadata::MetadataImage& image);
bool IsLarge(const admin::v1::IncrementalAlterConfigsRequest& request,
             const metadata::MetadataImage& image);
bool IsLarge(const broker::v1::AlterPartitionRequest& request,
             const metadata::MetadataImage& image);

}  // namespace quorate::controller
