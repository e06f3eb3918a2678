// A ControllerChannel that the test controls. It fails the test if the broker violates the port's
// contract.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/check.h"
#include "base/executor.h"
#include "broker/ports.h"

namespace quorate::broker {

inline common::v1::Error TestError(common::v1::ErrorCode code,
                                   const std::string& leader_endpoint = "") {
  common::v1::Error error;
  error.set_code(code);
  error.set_message(common::v1::ErrorCode_Name(code));
  if (!leader_endpoint.empty()) error.mutable_leader()->set_client_endpoint(leader_endpoint);
  return error;
}

class FakeControllerChannel final : public ControllerChannel {
 public:
  template <typename Request, typename Response>
  struct Call {
    std::string endpoint;
    Request request;
    CallDone<Response> done;
  };
  template <typename Request, typename Response>
  using Calls = std::deque<Call<Request, Response>>;

  explicit FakeControllerChannel(Executor* executor) : executor_(executor) {}

  // Calls that wait for an answer, oldest first.
  Calls<v1::RegisterBrokerRequest, v1::RegisterBrokerResponse> registrations;
  Calls<v1::AlterPartitionRequest, v1::AlterPartitionResponse> alterations;
  Calls<v1::ReportRolesRequest, v1::ReportRolesResponse> reports;
  // Answers the oldest call of a kind. REQUIRES: there is one.
  template <typename Request, typename Response>
  void Answer(Calls<Request, Response>& calls, CallResult<Response> result) {
    CHECK(!calls.empty()) << "no call waits for an answer";
    executor_->Post([done = std::move(calls.front().done), result = std::move(result)]() mutable {
      std::move(done)(std::move(result));
    });
    calls.pop_front();
  }

  // The heartbeat stream. `heartbeats` are those sent on the open stream. The last one may be
  // unanswered.
  std::vector<v1::HeartbeatRequest> heartbeats;
  std::vector<v1::HeartbeatRequest> goodbyes;
  // Every endpoint to which a stream was opened, in order.
  std::vector<std::string> opened;
  bool is_open() const { return stream_ > 0; }
  const std::string& open_endpoint() const { return opened.back(); }
  void AnswerHeartbeat(v1::HeartbeatResponse response) {
    CHECK(in_flight_) << "no heartbeat waits for an answer";
    in_flight_ = false;
    Deliver(std::move(response));
  }
  void BreakHeartbeat(common::v1::Error error) { Deliver(std::move(error)); }

  void RegisterBroker(const std::string& endpoint, Duration, v1::RegisterBrokerRequest request,
                      CallDone<v1::RegisterBrokerResponse> done) override {
    registrations.push_back({endpoint, std::move(request), std::move(done)});
  }
  void AlterPartition(const std::string& endpoint, Duration, v1::AlterPartitionRequest request,
                      CallDone<v1::AlterPartitionResponse> done) override {
    alterations.push_back({endpoint, std::move(request), std::move(done)});
  }
  void ReportRoles(const std::string& endpoint, Duration, v1::ReportRolesRequest request,
                   CallDone<v1::ReportRolesResponse> done) override {
    reports.push_back({endpoint, std::move(request), std::move(done)});
  }

  void OpenHeartbeat(const std::string& endpoint,
                     absl::AnyInvocable<void(HeartbeatEvent)> on_event) override {
    CHECK(!is_open()) << "a stream to " << open_endpoint() << " is open";
    stream_ = ++last_stream_;
    on_event_ = std::make_shared<EventHandler>(std::move(on_event));
    opened.push_back(endpoint);
    heartbeats.clear();
    in_flight_ = false;
  }
  void SendHeartbeat(v1::HeartbeatRequest request) override {
    CHECK(is_open()) << "a heartbeat without a stream";
    CHECK(!in_flight_) << "a second heartbeat in flight";
    in_flight_ = true;
    heartbeats.push_back(std::move(request));
  }
  void CloseHeartbeat(v1::HeartbeatRequest goodbye, Task closed) override {
    CHECK(is_open()) << "a goodbye without a stream";
    goodbyes.push_back(std::move(goodbye));
    stream_ = 0;
    executor_->Post(std::move(closed));
  }

 private:
  using EventHandler = absl::AnyInvocable<void(HeartbeatEvent)>;

  void Deliver(HeartbeatEvent event) {
    CHECK(is_open());
    executor_->Post([this, stream = stream_, event = std::move(event)]() mutable {
      if (stream != stream_) return;  // closed in the meantime
      if (std::holds_alternative<common::v1::Error>(event)) stream_ = 0;
      // A handler may open another stream, which replaces on_event_.
      const auto handler = on_event_;
      (*handler)(std::move(event));
    });
  }

  Executor* const executor_;
  int stream_ = 0;  // 0: none is open
  int last_stream_ = 0;
  bool in_flight_ = false;
  std::shared_ptr<EventHandler> on_event_;
};

}  // namespace quorate::broker
