// A writer that creates topics one after the other while a test injects faults, and records what
// was acknowledged.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <thread>

#include "tests/harness/cluster.h"

namespace quorate::testing {

// Owns one thread.
class TopicStream {
 public:
  // Starts at once. Topics are called `prefix`-0, `prefix`-1, …
  TopicStream(const Cluster& cluster, std::string prefix);
  ~TopicStream();

  // Stops after the creation in flight. Afterwards the results below may be read.
  void Stop();

  // Waits until `count` more creations are acknowledged, and CHECKs this.
  void AwaitMore(int count);

  // The acknowledged topics: name -> id.
  const std::map<std::string, std::string>& acknowledged() const { return acknowledged_; }
  // Creations that were not acknowledged, by name. None is expected within the timeout of the
  // client.
  const std::map<std::string, std::string>& failures() const { return failures_; }

 private:
  void Run(client::AdminClient client, const std::string& prefix);

  std::atomic<bool> stop_{false};
  std::atomic<int> acknowledged_count_{0};
  std::map<std::string, std::string> acknowledged_;
  std::map<std::string, std::string> failures_;
  std::thread thread_;
};

// Expects that every acknowledged topic of the stream exists exactly once with the acknowledged id,
// and that no other topic exists, except those of failed creations.
void ExpectExactlyAcknowledged(client::AdminClient& client, const TopicStream& stream);

}  // namespace quorate::testing
