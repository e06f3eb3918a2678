// Which brokers are alive, as the active controller hears it. Soft state: never logged, and begun
// anew by the next active controller, which gives every broker a fresh session.
//
// When a session is over (docs/ARCHITECTURE.md, "Brokers cannot lie dead for long"):
//
//   its stream said that the process stops        at once
//   broken stream, endpoint verified at registration, and dialled up to five times in 100 ms:
//     refused, or another incarnation answers     at once: the process is gone
//     this incarnation answers the last dial      when the session times out
//     no answer to the last dial                  after the grace
//   broken stream, endpoint never verified        after the grace
//   stream closed to reconnect                    after the grace
//   silence                                       when the session times out
//
// A stream that has not come within the grace after a take-over counts as broken then.
//
// Two rules join sessions:
//
// - Sessions that end within one grace are fenced in one batch, so that none of their brokers
//   inherits from another and the last ISRs keep all their members: a session that is over waits,
//   for a grace at most, while others are about to end. A death that is alone waits for nothing.
//   Brokers that want to stop are in no hurry, and leave in one batch with all that want to within
//   a grace: with the next fence, when the grace is over, or when everybody wants to.
// - A broker is lost while its stream is gone without proof of its death, or while it has shown for
//   half of the session timeout (two graces, if that is more) no sign that our answers reach it.
//   When more than half of the brokers are lost it is more likely this controller that is cut off,
//   and fencing them all would help nobody: sessions that end without proof wait until the loss has
//   lasted for `mass_loss_hold`.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "controller/broker_prober.h"
#include "controller/heartbeat_stream.h"
#include "controller/reported_leaders.h"
#include "metadata/metadata_image.h"
#include "quorate/broker/v1/broker_service.pb.h"

namespace quorate::controller {

struct SessionOptions {
  // A broker that is silent for so long is fenced.
  Duration timeout = std::chrono::seconds(9);
  // How long a broker whose stream broke without proof of its death may take to come back.
  Duration grace = std::chrono::seconds(1);
  // While more than half of the brokers are lost, none is fenced without proof for so long.
  Duration mass_loss_hold = std::chrono::seconds(60);
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
  // Whether the broker has been heard on a newer stream than the one that `heartbeat` came on: then
  // it was held up on its way, and says nothing of the session. The heartbeat is of the broker's
  // current registration.
  bool CameLate(const broker::v1::HeartbeatRequest& heartbeat) const;
  // A heartbeat of the broker's current registration has come on `stream`. True if it opened or
  // changed the stream. REQUIRES: it has registered, or was there at the take-over, and the
  // heartbeat did not come late.
  bool Contact(StreamId stream, const broker::v1::HeartbeatRequest& heartbeat, MonoTime now);
  // Its last heartbeat said that the broker wants to stop, or that it does not. True if that is
  // new. REQUIRES: as Contact.
  bool WantsToStop(BrokerId broker, bool wants, MonoTime now);
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
    // Brokers whose controlled shutdown begins now, in the same batch. Returned again until it has.
    std::vector<BrokerId> stops;
    // When something may next be due, if nothing happens before; kNever: nothing.
    MonoTime next = kNever;
    // Set while more than half of the unfenced brokers are lost.
    struct MassLoss {
      // When they became more than half.
      MonoTime since;
      size_t lost = 0;
      size_t live = 0;
      // When the sessions that end without proof are fenced after all.
      MonoTime held_until;
    };
    std::optional<MassLoss> mass_loss;
  };
  // What is due for the unfenced brokers of `image`. O(n log n) in their number.
  Due Check(const metadata::MetadataImage& image, MonoTime now);
  void ProbeAnswered(const DueProbe& probe, ProbeResult result, MonoTime now);

  // Whether the registered incarnation may be replaced: its session is over. `probe`: what its
  // endpoint has answered just now, if it was dialled; proof only while it has no stream.
  bool IsGone(const metadata::BrokerRegistration& registration, std::optional<ProbeResult> probe,
              MonoTime now) const;
  // Whether a probe could prove the registered incarnation dead.
  bool IsWorthProbing(const metadata::BrokerRegistration& registration) const;
  // Whether the broker has a stream.
  bool IsConnected(BrokerId broker) const {
    const auto it = sessions_.find(broker);
    return it != sessions_.end() && it->second.phase == Phase::kConnected;
  }
  // How long until the session is likely to be over if the broker is not heard of again; 0: that
  // cannot be said.
  Duration TimeLeft(BrokerId broker, MonoTime now) const;

