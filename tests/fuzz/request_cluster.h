// RequestCluster executes the requests of inputs.proto. It decides each of them, replays what was
// decided at once, and checks what must hold for every decision.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "controller/decide/decision.h"
#include "controller/decide/item_results.h"
#include "controller/decide/request_ids.h"
#include "controller/operation.h"
#include "controller/testing/decision_fixture.h"
#include "tests/fuzz/inputs.pb.h"

namespace quorate::fuzz {

class RequestCluster {
 public:
  // Receives each batch that a decision appends, with the images before and after it.
  using OnBatch = std::function<void(const metadata::MetadataImage& before,
                                     const metadata::v1::RecordBatch& batch,
                                     const metadata::MetadataImage& after)>;

  // Brokers 1 to 3 are active, and "topic" has 3 partitions of 3 replicas. The log is at metadata
  // version 1 if it `is_old`, otherwise at the latest one.
  explicit RequestCluster(bool is_old, OnBatch on_batch = nullptr);

  const metadata::MetadataImage& image() const { return cluster_.image(); }

  // Executes the request. Returns the errors of its answer, e.g. "INVALID_PARTITIONS: topic …"; ""
  // if there are none. A part of the request may have succeeded.
  std::string Execute(const Request& request);

  // Checks the image and the counts of partitions.
  void CheckState();

 private:
  // Applies a decision, and checks its cause and what its records change.
  template <typename T>
  void Apply(const controller::Decision<T>& decision);
  // Calls `decide(context)` for each part of a change. Returns the last decision.
  template <typename DecideFn>
  auto ApplyParts(DecideFn decide);

  std::string Execute(const Registration& registration);
  std::string Execute(const Heartbeat& heartbeat);
  std::string Execute(const Departure& departure);
  std::string Execute(const broker::v1::AlterPartitionRequest& request);
  std::string Execute(const broker::v1::AllocateProducerIdsRequest& request);
  std::string Execute(const broker::v1::AssignReplicasToDirsRequest& request);
  // An operation whose result the log remembers.
  template <typename Proto, typename Response>
  std::string Execute(const controller::Operation<Proto, Response>& operation,
                      const Proto& request);

  template <typename Functions, typename Proto>
  controller::Decision<controller::ItemResults> Decide(const Functions& functions,
                                                       const Proto& request,
                                                       const controller::Context& context);
  template <typename Functions>
  controller::Decision<controller::ItemResults> Decide(
      const Functions& functions, const admin::v1::UpdateFeaturesRequest& request,
      const controller::Context& context);

  controller::DecisionFixture cluster_;
  const OnBatch on_batch_;
};

}  // namespace quorate::fuzz
