// Keeps the brokers' sessions on the active controller and decides when each of them ends. This is
// soft state: it is never logged, and the next active controller starts with a fresh session for
// every broker.
//
// When a session ends (docs/ARCHITECTURE.md, "Brokers cannot lie dead for long"):
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
// After a takeover, a broker whose stream has not arrived within the grace counts as one with a
// broken stream.
//
// Two rules connect sessions.
//
// Sessions that end within one grace are fenced in one batch. None of their brokers becomes leader
// in place of another, and ISRs that would become empty keep all their members. A session that has
// ended therefore waits, for one grace at most, while others are about to end. A single death does
// not wait. Brokers that want to stop can wait. They all leave in one batch: with the next fence,
// one grace after the first request, or when all brokers want to stop.
//
// Example with a grace of 1 s: the sessions of brokers 1, 2 and 3 end at 1.0 s, 1.6 s and 2.2 s.
// Brokers 1 and 2 are fenced together at 1.6 s. Broker 3 is fenced later, because its session ends
// more than one grace after the first.
//
// A broker is lost while its stream is gone without proof of its death. It is also lost when, for
// half of the session timeout (or two graces, if that is more), it has not shown that this
// controller's answers reach it. When more than half of the brokers are lost, it is more likely
// that this controller is cut off. Fencing all of them would not help, so sessions that end without
// proof wait until the loss has lasted for `mass_loss_hold`. When all brokers are fenced, the loss
// continues: while more than half of the registered brokers are lost, another controller may be in
// contact with them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "controller/broker_instruments.h"
#include "controller/broker_prober.h"
#include "controller/heartbeat_stream.h"
#include "controller/reported_leaders.h"
#include "metadata/metadata_image.h"
#include "quorate/broker/v1/broker_service.pb.h"

namespace quorate::controller {

struct SessionOptions {
  // A broker that sends no heartbeat for this long is fenced.
  Duration timeout = std::chrono::seconds(9);
  // How long a broker whose stream broke without proof of its death has to come back.
  Duration grace = std::chrono::seconds(1);
  // While more than half of the brokers are lost, none is fenced without proof for this long.
  Duration mass_loss_hold = std::chrono::seconds(60);
  // A fenced broker that sends no heartbeat for this long is dropped if it holds no replica.
  Duration idle_timeout = std::chrono::minutes(10);
};

class BrokerSessions {
 public:
  explicit BrokerSessions(SessionOptions options) : options_(options) {}

  // This controller has become active. Gives every broker of `image` a fresh session.
  void TakeOver(const metadata::MetadataImage& image, MonoTime now);
  // This controller is no longer active. Forgets everything.
  void Clear();

  // The broker has registered, possibly again. If the broker epoch is new, its old session is over.
  void Registered(BrokerId broker, int64_t broker_epoch, MonoTime now);
  // Forgets the brokers that `image` does not have. Returns whether there were any.
  bool ForgetUnregistered(const metadata::MetadataImage& image);
  // Returns whether the broker has already sent a heartbeat on a newer stream than `heartbeat`'s.
  // Such a heartbeat was delayed on its way and is no evidence about the session. The heartbeat
  // must belong to the broker's current registration.
  bool IsOnReplacedStream(const broker::v1::HeartbeatRequest& heartbeat) const;
  // Records a heartbeat of the broker's current registration that arrived on `stream`. Returns
  // whether it opened a new stream. REQUIRES: the broker has registered or was in the image at
  // TakeOver, and IsOnReplacedStream is false for the heartbeat.
  bool RecordHeartbeat(StreamId stream, const broker::v1::HeartbeatRequest& heartbeat,
                       MonoTime now);
  // Returns how much later than its interval the heartbeat arrived: zero if it came early, nullopt
  // if it is the first on its stream or does not name its interval. Call it before
  // RecordHeartbeat.
  std::optional<Duration> LatenessOf(StreamId stream, const broker::v1::HeartbeatRequest& heartbeat,
                                     MonoTime now) const;
  // Records whether the broker's last heartbeat said that it wants to stop. Returns whether that
  // has changed. REQUIRES: as for RecordHeartbeat.
  bool SetWantsToStop(BrokerId broker, bool wants, MonoTime now);
  // Ends the session's stream. Returns false, and does nothing, if the stream is not the current
  // stream of any broker.
  bool StreamEnded(StreamId stream, StreamEnd end, MonoTime now);

