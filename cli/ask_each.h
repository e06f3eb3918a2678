// Asks several processes the same question about themselves, in parallel.
#pragma once

#include <future>
#include <vector>

#include "base/host_port.h"

namespace quorate::cli {

// Returns the results of `ask(endpoint)` in the order of `endpoints`. Asks all endpoints in
// parallel, so that a process that hangs does not delay the others. Blocks until the last one has
// answered.
template <typename Ask>
auto AskEach(const std::vector<HostPort>& endpoints, const Ask& ask) {
  using Answer = decltype(ask(endpoints.front()));
  std::vector<std::future<Answer>> pending;
  pending.reserve(endpoints.size());
  for (const HostPort& endpoint : endpoints) {
    pending.push_back(std::async(std::launch::async, [&ask, &endpoint] { return ask(endpoint); }));
  }
  std::vector<Answer> answers;
  answers.reserve(endpoints.size());
  for (auto& answer : pending) answers.push_back(answer.get());
  return answers;
}

}  // namespace quorate::cli
