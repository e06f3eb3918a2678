// Drives a TestCluster with text commands, for the transcripts (tests/interaction/transcript.h) in
// testdata/:
//
//   cluster nodes=3 [observers=1] [founded=no]
//                                    start and connect all nodes; if unfounded, do not connect them
//   stand node=N                     N reaches its election deadline, before any other node
//   elect node=N                     N stands for election, and everything settles
//   start | crash | pause | resume | stop node=N
//   wipe node=N [as_voter]           a new disk; N starts as an observer next, or as it did before
//   connect | disconnect nodes=A,B   all streams between two nodes
//   deliver from=A to=B              the messages that are in flight from A to B now
//   sync node=N | sync all           the oldest write of N; every write under way
//   settle                           deliver and sync until nothing is under way
//   advance time=100ms
//   propose node=N payload=TEXT | read node=N timeout=1s
//   transfer from=N [to=M] | confirm node=N
//   notice node=N dead=M             N notices that M is dead
//   add-voter | remove-voter node=N on=LEADER
//   caught-up on=LEADER              which replicas the leader considers caught up
//   status | wire                    the state of the nodes; the messages in flight
//
// The output is what the nodes did, one effect per line. `quiet` after a command hides it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "raft/testing/test_cluster.h"
#include "tests/interaction/transcript.h"

namespace quorate::raft {

class ClusterShell {
 public:
  // Executes one command and returns its output, lines that end in '\n'.
  std::string Run(const TranscriptCommand& command);

 private:
  void Execute(const TranscriptCommand& command);
  void MakeCluster(const TranscriptCommand& command);
  void Print(const std::string& line);
  void PrintEffect(NodeId id, const Effect& effect);
  void PrintCaughtUp(NodeId id);
  void PrintStatus();
  std::string NameOf(SessionId session) const;

  std::unique_ptr<TestCluster> cluster_;
  MonoTime start_;
  MonoTime printed_time_;
  std::string output_;
};

}  // namespace quorate::raft
