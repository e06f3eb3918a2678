// Asks several processes the same question about themselves, in parallel.
#pragma once

#include <future>
#include <vector>

namespace quorate::cli {

// Returns the results of `ask(process)` in the order of `processes`, which are endpoints or
// whatever `ask` takes. Asks all processes in parallel, so that one that hangs does not delay the
// others. Blocks until the last one has answered.
template <typename Process, typename Ask>
auto AskEach(const std::vector<Process>& processes, const Ask& ask) {
  using Answer = decltype(ask(processes.front()));
  std::vector<std::future<Answer>> pending;
  pending.reserve(processes.size());
  for (const Process& process : processes) {
    pending.push_back(std::async(std::launch::async, [&ask, &process] { return ask(process); }));
  }
  std::vector<Answer> answers;
  answers.reserve(processes.size());
  for (auto& answer : pending) answers.push_back(answer.get());
  return answers;
}

}  // namespace quorate::cli
