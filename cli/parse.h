// Parses the values of flags. On failure, INVALID_ARGUMENT quotes the text, says what is wrong with
// it and what format is expected. The caller adds the name of the flag.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/host_port.h"
#include "quorate/admin/v1/admin_service.pb.h"
#include "quorate/common/v1/error.pb.h"

namespace quorate::cli {

// Parses a duration such as "10s", "500ms" or "1m30s", from 1 ms to 24 h.
absl::StatusOr<Duration> ParseTimeout(const std::string& text);

// Parses a time in the past, and returns it in milliseconds since the Unix epoch: a UTC time such
// as "2026-11-30", "2026-11-30 10:22:01" or "2026-11-30T10:22:01Z", or how long it is ago, such as
// "15m" or "36h". `now_ms` is the current time.
absl::StatusOr<int64_t> ParsePastTime(const std::string& text, int64_t now_ms);

// Parses "HOST:PORT,HOST:PORT,...": at least one endpoint, without duplicates.
absl::StatusOr<std::vector<HostPort>> ParseEndpoints(const std::string& text);

// Parses "UUID:SEQUENCE": the uuid in 22 characters of base64url, and a sequence from 1.
absl::StatusOr<common::v1::RequestId> ParseRequestId(const std::string& text);

// Formats a request id for ParseRequestId.
std::string RequestIdText(const common::v1::RequestId& id);

// Parses "1:2,2:3": partitions 0, 1, … separated by commas, each with its brokers separated by
// colons.
absl::StatusOr<std::vector<admin::v1::ReplicaAssignment>> ParseAssignments(const std::string& text);

// Parses "TOPIC" or "TOPIC:P,P,...", with at least one partition.
absl::StatusOr<admin::v1::ElectLeadersRequest::TopicPartitions> ParseTopicPartitions(
    const std::string& text);

// Parses "key=value". The value may be empty and may contain '='.
absl::StatusOr<admin::v1::ConfigEntry> ParseConfig(const std::string& text);

// Parses "NAME=LEVEL", the level of a feature.
absl::StatusOr<admin::v1::UpdateFeaturesRequest::Update> ParseFeatureLevel(const std::string& text);

}  // namespace quorate::cli