  struct DueProbe {
    BrokerId broker;
    // Passed back to ProbeAnswered, which ignores outdated answers.
    uint64_t token = 0;
  };
  struct DueFence {
    BrokerId broker;
    std::string why;
    FenceCause cause = FenceCause::kSilent;
  };
  struct Due {
    // Brokers to dial. Each is returned once.
    std::vector<DueProbe> probes;
    // Brokers to fence. Each is returned again until it is fenced in the image.
    std::vector<DueFence> fences;
    // Brokers whose controlled shutdown begins now, in the same batch as the fences. Each is
    // returned again until its shutdown has begun.
    std::vector<BrokerId> stops;
    // Fenced brokers that were silent for `idle_timeout`. Always empty at metadata version 1, which
    // cannot drop brokers.
    std::vector<BrokerId> silent;
    // When the next Check is needed if nothing happens before. kNever: no Check is needed.
    MonoTime next = kNever;
    // Set while more than half of the live brokers are lost. Live are the unfenced brokers. If
    // there is none, live are the registered brokers that have neither stopped nor been proved
    // dead.
    struct MassLoss {
      // When the lost brokers became more than half.
      MonoTime since;
      size_t lost = 0;
      size_t live = 0;
      // When sessions that end without proof are fenced despite the loss.
      MonoTime held_until;
      // No broker is unfenced, so no session is held.
      bool all_fenced = false;
    };
    std::optional<MassLoss> mass_loss;
  };
  // Returns what is due for the brokers of `image`. Takes O(n log n) in their number.
  Due Check(const metadata::MetadataImage& image, MonoTime now);
  void ProbeAnswered(const DueProbe& probe, ProbeResult result, MonoTime now);

  // Returns whether the registered incarnation may be replaced because its session is over. `probe`
  // is the result of dialling its endpoint just now, if it was dialled. It proves the death only
  // while the broker has no stream.
  bool IsGone(const metadata::BrokerRegistration& registration, std::optional<ProbeResult> probe,
              MonoTime now) const;
  // Returns whether a probe could prove the registered incarnation dead.
  bool IsWorthProbing(const metadata::BrokerRegistration& registration) const;
  // Returns whether the broker has a stream.
  bool IsConnected(BrokerId broker) const {
    const auto it = sessions_.find(broker);
    return it != sessions_.end() && it->second.phase == Phase::kConnected;
  }
  // The brokers that are not fenced, by the state of their session.
  struct Counts {
    size_t in_contact = 0;
    // See the comment on this file.
    size_t lost = 0;
    // Brokers whose stream has not arrived yet, or whose process is known to be gone.
    size_t waiting = 0;
  };
  Counts Count(const metadata::MetadataImage& image, MonoTime now) const;
  // Returns the highest metadata version that the broker's program supports. Returns 0 if it has
  // not sent a heartbeat in this session.
  uint32_t MaxMetadataVersion(BrokerId broker) const {
    const auto it = sessions_.find(broker);
    return it == sessions_.end() ? 0 : it->second.max_metadata_version;
  }
  // Returns the log directories that the broker's last heartbeat named as failed, ascending.
  std::vector<Uuid> OfflineDirectoriesOf(BrokerId broker) const {
    const auto it = sessions_.find(broker);
    return it == sessions_.end() ? std::vector<Uuid>() : it->second.offline_directories;
  }
  // Returns how long the session is likely to last if the broker sends no further heartbeat. 0 if
  // that is unknown.
  Duration TimeLeft(BrokerId broker, MonoTime now) const;

