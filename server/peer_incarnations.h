// Tells a restart of a replica from a second process that runs on a copy of its data directory. A
// process draws a random incarnation at its start and names it in each Hello.
//
// A Hello of another incarnation than the one in session puts the latter to the test: its control
// stream is ended, with the reason. A process that lives comes back at once, and the other one is
// refused from then on. A dead one (a host that vanished, say, whose connection still looks open)
// does not come back, and after half a second the other one takes its place.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "raft/types.h"

namespace quorate::server {

// Not thread-safe; has no clock of its own.
class PeerIncarnations {
 public:
  enum class Verdict {
    kAccept,
    // As kAccept; streams of any other incarnation are to be ended.
    kReplace,
    // Refuse it.
    kRefuse,
    // Refuse it, and end the control streams of the one in session.
    kTest,
  };

  // Since it ended a control stream, how long a process has to come back.
  static constexpr Duration kReturnTime = std::chrono::milliseconds(500);
  // How long one that came back is taken to live.
  static constexpr Duration kProofTime = std::chrono::minutes(1);

  // A control stream to us begins under `key`. `where` is where its process can be found, for
  // people. Incarnation 0 (an older build) is always accepted and never remembered.
  Verdict OnControlHello(const raft::ReplicaKey& key, uint64_t incarnation,
                         const std::string& where, MonoTime now);
  // An accepted control stream ended; once for each.
  void OnControlEnd(const raft::ReplicaKey& key, uint64_t incarnation, MonoTime now);

  // Another incarnation than this one is in session: where; else nothing.
  std::optional<std::string> OtherInSession(const raft::ReplicaKey& key, uint64_t incarnation,
                                            MonoTime now) const;

 private:
  struct InSession {
    uint64_t incarnation = 0;
    std::string where;
    int control_streams = 0;
    // It is put to the test; it has passed.
    std::optional<MonoTime> tested_at;
    std::optional<MonoTime> proven_at;

    bool Holds(MonoTime now) const {
      return control_streams > 0 || (tested_at && now - *tested_at < kReturnTime);
    }
  };

  std::map<raft::ReplicaKey, InSession> replicas_;
};

// Says that two processes run as one replica, where, and what to do about it.
std::string TwoProcessesText(const raft::ReplicaKey& key, const std::string& first,
                             const std::string& second);

}  // namespace quorate::server
