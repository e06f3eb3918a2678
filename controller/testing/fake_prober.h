// A BrokerProber that answers as the test configures the brokers' endpoints.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "controller/broker_prober.h"

namespace quorate::controller {

class FakeProber final : public BrokerProber {
 public:
  // Both must outlive the prober.
  FakeProber(Executor* executor, const Clock* clock) : executor_(executor), clock_(clock) {}

  // A process of this incarnation answers at `endpoint` ("host:port"). No process listens at
  // endpoints that are not set.
  void Listen(const std::string& endpoint, const Uuid& incarnation) {
    listeners_[endpoint] = incarnation;
  }
  // No process listens there any longer.
  void Refuse(const std::string& endpoint) { listeners_.erase(endpoint); }
  // Packets to the endpoint are dropped: there is no answer within a second.
  void Swallow(const std::string& endpoint) { listeners_[endpoint] = std::nullopt; }

  // The endpoints dialled so far, in order.
  const std::vector<std::string>& dialled() const { return dialled_; }

  void Probe(const metadata::Endpoint& endpoint, BrokerId /*broker*/, const Uuid& incarnation,
             absl::AnyInvocable<void(ProbeResult) &&> done) override {
    dialled_.push_back(endpoint.ToString());
    const auto it = listeners_.find(endpoint.ToString());
    ProbeResult result = ProbeResult::kRefused;
    MonoTime when = clock_->Now();
    if (it != listeners_.end() && !it->second) {
      result = ProbeResult::kNoAnswer;
      when += std::chrono::seconds(1);
    } else if (it != listeners_.end()) {
      result = *it->second == incarnation ? ProbeResult::kSameIncarnation
                                          : ProbeResult::kOtherIncarnation;
    }
    executor_->PostAt(when,
                      [done = std::move(done), result]() mutable { std::move(done)(result); });
  }

 private:
  Executor* const executor_;
  const Clock* const clock_;
  // nullopt: packets to the endpoint are dropped.
  std::map<std::string, std::optional<Uuid>> listeners_;
  std::vector<std::string> dialled_;
};

}  // namespace quorate::controller