  // The image up to `end_offset` holds the records that moved the broker's leaders away. Only the
  // first call of a session counts.
  void ShutdownBegan(BrokerId broker, RecordOffset end_offset);
  // Returns whether every other active broker of `image` has replayed the log up to that offset.
  bool OthersKnowOfShutdown(const metadata::MetadataImage& image, BrokerId broker) const;

  // Takes in a report of the broker's roles (ReportRoles), for display.
  void ReportRoles(const metadata::MetadataImage& image,
                   const broker::v1::ReportRolesRequest& request);

  // The number of sessions that all calls of Check have examined: the cost of Check, for tests.
  size_t examined() const { return examined_; }

  // What is known about a broker, for display.
  struct Description {
    std::optional<Duration> last_contact_age;
    int64_t metadata_end_offset = -1;
    int32_t reported_leader_count = -1;
  };
  Description Describe(BrokerId broker, MonoTime now) const;

 private:
  enum class Phase {
    kAwaited,  // no stream since the takeover or the registration
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
    // When the last heartbeat arrived, or the session began.
    MonoTime last_contact;
    // When the broker last showed that it receives the controller's answers, by another heartbeat
    // on the same stream; or when the session began.
    MonoTime last_answered;
    // When its stream ended without proof of its death. Reset when the broker again shows that it
    // receives answers.
    std::optional<MonoTime> stream_lost;
    bool has_sent_heartbeat = false;
    StreamId stream = 0;
    // The highest ordinal of its streams. 0: the broker does not number its streams.
    int64_t stream_ordinal = 0;
    // The result of the latest dial since the stream broke.
    Probe probe = Probe::kNotMade;
    ProbeResult probe_result = ProbeResult::kNoAnswer;
    // When it is dialled next. kNever: it is not dialled again, or a dial is in flight.
    MonoTime next_dial = kNever;
    // The token of the dial in flight. 0: none is in flight.
    uint64_t probe_token = 0;
    int64_t metadata_end_offset = -1;
    // 0 before the first heartbeat.
    uint32_t max_metadata_version = 0;
    std::vector<Uuid> offline_directories;
    // When the broker first said that it wants to stop.
    std::optional<MonoTime> stop_wanted;
    std::optional<RecordOffset> shutdown_offset;
    // nullopt before the broker's first complete report.
    std::optional<ReportedLeaders> reported_leaders;

    bool is_dialled() const { return probe_token != 0 || next_dial != kNever; }
    bool proved_dead() const { return phase == Phase::kBroken && probe == Probe::kDead; }
  };

  // When and why a session ends if the broker sends nothing more.
  struct End {
    MonoTime at;
    FenceCause cause = FenceCause::kSilent;
    // The endpoint is being dialled, and its answer decides. `at` is then the end of the grace.
    bool undecided = false;
  };

  // An unfenced broker, its session, and when the session ends.
  struct Judged {
    const metadata::BrokerRegistration* registration = nullptr;
    const Session* session = nullptr;
    End end;
  };

  void Enter(Session* session, Phase phase, MonoTime now);
  End EndOf(const Session& session) const;
  // Returns when the broker was lost, or will be if it sends nothing more. kNever if it is not lost
  // but known to be dead.
  MonoTime LostAt(const Session& session) const;
  // `lost_at`: LostAt of each live broker.
  std::optional<Due::MassLoss> FindMassLoss(std::vector<MonoTime> lost_at, MonoTime now,
                                            MonoTime* next) const;
  // Fill in `due->fences`, and then `due->stops`.
  void CollectFences(const std::vector<Judged>& unfenced, MonoTime now, Due* due) const;
  void CollectStops(const std::vector<Judged>& unfenced, MonoTime now, Due* due) const;
  std::string Explain(const metadata::BrokerRegistration& registration, const Session& session,
                      FenceCause cause) const;

  const SessionOptions options_;
  std::map<BrokerId, Session> sessions_;
  std::map<StreamId, BrokerId> streams_;
  uint64_t next_probe_token_ = 1;
  size_t examined_ = 0;
};

}  // namespace quorate::controller
