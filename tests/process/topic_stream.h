// A writer that creates topics one after the other while a test breaks things, and remembers what
// was acknowledged.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <thread>

#include "tests/harness/cluster.h"

namespace quorate::testing {

class TopicStream {
 public:
  // Begins at once; topics are called `prefix`-0, -1, …
  TopicStream(const Cluster& cluster, std::string prefix);
  ~TopicStream();

  // Ends after the creation that is under way. Afterwards the results below may be read.
  void Stop();

  // Waits until `count` more are acknowledged; CHECKs that they are.
  void AwaitMore(int count);

  // Name -> id, as acknowledged.
  const std::map<std::string, std::string>& acknowledged() const { return acknowledged_; }
  // Creations that did not end in an acknowledgement, by name: none is expected within the client's
  // patience.
  const std::map<std::string, std::string>& failures() const { return failures_; }

 private:
  void Run(client::AdminClient client, const std::string& prefix);

  std::atomic<bool> stop_{false};
  std::atomic<int> acknowledged_count_{0};
  std::map<std::string, std::string> acknowledged_;
  std::map<std::string, std::string> failures_;
  std::thread thread_;
};

// Expects that every acknowledged topic of the stream exists exactly once, with the id that was
// acknowledged, and that nothing else exists (topics of a creation that failed may).
void ExpectExactlyAcknowledged(client::AdminClient& client, const TopicStream& stream);

}  // namespace quorate::testing
