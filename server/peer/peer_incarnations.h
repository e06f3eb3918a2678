// Distinguishes a restart of a replica from a second process that runs on a copy of its data
// directory. Each process draws a random incarnation when it starts and names it in every Hello.
//
// When a Hello names another incarnation than the one in session, the one in session is tested: its
// control stream is ended, with the reason. A live process reconnects at once, and from then on the
// newcomer is refused. A dead process does not reconnect (its host vanished, for example, while its
// connection still looks open), and after half a second the newcomer takes its place:
//
//   incarnation A in session, Hello of B  ─► B is refused, A's control stream is ended (kTest)
//     A reconnects within 500 ms          ─► A is in session; B is refused for a minute (kRefuse)
//     A does not                          ─► the next Hello of B is accepted (kReplace)
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "raft/api/types.h"

namespace quorate::server {

// Not thread-safe. Callers pass the time.
class PeerIncarnations {
 public:
  enum class Verdict {
    kAccept,
    // Accept it, and end the streams of every other incarnation.
    kReplace,
    // Refuse it.
    kRefuse,
    // Refuse it, and end the control streams of the incarnation in session.
    kTest,
  };

  // How long a process has to reconnect after its control stream was ended for a test.
  static constexpr Duration kReturnTime = std::chrono::milliseconds(500);
  // How long a process that reconnected is considered alive without another test.
  static constexpr Duration kProofTime = std::chrono::minutes(1);

  // Called when a peer opens a control stream to us as replica `key`. `where` says where its
  // process runs, for error messages. Incarnation 0 (an older build) is always accepted and never
  // remembered.
  Verdict OnControlHello(const raft::ReplicaKey& key, uint64_t incarnation,
                         const std::string& where, MonoTime now);
  // Called once for each accepted control stream that ends.
  void OnControlEnd(const raft::ReplicaKey& key, uint64_t incarnation, MonoTime now);

  // Returns where the other process runs if an incarnation other than this one is in session;
  // otherwise nullopt.
  std::optional<std::string> OtherInSession(const raft::ReplicaKey& key, uint64_t incarnation,
                                            MonoTime now) const;

 private:
  struct InSession {
    uint64_t incarnation = 0;
    std::string where;
    int control_streams = 0;
    // When the current test began, and when the last one was passed.
    std::optional<MonoTime> tested_at;
    std::optional<MonoTime> proven_at;

    bool Holds(MonoTime now) const {
      return control_streams > 0 || (tested_at && now - *tested_at < kReturnTime);
    }
  };

  std::map<raft::ReplicaKey, InSession> replicas_;
};

// Returns an error message: two processes run as one replica, where they are, and what to do about
// it.
std::string TwoProcessesText(const raft::ReplicaKey& key, const std::string& first,
                             const std::string& second);

}  // namespace quorate::server
