// A TestCluster by text commands, for transcripts that read as stories (testdata/*.txt):
//
//   cluster nodes=3 [founded=no]     all nodes started and connected; unfounded: not connected
//   stand N                          the time of N has come, before that of any other
//   elect N                          N stands, and everything settles
//   start N | crash N | wipe N | pause N | resume N
//   connect A B | disconnect A B     all streams between two nodes
//   deliver A B                      what is on its way from A to B
//   sync N | sync all                the oldest write of N; every write under way
//   settle                           deliver and sync until nothing is under way
//   advance 100ms                    passes time
//   propose N TEXT | read N TIMEOUT | transfer N [M] | confirm N | stop N
//   notice N M                       N notices that M is dead
//   status | wire                    what the nodes are; what is on its way
//
// The output is what the nodes did, one effect a line; `quiet COMMAND` shows nothing.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "raft/testing/test_cluster.h"

namespace quorate::raft {

class ClusterShell {
 public:
  // Executes one command and returns its output, lines that end in '\n'.
  std::string Run(const std::string& line);

 private:
  void Execute(const std::vector<std::string>& words);
  void MakeCluster(const std::vector<std::string>& words);
  void Print(const std::string& line);
  void PrintEffect(NodeId id, const Effect& effect);
  void PrintStatus();
  std::string NameOf(SessionId session) const;

  std::unique_ptr<TestCluster> cluster_;
  MonoTime start_;
  MonoTime printed_time_;
  std::string output_;
};

}  // namespace quorate::raft
