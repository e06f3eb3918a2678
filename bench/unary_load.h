// Keeps unary calls in flight for a while and measures them: one thread and one completion queue,
// the same for every system.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/support/async_unary_call.h>
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "bench/cpu_time.h"
#include "bench/statistics.h"
#include "bench/system.h"
#include "client/channel.h"

namespace quorate::bench {

// Calls of `Stub`'s method `prepare` on the server at `endpoint`. Not thread-safe.
template <typename Stub, typename Request, typename Response>
class UnaryLoad {
 public:
  struct Method {
    std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> (Stub::*prepare)(
        grpc::ClientContext*, const Request&, grpc::CompletionQueue*);
    // The n-th request.
    std::function<Request(int64_t n)> request;
    // Empty: the write was made.
    std::function<std::string(const Response&)> why_failed;
  };

  UnaryLoad(HostPort endpoint, Method method)
      : endpoint_(std::move(endpoint)), method_(std::move(method)) {}

  // The CPU time is that of `servers`.
  LoadResult Run(const LoadOptions& options, const std::vector<pid_t>& servers);

 private:
  using Clock = std::chrono::steady_clock;

  // As a few clients would come, each with a connection of its own.
  static constexpr size_t kCallsPerConnection = 64;
  // Bounds the run when a server hangs.
  static constexpr std::chrono::seconds kCallTimeout{10};

  struct Call {
    Stub* stub = nullptr;
    std::optional<grpc::ClientContext> context;
    std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> reader;
    Response response;
    grpc::Status status;
    Clock::time_point sent;
  };

  void Start(Call& call, grpc::CompletionQueue& queue) {
    call.context.emplace();
    call.context->set_deadline(std::chrono::system_clock::now() + kCallTimeout);
    call.sent = Clock::now();
    call.reader = (call.stub->*method_.prepare)(&*call.context, method_.request(next_++), &queue);
    call.reader->StartCall();
    call.reader->Finish(&call.response, &call.status, &call);
  }

  void CheckSucceeded(const Call& call) const {
    CHECK(call.status.ok()) << call.status.error_message();
    const std::string why = method_.why_failed(call.response);
    CHECK(why.empty()) << why;
  }

  const HostPort endpoint_;
  const Method method_;
  std::vector<std::unique_ptr<Stub>> stubs_;  // each with a connection of its own
  int64_t next_ = 0;
};

template <typename Stub, typename Request, typename Response>
LoadResult UnaryLoad<Stub, Request, Response>::Run(const LoadOptions& options,
                                                   const std::vector<pid_t>& servers) {
  const auto in_flight = static_cast<size_t>(options.in_flight);
  while (stubs_.size() * kCallsPerConnection < in_flight) {
    stubs_.push_back(std::make_unique<Stub>(client::MakeChannel(endpoint_)));
  }
  const size_t connections = (in_flight + kCallsPerConnection - 1) / kCallsPerConnection;
  std::vector<Call> calls(in_flight);
  grpc::CompletionQueue queue;
  for (size_t i = 0; i < in_flight; ++i) {
    calls[i].stub = stubs_[i % connections].get();
    Start(calls[i], queue);
  }

  LoadResult result;
  Clock::time_point begun = Clock::now() + options.warm_up;
  Clock::time_point end = begun + options.duration;
  bool measuring = false;
  size_t active = in_flight;
  void* tag = nullptr;
  bool ok = false;
  while (active > 0 && queue.Next(&tag, &ok)) {
    Call& call = *static_cast<Call*>(tag);
    CheckSucceeded(call);
    const Clock::time_point now = Clock::now();
    if (measuring) result.latencies_ms.push_back(Milliseconds(now - call.sent));
    if (!measuring && now >= begun && now < end) {
      measuring = true;
      begun = now;
      result.server_cpu_seconds = -CpuSeconds(servers);
    } else if (measuring && now >= end) {
      measuring = false;
      result.seconds = Milliseconds(now - begun) / 1000;
      result.server_cpu_seconds += CpuSeconds(servers);
    }
    if (now < end) {
      Start(call, queue);
    } else {
      --active;
    }
  }
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }
  CHECK(!result.latencies_ms.empty()) << "no write was answered in the measured time";
  return result;
}

}  // namespace quorate::bench