  // The image up to `end_offset` holds what moved the broker's leaders away. Only the first call
  // of a session counts.
  void ShutdownBegan(BrokerId broker, RecordOffset end_offset);
  // Whether every other active broker of `image` has replayed up to there.
  bool OthersKnowOfShutdown(const metadata::MetadataImage& image, BrokerId broker) const;

  // Roles for display (ReportRoles).
  void ReportRoles(const metadata::MetadataImage& image,
                   const broker::v1::ReportRolesRequest& request);

  // How many sessions all calls of Check have looked at: what they cost, for tests.
  size_t examined() const { return examined_; }

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
  enum class Probe { kNotMade, kDead, kAlive, kNoAnswer };

  struct Session {
    int64_t broker_epoch = -1;
    Phase phase = Phase::kAwaited;
    MonoTime phase_since;
    // The last heartbeat, or the beginning of the session.
    MonoTime last_contact;
    // When the broker last showed that it reads our answers, by a heartbeat behind another one on
    // the same stream; or the beginning of the session.
    MonoTime last_answered;
    // When its stream ended without proof of its death; reset when it reads our answers again.
    std::optional<MonoTime> stream_lost;
    bool heard_of = false;
    StreamId stream = 0;
    // The highest ordinal that its streams have had; 0: it counts none.
    int64_t stream_ordinal = 0;
    // What the latest dial since the break has shown.
    Probe probe = Probe::kNotMade;
    ProbeResult probe_result = ProbeResult::kNoAnswer;
    // When it is dialled next; kNever: not again, or an answer is awaited.
    MonoTime next_dial = kNever;
    // Of the dial whose answer is awaited; 0: none.
    uint64_t probe_token = 0;
    int64_t metadata_end_offset = -1;
    // Since when it wants to stop.
    std::optional<MonoTime> stop_wanted;
    std::optional<RecordOffset> shutdown_offset;
    // Nothing before its first complete report.
    std::optional<ReportedLeaders> reported_leaders;

    bool is_dialled() const { return probe_token != 0 || next_dial != kNever; }
    bool proved_dead() const { return phase == Phase::kBroken && probe == Probe::kDead; }
  };

  enum class EndReason { kStopped, kProvedDead, kDidNotReturn, kDidNotReconnect, kSilence };
  // When a session is over if nothing more is heard of its broker.
  struct End {
    MonoTime at;
    EndReason reason = EndReason::kSilence;
    // The endpoint is being dialled, and the answer decides; `at` is when the grace ends.
    bool undecided = false;
  };

  // An unfenced broker, its session and when that ends.
  struct Judged {
    const metadata::BrokerRegistration* registration = nullptr;
    const Session* session = nullptr;
    End end;
  };

  void Enter(Session* session, Phase phase, MonoTime now);
  End EndOf(const Session& session) const;
  // When the broker was lost, or will be if nothing more is heard of it; kNever: it is not lost but
  // dead.
  MonoTime LostAt(const Session& session) const;
  std::optional<Due::MassLoss> FindMassLoss(const std::vector<Judged>& unfenced, MonoTime now,
                                            MonoTime* next) const;
  // Fills in `due->fences`, and then `due->stops`.
  void CollectFences(const std::vector<Judged>& unfenced, MonoTime now, Due* due) const;
  void CollectStops(const std::vector<Judged>& unfenced, MonoTime now, Due* due) const;
  std::string Explain(const metadata::BrokerRegistration& registration, const Session& session,
                      EndReason reason) const;

  const SessionOptions options_;
  std::map<BrokerId, Session> sessions_;
  std::map<StreamId, BrokerId> streams_;
  uint64_t next_probe_token_ = 1;
  size_t examined_ = 0;
};

}  // namespace quorate::controller
