// The texts that flags take, as values. INVALID_ARGUMENT quotes the text, says what is wrong with
// it and what it should look like; the caller names the flag.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/host_port.h"
#include "quorate/admin/v1/admin_service.pb.h"
#include "quorate/common/v1/error.pb.h"

namespace quorate::cli {

// "10s", "500ms", "1m30s": more than nothing, at most a day.
absl::StatusOr<Duration> ParseTimeout(const std::string& text);

// "HOST:PORT,HOST:PORT": at least one, none twice.
absl::StatusOr<std::vector<HostPort>> ParseEndpoints(const std::string& text);

// "UUID:SEQUENCE", the uuid in 22 characters of base64url, the sequence from 1.
absl::StatusOr<common::v1::RequestId> ParseRequestId(const std::string& text);

// As ParseRequestId reads it.
std::string RequestIdText(const common::v1::RequestId& id);

// "1:2,2:3": partitions 0, 1, … separated by commas, each with its brokers separated by colons.
absl::StatusOr<std::vector<admin::v1::ReplicaAssignment>> ParseAssignments(const std::string& text);

// "key=value"; the value may be empty and may contain '='.
absl::StatusOr<admin::v1::ConfigEntry> ParseConfig(const std::string& text);

}  // namespace quorate::cli
