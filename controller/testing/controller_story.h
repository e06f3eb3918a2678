// The commands of controller/testdata/*.txt: a cluster of controllers that answers in text. Each
// command prints its effects: entries appended to the log ("+"), lost ("-") and committed, and
// answers as soon as they are sent.
//
//   elect controller=2 kept=1      it becomes leader; 1 uncommitted entry survives
//   commit [count=1]               commits everything, or `count` entries
//   commits at_once | held         whether proposals are committed as soon as they are made
//   pause, resume                  a transfer of leadership begins, and fails
//   isolate controller=1           it is cut off in both directions and does not notice
//   heal controller=1              it receives what it missed; another one must have been elected
//   reads held | confirmed         whether a majority confirms at once that the leader leads
//   advance by=500ms               time passes
//   start broker=1 [undialled]     a new process; its endpoint answers unless undialled
//   kill broker=1                  its process is gone: the stream breaks, the endpoint refuses
//   stream broker=1 ends=broken    ... or reconnecting, stopping
//   stream broker=1 replaced       its next heartbeat opens another one
//   stream broker=1 ends=broken late      the replaced stream ends
//   swallow broker=1               packets to its endpoint are dropped from now on
//   bring-up broker=1,2,3 [clean] [dirs=a,b]   start, register, heartbeat; its last process stopped
//                                  cleanly; its log directories, each named by a letter
//   register broker=1 [clean] [dirs=a,b]
//   heartbeat broker=1,2 [want_shutdown] [offset=7] [to=2]
//   heartbeat broker=1 failed=a    it names this log directory as failed from now on
//   heartbeat broker=1 late        on the replaced stream
//   create topic=t [partitions=3] [factor=2] [replicas=1,2;2,1] [id=5] [validate_only]
//   extend topic=t partitions=5 [replicas=1,2;2,1] [id=5] [validate_only]
//   delete topic=t [id=5]
//   configure topic=t|broker_default set=key:value [delete=key] [id=5] [validate_only]
//   elect-leaders type=preferred|unclean all|topic=t [partitions=0,1] [id=5] [validate_only]
//   reassign topic=t partition=0 replicas=2,3 | cancel [id=5] [validate_only]
//   feature name=f level=1 [downgrade] [id=5] [validate_only]
//   voters add=3 | remove=3        changes the voters; all of them are caught up
//     each of these: [on=1]        asks that controller instead of the one that leads
//                    [within=1s]   sets the deadline
//                    [epoch=2]     is an attempt for that epoch
//   alter broker=1 topic=t partition=0 leader_epoch=0 partition_epoch=0 isr=1,2
//   assign broker=1 topic=t dir=a partitions=0,1
//   topic name=t [on=2]            its partitions, as controller 2 has applied them
//   reassignments                  those that are in progress
//   brokers [on=2]
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "controller/testing/controller_cluster.h"
#include "tests/interaction/transcript.h"

namespace quorate::controller {

class ControllerStory {
 public:
  explicit ControllerStory(int controllers) : cluster_(controllers) {}

  // Runs a command and returns its output.
  std::string Run(const TranscriptCommand& command);

 private:
  void Dispatch(const TranscriptCommand& command);
  bool DispatchCluster(const TranscriptCommand& command);
  bool DispatchBroker(const TranscriptCommand& command);
  bool DispatchTopic(const TranscriptCommand& command);

  void Create(const TranscriptCommand& command);
  void Extend(const TranscriptCommand& command);
  void Delete(const TranscriptCommand& command);
  void Configure(const TranscriptCommand& command);
  void ElectLeaders(const TranscriptCommand& command);
  void Reassign(const TranscriptCommand& command);
  void UpdateFeature(const TranscriptCommand& command);
  void Alter(const TranscriptCommand& command);
  void Assign(const TranscriptCommand& command);
  void ChangeVoters(const TranscriptCommand& command);
  // Returns the controller to which a request is sent.
  QuorumController& Asked(const TranscriptCommand& command);
  RequestContext ContextOf(const TranscriptCommand& command);
  void DescribeTopic(const TranscriptCommand& command);
  void DescribeBrokers(const TranscriptCommand& command);
  void ListReassignments();

  void Print(const std::string& line) { output_ += line + "\n"; }
  // Prints what has changed in the log since the last call.
  void PrintLog();

  // Prints "label: ..." when the answer arrives. `describe` formats an answer that is not an error
  // of the whole request.
  template <typename T>
  Reply<T> PrintAnswer(const std::string& label, std::function<std::string(const T&)> describe);

  ControllerCluster cluster_;
  std::vector<raft::EntryPtr> seen_;
  size_t seen_committed_ = 0;
  std::string output_;
};

}  // namespace quorate::controller
