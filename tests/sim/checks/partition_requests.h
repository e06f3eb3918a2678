// The requests that the checks of partitions look up when the log has an entry of their sender.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <variant>

#include "quorate/admin/v1/admin_service.pb.h"
#include "quorate/broker/v1/broker_service.pb.h"

namespace quorate::sim {

// Empty: the entry answers no request of an administrator or of a partition leader.
using PartitionRequest =
    std::variant<std::monostate, broker::v1::AlterPartitionRequest,
                 admin::v1::AlterPartitionReassignmentsRequest, admin::v1::ElectLeadersRequest,
                 admin::v1::DeleteTopicsRequest>;

class PartitionRequests {
 public:
  // Each request has a principal of its own, so that its entry can be found.
  void Add(const std::string& principal, PartitionRequest request) {
    requests_[principal] = std::move(request);
  }
  const PartitionRequest& Find(const std::string& principal) const {
    static const PartitionRequest kNone;
    const auto it = requests_.find(principal);
    return it == requests_.end() ? kNone : it->second;
  }

 private:
  std::map<std::string, PartitionRequest> requests_;
};

}  // namespace quorate::sim
