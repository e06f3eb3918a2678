// Which brokers are alive, as the active controller hears it. Soft state: never logged, and begun
// anew by whoever takes over, which gives every broker a fresh session.
//
// When a broker is to be fenced (docs/ARCHITECTURE.md, "Brokers cannot lie dead for long"):
//
//   its stream said that the process stops        at once
//   broken stream, endpoint verified at registration, and dialled:
//     refused, or another incarnation answers     at once: the process is gone
//     this incarnation answers                    when the session times out
//     no answer                                   after the grace
//   broken stream, endpoint never verified        after the grace
//   stream closed to reconnect                    after the grace
//   silence                                       when the session times out
//
// A stream that has not come within the grace after a take-over counts as broken then. And when
// more than half of at least three sessions break within one grace without proof of death, it is
// more likely this controller that is cut off: the grace then counts for nothing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "base/clock.h"
#include "base/ids.h"
#include "controller/broker_prober.h"
#include "controller/heartbeat_stream.h"
#include "metadata/metadata_image.h"
#include "quorate/broker/v1/broker_service.pb.h"

namespace quorate::controller {

struct SessionOptions {
  // A broker that is silent for so long is fenced.
  Duration timeout = std::chrono::seconds(9);
  // How long a broker whose stream broke without proof of its death may take to come back.
  Duration grace = std::chrono::seconds(1);
};

class BrokerSessions {
 public:
  explicit BrokerSessions(SessionOptions options) : options_(options) {}

  // This controller is active from now on: a fresh session for every broker of `image`.
  void TakeOver(const metadata::MetadataImage& image, MonoTime now);
  // It is no longer: forgets everything.
  void Clear();

  // The broker has registered, perhaps anew: of another epoch, its old session is over.
  void Registered(BrokerId broker, int64_t broker_epoch, MonoTime now);
  // A heartbeat of the broker's current registration has come on `stream`. True if it opened or
  // changed the stream. REQUIRES: it has registered, or was there at the take-over.
  bool Contact(BrokerId broker, StreamId stream, int64_t metadata_end_offset, MonoTime now);
  // Streams that are nobody's current one are ignored: false.
  bool StreamEnded(StreamId stream, StreamEnd end, MonoTime now);

  struct DueProbe {
    BrokerId broker;
    // Goes back to ProbeAnswered, which ignores answers that have been overtaken.
    uint64_t token = 0;
  };
  struct DueFence {
    BrokerId broker;
    std::string why;
  };
  struct Due {
    // Each returned once.
    std::vector<DueProbe> probes;
    // Returned again until the broker is fenced in the image.
    std::vector<DueFence> fences;
    // When something may next be due, if nothing happens before; kNever: nothing.
    MonoTime next = kNever;
    // Sessions that only the suspicion against this controller itself keeps from being fenced.
    std::vector<BrokerId> spared;
  };
  // What is due for the unfenced brokers of `image`.
  Due Check(const metadata::MetadataImage& image, MonoTime now);
  void ProbeAnswered(const DueProbe& probe, ProbeResult result);

  // Whether the registered incarnation may be replaced: its session is over. `probe`: what its
  // endpoint has answered just now, if it was dialled; proof only while it has no stream.
  bool IsGone(const metadata::BrokerRegistration& registration, std::optional<ProbeResult> probe,
              MonoTime now) const;
  // Whether a probe could prove the registered incarnation dead.
  bool IsWorthProbing(const metadata::BrokerRegistration& registration) const;
  // How long until the session is likely to be over if the broker is not heard of again; 0: that
  // cannot be said.
  Duration TimeLeft(BrokerId broker, MonoTime now) const;

  // The image up to `end_offset` holds what moved the broker's leaders away. Only the first call
  // of a session counts.
  void ShutdownBegan(BrokerId broker, RecordOffset end_offset);
  // Whether every other active broker of `image` has replayed up to there.
  bool OthersKnowOfShutdown(const metadata::MetadataImage& image, BrokerId broker) const;

  // Roles for display (ReportRoles).
  void ReportRoles(const broker::v1::ReportRolesRequest& request);

  // What is known of a broker, for display.
  struct Description {
    std::optional<Duration> last_contact_age;
    int64_t metadata_end_offset = -1;
    int32_t reported_leader_count = -1;
  };
  Description Describe(BrokerId broker, MonoTime now) const;

 private:
  enum class Phase {
    kAwaited,  // no stream since the take-over or the registration
    kConnected,
    kBroken,
    kReconnecting,
    kStopped,
  };
  enum class Probe { kNotMade, kUnderWay, kDead, kAlive, kNoAnswer };

  struct Session {
    int64_t broker_epoch = -1;
    Phase phase = Phase::kAwaited;
    MonoTime phase_since;
    // The last heartbeat, or the beginning of the session.
    MonoTime last_contact;
    bool heard_of = false;
    StreamId stream = 0;
    Probe probe = Probe::kNotMade;
    ProbeResult probe_result = ProbeResult::kNoAnswer;
    uint64_t probe_token = 0;
    int64_t metadata_end_offset = -1;
    std::optional<RecordOffset> shutdown_offset;
    // Partitions that it has reported to lead; nothing before its first complete report. Never
    // iterated.
    std::optional<absl::flat_hash_set<std::pair<Uuid, int32_t>>> reported_leaders;
  };

  void Enter(Session* session, Phase phase, MonoTime now);
  // Why the broker is to be fenced now; nothing: it is not. Lowers `*next` to when that may change.
  std::optional<std::string> WhyFence(const metadata::BrokerRegistration& registration,
                                      const Session& session, bool suspect_self, MonoTime now,
                                      MonoTime* next) const;
  // Whether too many sessions broke together with this one (see above).
  bool SuspectsItself(const metadata::MetadataImage& image, const Session& session) const;

  const SessionOptions options_;
  std::map<BrokerId, Session> sessions_;
  std::map<StreamId, BrokerId> streams_;
  uint64_t next_probe_token_ = 1;
};

}  // namespace quorate::controller
