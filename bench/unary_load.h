// Measures unary calls of any system, with one completion queue: either with a fixed number of
// calls in flight, or at a fixed rate.
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
#include <thread>
#include <utility>
#include <vector>

#include "base/check.h"
#include "bench/cpu_time.h"
#include "bench/statistics.h"
#include "bench/system.h"
#include "client/channel.h"

namespace quorate::bench {

// Calls at a fixed rate, independent of the answers to earlier calls.
struct Pace {
  double calls_per_second = 0;
  std::chrono::milliseconds duration{0};
};

// One call. Its latency begins when it was due, not when it was sent. Otherwise a stalled server
// would look good, because no calls are sent to it meanwhile (coordinated omission).
struct PacedCall {
  std::chrono::steady_clock::time_point due;
  std::chrono::steady_clock::time_point answered;
};

// Calls the method `prepare` of `Stub` on the server at `endpoint`. Not thread-safe.
template <typename Stub, typename Request, typename Response>
class UnaryLoad {
 public:
  struct Method {
    std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> (Stub::*prepare)(
        grpc::ClientContext*, const Request&, grpc::CompletionQueue*);
    // Returns the n-th request.
    std::function<Request(int64_t n)> request;
    // Returns why the write failed, or "" if it succeeded.
    std::function<std::string(const Response&)> why_failed;
  };

  UnaryLoad(HostPort endpoint, Method method)
      : endpoint_(std::move(endpoint)), method_(std::move(method)) {}

  // Keeps options.in_flight calls in flight. The CPU time in the result is that of `servers`.
  LoadResult Run(const LoadOptions& options, const std::vector<pid_t>& servers);

  // Calls at a fixed rate over one connection. Returns all calls in the order of their answers. A
  // failed write ends the program.
  std::vector<PacedCall> RunPaced(const Pace& pace);

 private:
  using Clock = std::chrono::steady_clock;

  // Imitates several clients, each with a separate connection.
  static constexpr size_t kCallsPerConnection = 64;
  // Bounds the run when a server hangs.
  static constexpr std::chrono::seconds kCallTimeout{10};

  struct Call {
    Stub* stub = nullptr;
    std::optional<grpc::ClientContext> context;
    std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> reader;
    Response response;
    grpc::Status status;
    // When the call was sent or should have been sent.
    Clock::time_point due;
  };

  void Connect(size_t connections) {
    while (stubs_.size() < connections) {
      stubs_.push_back(std::make_unique<Stub>(client::MakeChannel(endpoint_)));
    }
  }

  // Starts a call, which belongs to the queue from now on.
  void Start(Call& call, Clock::time_point due, grpc::CompletionQueue& queue) {
    call.due = due;
    call.context.emplace();
    call.context->set_deadline(std::chrono::system_clock::now() + kCallTimeout);
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
  std::vector<std::unique_ptr<Stub>> stubs_;  // each with a separate connection
  int64_t next_ = 0;
};

template <typename Stub, typename Request, typename Response>
LoadResult UnaryLoad<Stub, Request, Response>::Run(const LoadOptions& options,
                                                   const std::vector<pid_t>& servers) {
  const auto in_flight = static_cast<size_t>(options.in_flight);
  const size_t connections = (in_flight + kCallsPerConnection - 1) / kCallsPerConnection;
  Connect(connections);
  std::vector<Call> calls(in_flight);
  grpc::CompletionQueue queue;
  for (size_t i = 0; i < in_flight; ++i) {
    calls[i].stub = stubs_[i % connections].get();
    Start(calls[i], Clock::now(), queue);
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
    if (measuring) result.latencies_ms.push_back(Milliseconds(now - call.due));
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
      Start(call, now, queue);
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

template <typename Stub, typename Request, typename Response>
std::vector<PacedCall> UnaryLoad<Stub, Request, Response>::RunPaced(const Pace& pace) {
  Connect(1);
  grpc::CompletionQueue queue;
  std::vector<PacedCall> answered;
  // Answers are received on another thread, so that they never delay this one.
  std::thread receiver([this, &queue, &answered] {
    void* tag = nullptr;
    bool ok = false;
    while (queue.Next(&tag, &ok)) {
      const std::unique_ptr<Call> call(static_cast<Call*>(tag));
      CheckSucceeded(*call);
      answered.push_back({.due = call->due, .answered = Clock::now()});
    }
  });
  const Clock::time_point begun = Clock::now();
  for (int64_t n = 0;; ++n) {
    const auto after =
        std::chrono::duration<double>(static_cast<double>(n) / pace.calls_per_second);
    if (after >= pace.duration) break;
    const Clock::time_point due = begun + std::chrono::duration_cast<Clock::duration>(after);
    std::this_thread::sleep_until(due);
    auto call = std::make_unique<Call>();
    call->stub = stubs_.front().get();
    Start(*call.release(), due, queue);
  }
  queue.Shutdown();  // the queue ends once all calls are answered
  receiver.join();
  return answered;
}

}  // namespace quorate::bench
