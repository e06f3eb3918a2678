// Judges what brokers say about themselves against the committed log.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "base/ids.h"
#include "metadata/metadata_image.h"
#include "quorate/broker/v1/broker_view_service.pb.h"
#include "tests/process/chaos/committed_log.h"
#include "tests/process/chaos/violations.h"

namespace quorate::testing {

// What one broker answered to one round of questions.
struct BrokerReport {
  broker::v1::DescribeBrokerResponse broker;
  broker::v1::ListRolesResponse roles;
  broker::v1::DescribeTopicsResponse topics;

  // The highest offset that the report speaks of.
  int64_t end_offset() const;
};

// Thread-safe. The log and the violations must outlive it.
class BrokerChecks {
 public:
  BrokerChecks(const CommittedLog* log, Violations* violations)
      : log_(*log), violations_(*violations) {}

  // Checks that the broker's image is the image of the log at the same offset, that its roles are
  // those that this image gives to its incarnation, that neither falls back while the incarnation
  // lives, and that no other broker has reported to lead one of its partitions in the same leader
  // epoch. REQUIRES: the log reaches the report's end_offset(), and reports of one broker come in
  // order.
  void Judge(const BrokerReport& report);
  // The number of reports that were judged.
  int judged() const;

 private:
  void JudgeImage(const BrokerReport& report, const std::string& name);
  void JudgeRoles(const BrokerReport& report, const std::string& name);
  void JudgeLeaders(const BrokerReport& report);
  void JudgeOrder(const BrokerReport& report, const std::string& name);
  // Returns the image at this offset. Reports it if no batch ends there.
  metadata::MetadataImage ImageFor(int64_t end_offset, const std::string& name);

  const CommittedLog& log_;
  Violations& violations_;
  mutable std::mutex mutex_;
  std::map<LeaderTerm, int32_t> leaders_;
  // By incarnation: the highest offset of the topics and of the roles.
  std::map<std::string, std::pair<int64_t, int64_t>> reached_;
  int judged_ = 0;
};

}  // namespace quorate::testing
