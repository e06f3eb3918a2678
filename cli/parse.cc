#include "cli/parse.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "base/check.h"
#include "base/quote.h"
#include "base/uuid.h"

namespace quorate::cli {
namespace {

absl::Status Invalid(const std::string& text, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrFormat("'%s' %s", Printable(text), what));
}

}  // namespace

absl::StatusOr<Duration> ParseTimeout(const std::string& text) {
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration)) {
    return Invalid(text, "is not a time: use a number and a unit, such as 10s, 500ms or 2m");
  }
  if (duration < absl::Milliseconds(1) || duration > absl::Hours(24)) {
    return Invalid(text, "is not between 1ms and 24h");
  }
  return absl::ToChronoNanoseconds(duration);
}

absl::StatusOr<int64_t> ParsePastTime(const std::string& text, int64_t now_ms) {
  absl::Duration ago;
  if (absl::ParseDuration(text, &ago)) {
    if (ago < absl::ZeroDuration() || ago > absl::FromUnixMillis(now_ms) - absl::UnixEpoch()) {
      return Invalid(text, "is not a time in the past");
    }
    return now_ms - absl::ToInt64Milliseconds(ago);
  }
  for (const char* format : {"%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S UTC",
                             "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%E*SZ"}) {
    absl::Time time;
    std::string ignored;
    if (!absl::ParseTime(format, text, absl::UTCTimeZone(), &time, &ignored)) continue;
    if (time < absl::UnixEpoch() || time > absl::FromUnixMillis(now_ms)) {
      return Invalid(text, "is not a time in the past (times are UTC)");
    }
    return absl::ToUnixMillis(time);
  }
  return Invalid(text,
                 "is not a time: use a UTC time such as 2026-11-30 or 2026-11-30T10:22:01Z, or how "
                 "long it is ago, such as 15m or 36h");
}

absl::StatusOr<std::vector<HostPort>> ParseEndpoints(const std::string& text) {
  std::vector<HostPort> endpoints;
  for (const auto piece : absl::StrSplit(text, ',')) {
    const std::string item(absl::StripAsciiWhitespace(piece));
    if (item.empty()) {
      return Invalid(text, "has an empty endpoint: expected HOST:PORT,HOST:PORT,...");
    }
    ASSIGN_OR_RETURN(HostPort endpoint, ParseHostPort(item));
    if (endpoint.port == 0) return Invalid(item, "has port 0, which others cannot dial");
    if (std::find(endpoints.begin(), endpoints.end(), endpoint) != endpoints.end()) {
      return Invalid(text, absl::StrFormat("names %s twice", endpoint.ToString()));
    }
    endpoints.push_back(std::move(endpoint));
  }
  return endpoints;
}

absl::StatusOr<common::v1::RequestId> ParseRequestId(const std::string& text) {
  const size_t colon = text.find(':');
  const std::optional<Uuid> uuid =
      colon == std::string::npos ? std::nullopt : Uuid::Parse(text.substr(0, colon));
  int64_t sequence = 0;
  if (!uuid.has_value() || !absl::SimpleAtoi(text.substr(colon + 1), &sequence) || sequence < 1) {
    return Invalid(text,
                   "is not UUID:SEQUENCE, such as 'MkU3OEVBNTcwNTJENDM2Qg:1': the uuid has 22 "
                   "characters (quoratectl cluster new-id prints one), the sequence begins at 1");
  }
  common::v1::RequestId id;
  id.set_client_uuid(std::string(uuid->bytes()));
  id.set_sequence(sequence);
  return id;
}

std::string RequestIdText(const common::v1::RequestId& id) {
  const std::optional<Uuid> uuid = Uuid::FromBytes(id.client_uuid());
  CHECK(uuid.has_value());
  return absl::StrFormat("%s:%d", uuid->ToString(), id.sequence());
}

absl::StatusOr<std::vector<admin::v1::ReplicaAssignment>> ParseAssignments(
    const std::string& text) {
  std::vector<admin::v1::ReplicaAssignment> assignments;
  for (const auto partition : absl::StrSplit(text, ',')) {
    admin::v1::ReplicaAssignment& assignment = assignments.emplace_back();
    for (const auto broker : absl::StrSplit(partition, ':')) {
      int32_t id = 0;
      if (!absl::SimpleAtoi(broker, &id) || id < 0) {
        return Invalid(
            text,
            absl::StrFormat("has '%s' where partition %d needs a broker id: list the "
                            "brokers of each partition, for example 1:2,2:3 for two "
                            "partitions with two replicas",
                            Printable({broker.data(), broker.size()}, 20), assignments.size() - 1));
      }
      assignment.add_broker_ids(id);
    }
  }
  return assignments;
}

absl::StatusOr<admin::v1::ElectLeadersRequest::TopicPartitions> ParseTopicPartitions(
    const std::string& text) {
  const size_t colon = text.find(':');
  if (text.empty() || colon == 0) return Invalid(text, "has no topic name");
  admin::v1::ElectLeadersRequest::TopicPartitions topic;
  topic.mutable_topic()->set_name(text.substr(0, colon));
  if (colon == std::string::npos) return topic;
  for (const auto partition : absl::StrSplit(text.substr(colon + 1), ',')) {
    int32_t number = 0;
    if (!absl::SimpleAtoi(partition, &number) || number < 0) {
      return Invalid(text, absl::StrFormat("has '%s' where a partition number is needed: write the "
                                           "topic, a colon and the numbers, for example orders:0,3",
                                           Printable({partition.data(), partition.size()}, 20)));
    }
    topic.add_partitions(number);
  }
  return topic;
}

absl::StatusOr<admin::v1::ConfigEntry> ParseConfig(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    return Invalid(text, "is not KEY=VALUE, such as min.insync.replicas=2");
  }
  admin::v1::ConfigEntry entry;
  entry.set_key(text.substr(0, equals));
  entry.set_value(text.substr(equals + 1));
  return entry;
}

absl::StatusOr<admin::v1::UpdateFeaturesRequest::Update> ParseFeatureLevel(
    const std::string& text) {
  const size_t equals = text.find('=');
  uint32_t level = 0;
  if (equals == std::string::npos || equals == 0 ||
      !absl::SimpleAtoi(text.substr(equals + 1), &level)) {
    return Invalid(text, "is not NAME=LEVEL, such as group.version=1");
  }
  admin::v1::UpdateFeaturesRequest::Update update;
  update.set_feature(text.substr(0, equals));
  update.set_level(level);
  return update;
}

}  // namespace quorate::cli
