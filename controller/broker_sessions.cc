#include "controller/broker_sessions.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "controller/decide/brokers/log_directories.h"

namespace quorate::controller {

using metadata::BrokerRegistration;
using metadata::MetadataImage;

namespace {

// When to dial again after a stream broke. A dying process closes its sockets one after the other,
// so its listener may still accept for a moment after its heartbeat stream has broken. A dial that
// does not prove the death is therefore followed by another one at the next of these times, counted
// from the break. The last answer holds.
constexpr Duration kDialAgainAfter[] = {std::chrono::milliseconds(5), std::chrono::milliseconds(20),
                                        std::chrono::milliseconds(50),
                                        std::chrono::milliseconds(100)};

MonoTime NextDial(MonoTime broke_at, MonoTime now) {
  for (const Duration after : kDialAgainAfter) {
    if (broke_at + after > now) return broke_at + after;
  }
  return kNever;
}

}  // namespace

void BrokerSessions::TakeOver(const MetadataImage& image, MonoTime now) {
  Clear();
  for (const auto& [id, registration] : image.brokers()) {
    Registered(id, registration->broker_epoch, now);
  }
}

void BrokerSessions::Clear() {
  sessions_.clear();
  streams_.clear();
}

void BrokerSessions::Enter(Session* session, Phase phase, MonoTime now) {
  const bool lost = phase == Phase::kBroken || phase == Phase::kReconnecting;
  if (lost && !session->stream_lost) session->stream_lost = now;
  if (phase != Phase::kConnected && session->stream != 0) {
    streams_.erase(session->stream);
    session->stream = 0;
  }
  session->phase = phase;
  session->phase_since = now;
  session->probe = Probe::kNotMade;
  session->next_dial = kNever;
  session->probe_token = 0;
}

void BrokerSessions::Registered(BrokerId broker, int64_t broker_epoch, MonoTime now) {
  const auto [it, is_new] = sessions_.try_emplace(broker);
  if (!is_new && it->second.broker_epoch == broker_epoch) return;
  Enter(&it->second, Phase::kAwaited, now);
  it->second = {
      .broker_epoch = broker_epoch, .phase_since = now, .last_contact = now, .last_answered = now};
}

bool BrokerSessions::ForgetUnregistered(const MetadataImage& image) {
  // Check gives every broker of the image a session, so without more sessions than brokers there is
  // none to forget.
  if (sessions_.size() <= image.brokers().size()) return false;
  const size_t erased = std::erase_if(sessions_, [&](const auto& entry) {
    if (image.FindBroker(entry.first) != nullptr) return false;
    streams_.erase(entry.second.stream);
    return true;
  });
  return erased > 0;
}

bool BrokerSessions::IsOnReplacedStream(const broker::v1::HeartbeatRequest& heartbeat) const {
  const auto it = sessions_.find(BrokerId(heartbeat.broker_id()));
  return it != sessions_.end() && heartbeat.stream_ordinal() != 0 &&
         heartbeat.stream_ordinal() < it->second.stream_ordinal;
}

bool BrokerSessions::RecordHeartbeat(StreamId stream, const broker::v1::HeartbeatRequest& heartbeat,
                                     MonoTime now) {
  const BrokerId broker(heartbeat.broker_id());
  Session& session = sessions_.at(broker);
  const bool is_new = session.stream != stream;
  if (is_new) {
    if (session.stream != 0) streams_.erase(session.stream);
    Enter(&session, Phase::kConnected, now);
    session.stream = stream;
    streams_[stream] = broker;
  } else {
    session.last_answered = now;
    session.stream_lost.reset();
  }
  session.last_contact = now;
  session.has_sent_heartbeat = true;
  session.stream_ordinal = std::max(session.stream_ordinal, heartbeat.stream_ordinal());
  session.metadata_end_offset = heartbeat.metadata_end_offset();
  session.max_metadata_version = std::max(1U, heartbeat.max_metadata_version());
  session.offline_directories = FailedDirectoriesOf(heartbeat);
  return is_new;
}

std::optional<Duration> BrokerSessions::LatenessOf(StreamId stream,
                                                   const broker::v1::HeartbeatRequest& heartbeat,
                                                   MonoTime now) const {
  const auto it = sessions_.find(BrokerId(heartbeat.broker_id()));
  const bool follows = it != sessions_.end() && it->second.stream == stream;
  if (!follows || heartbeat.interval_ms() <= 0) return std::nullopt;
  // The broker chose the interval: no addition that could overflow.
  const int64_t late_ms = ToMs(now - it->second.last_contact) - heartbeat.interval_ms();
  return std::chrono::milliseconds(std::max<int64_t>(late_ms, 0));
}

bool BrokerSessions::SetWantsToStop(BrokerId broker, bool wants, MonoTime now) {
  Session& session = sessions_.at(broker);
  if (wants == session.stop_wanted.has_value()) return false;
  session.stop_wanted = wants ? std::optional(now) : std::nullopt;
  return true;
}

bool BrokerSessions::StreamEnded(StreamId stream, StreamEnd end, MonoTime now) {
  const auto it = streams_.find(stream);
  if (it == streams_.end()) return false;
  Session& session = sessions_.at(it->second);
  switch (end) {
    case StreamEnd::kBroken:
      Enter(&session, Phase::kBroken, now);
      break;
    case StreamEnd::kReconnecting:
      Enter(&session, Phase::kReconnecting, now);
      break;
    case StreamEnd::kStopping:
      Enter(&session, Phase::kStopped, now);
      break;
  }
  return true;
}

BrokerSessions::Due BrokerSessions::Check(const MetadataImage& image, MonoTime now) {
  Due due;
  const bool drops_brokers = image.metadata_version() >= metadata::kBrokerDetailsVersion;
  std::vector<Judged> unfenced;
  std::vector<MonoTime> unfenced_lost_at;
  std::vector<MonoTime> fenced_lost_at;
  for (const auto& [id, registration] : image.brokers()) {
    Registered(id, registration->broker_epoch, now);
    Session* session = &sessions_.at(id);
    if (registration->fenced) {
      const MonoTime lost_at = LostAt(*session);
      if (lost_at != kNever) fenced_lost_at.push_back(lost_at);
      const MonoTime silent_at = session->last_contact + options_.idle_timeout;
      if (drops_brokers && silent_at <= now) {
        due.silent.push_back(id);
      } else if (drops_brokers) {
        due.next = std::min(due.next, silent_at);
      }
      continue;
    }
    if (session->phase == Phase::kAwaited) {
      const MonoTime awaited_until = session->phase_since + options_.grace;
      if (now >= awaited_until) {
        Enter(session, Phase::kBroken, now);
      } else {
        due.next = std::min(due.next, awaited_until);
      }
    }
    if (session->phase == Phase::kBroken && session->probe == Probe::kNotMade &&
        !session->is_dialled() && registration->endpoint_verified) {
      session->next_dial = now;
    }
    if (session->next_dial <= now) {
      session->next_dial = kNever;
      session->probe_token = next_probe_token_++;
      due.probes.push_back({.broker = id, .token = session->probe_token});
    }
    due.next = std::min(due.next, session->next_dial);
    unfenced.push_back(
        {.registration = registration.get(), .session = session, .end = EndOf(*session)});
    unfenced_lost_at.push_back(LostAt(*session));
  }
  ForgetUnregistered(image);
  examined_ += unfenced.size();
  const bool all_fenced = unfenced.empty();
  due.mass_loss = FindMassLoss(all_fenced ? fenced_lost_at : unfenced_lost_at, now, &due.next);
  if (due.mass_loss) due.mass_loss->all_fenced = all_fenced;
  CollectFences(unfenced, now, &due);
  CollectStops(unfenced, now, &due);
  return due;
}

BrokerSessions::End BrokerSessions::EndOf(const Session& session) const {
  const End silence{.at = session.last_contact + options_.timeout, .cause = FenceCause::kSilent};
  const MonoTime grace_ends = session.phase_since + options_.grace;
  switch (session.phase) {
    case Phase::kStopped:
      return {.at = session.phase_since, .cause = FenceCause::kStopped};
    case Phase::kBroken:
      if (session.probe == Probe::kDead) {
        return {.at = session.phase_since, .cause = FenceCause::kProvedDead};
      }
      if (session.probe == Probe::kAlive) return silence;
      return grace_ends < silence.at ? End{.at = grace_ends,
                                           .cause = FenceCause::kDidNotReturn,
                                           .undecided = session.is_dialled()}
                                     : silence;
    case Phase::kReconnecting:
      return grace_ends < silence.at ? End{.at = grace_ends, .cause = FenceCause::kDidNotReconnect}
                                     : silence;
    case Phase::kAwaited:
    case Phase::kConnected:
      break;
  }
  return silence;
}

std::string BrokerSessions::Explain(const BrokerRegistration& registration, const Session& session,
                                    FenceCause cause) const {
  switch (cause) {
    case FenceCause::kStopped:
      return "it said that it stops";
    case FenceCause::kProvedDead:
      return absl::StrFormat("its connection broke and %s at %s",
                             session.probe_result == ProbeResult::kRefused
                                 ? "nothing listens"
                                 : "another process answers",
                             registration.endpoint.ToString());
    case FenceCause::kDidNotReturn:
      return absl::StrFormat("its connection broke and it did not come back within %d ms",
                             ToMs(options_.grace));
    case FenceCause::kDidNotReconnect:
      return absl::StrFormat("it said that it reconnects and did not within %d ms",
                             ToMs(options_.grace));
    case FenceCause::kSilent:
    case FenceCause::kControlledShutdown:  // no end of a session, like the next one
    case FenceCause::kRequested:
      break;
  }
  return absl::StrFormat("it was silent for %d ms", ToMs(options_.timeout));
}

MonoTime BrokerSessions::LostAt(const Session& session) const {
  if (session.phase == Phase::kStopped || session.proved_dead()) return kNever;
  const Duration patience =
      std::max(options_.timeout / 2, std::min(2 * options_.grace, options_.timeout));
  const MonoTime silent = session.last_answered + patience;
  return session.stream_lost ? std::min(*session.stream_lost, silent) : silent;
}

std::optional<BrokerSessions::Due::MassLoss> BrokerSessions::FindMassLoss(
    std::vector<MonoTime> lost_at, MonoTime now, MonoTime* next) const {
  if (lost_at.empty()) return std::nullopt;
  std::sort(lost_at.begin(), lost_at.end());
  const MonoTime since = lost_at[lost_at.size() / 2];  // when the first broker above half was lost
  if (since > now) {
    *next = std::min(*next, since);
    return std::nullopt;
  }
  const auto lost = std::upper_bound(lost_at.begin(), lost_at.end(), now) - lost_at.begin();
  return Due::MassLoss{.since = since,
                       .lost = static_cast<size_t>(lost),
                       .live = lost_at.size(),
                       .held_until = since + options_.mass_loss_hold};
}

void BrokerSessions::CollectFences(const std::vector<Judged>& unfenced, MonoTime now,
                                   Due* due) const {
  const auto fenced_at = [&](const Judged& judged) {
    const bool held = due->mass_loss && judged.end.cause != FenceCause::kStopped &&
                      judged.end.cause != FenceCause::kProvedDead;
    return held ? std::max(judged.end.at, due->mass_loss->held_until) : judged.end.at;
  };
  std::vector<const Judged*> over;
  MonoTime first = kNever;
  for (const Judged& judged : unfenced) {
    const MonoTime when = fenced_at(judged);
    if (when > now) {
      due->next = std::min(due->next, when);
    } else if (!judged.end.undecided) {
      over.push_back(&judged);
      first = std::min(first, when);
    }
  }
  if (over.empty()) return;
  // A broker whose session is about to end leaves in the same batch, or returns before.
  MonoTime batch_ends = now;
  for (const Judged& judged : unfenced) {
    const MonoTime end = judged.end.at;
    if (end > now && end <= first + options_.grace) batch_ends = std::max(batch_ends, end);
  }
  if (batch_ends > now) {
    due->next = std::min(due->next, batch_ends);
    return;
  }
  for (const Judged* judged : over) {
    due->fences.push_back(
        {.broker = judged->registration->id,
         .why = Explain(*judged->registration, *judged->session, judged->end.cause),
         .cause = judged->end.cause});
  }
}

void BrokerSessions::CollectStops(const std::vector<Judged>& unfenced, MonoTime now,
                                  Due* due) const {
  // The fences are also in the order of `unfenced`.
  auto fence = due->fences.begin();
  size_t leaving = 0;
  MonoTime first = kNever;
  std::vector<BrokerId> stops;
  for (const Judged& judged : unfenced) {
    const BrokerId broker = judged.registration->id;
    if (fence != due->fences.end() && fence->broker == broker) {
      ++fence;
      ++leaving;
    } else if (judged.registration->in_controlled_shutdown) {
      ++leaving;
    } else if (judged.session->stop_wanted) {
      ++leaving;
      first = std::min(first, *judged.session->stop_wanted);
      stops.push_back(broker);
    }
  }
  if (stops.empty()) return;
  const MonoTime batch_ends = first + options_.grace;
  if (due->fences.empty() && leaving < unfenced.size() && now < batch_ends) {
    due->next = std::min(due->next, batch_ends);
  } else {
    due->stops = std::move(stops);
  }
}

void BrokerSessions::ProbeAnswered(const DueProbe& probe, ProbeResult result, MonoTime now) {
  const auto it = sessions_.find(probe.broker);
  if (it == sessions_.end() || it->second.probe_token != probe.token) return;
  Session& session = it->second;
  session.probe_token = 0;
  session.probe_result = result;
  switch (result) {
    case ProbeResult::kRefused:
    case ProbeResult::kOtherIncarnation:
      session.probe = Probe::kDead;
      return;
    case ProbeResult::kSameIncarnation:
      session.probe = Probe::kAlive;
      break;
    case ProbeResult::kNoAnswer:
      session.probe = Probe::kNoAnswer;
      break;
  }
  session.next_dial = NextDial(session.phase_since, now);
}

bool BrokerSessions::IsWorthProbing(const BrokerRegistration& registration) const {
  const auto it = sessions_.find(registration.id);
  return registration.endpoint_verified && it != sessions_.end() &&
         it->second.phase != Phase::kConnected;
}

bool BrokerSessions::IsGone(const BrokerRegistration& registration,
                            std::optional<ProbeResult> probe, MonoTime now) const {
  const auto it = sessions_.find(registration.id);
  if (it == sessions_.end()) return false;
  const Session& session = it->second;
  if (session.phase == Phase::kStopped || now >= session.last_contact + options_.timeout) {
    return true;
  }
  const bool dead = probe == ProbeResult::kRefused || probe == ProbeResult::kOtherIncarnation;
  return dead && IsWorthProbing(registration);
}

BrokerSessions::Counts BrokerSessions::Count(const MetadataImage& image, MonoTime now) const {
  Counts counts;
  for (const auto& [id, registration] : image.brokers()) {
    if (registration->fenced) continue;
    const auto it = sessions_.find(id);
    if (it == sessions_.end()) {
      ++counts.waiting;
    } else if (LostAt(it->second) <= now) {
      ++counts.lost;
    } else {
      ++(it->second.phase == Phase::kConnected ? counts.in_contact : counts.waiting);
    }
  }
  return counts;
}

Duration BrokerSessions::TimeLeft(BrokerId broker, MonoTime now) const {
  const auto it = sessions_.find(broker);
  if (it == sessions_.end()) return Duration::zero();
  const Session& session = it->second;
  const bool has_grace_only = session.phase != Phase::kConnected && session.probe != Probe::kAlive;
  const MonoTime end = has_grace_only ? session.phase_since + options_.grace
                                      : session.last_contact + options_.timeout;
  return std::max(Duration::zero(), end - now);
}

void BrokerSessions::ShutdownBegan(BrokerId broker, RecordOffset end_offset) {
  const auto it = sessions_.find(broker);
  if (it != sessions_.end() && !it->second.shutdown_offset) {
    it->second.shutdown_offset = end_offset;
  }
}

bool BrokerSessions::OthersKnowOfShutdown(const MetadataImage& image, BrokerId broker) const {
  const auto stopping = sessions_.find(broker);
  if (stopping == sessions_.end() || !stopping->second.shutdown_offset) return false;
  const int64_t offset = stopping->second.shutdown_offset->value();
  const auto& brokers = image.brokers();
  return std::all_of(brokers.begin(), brokers.end(), [&](const auto& entry) {
    const auto& [id, registration] = entry;
    if (id == broker || !registration->active()) return true;
    const auto it = sessions_.find(id);
    return it != sessions_.end() && it->second.metadata_end_offset >= offset;
  });
}

void BrokerSessions::ReportRoles(const MetadataImage& image,
                                 const broker::v1::ReportRolesRequest& request) {
  const auto it = sessions_.find(BrokerId(request.broker_id()));
  if (it == sessions_.end()) return;
  Session& session = it->second;
  if (request.complete()) session.reported_leaders.emplace();
  if (session.reported_leaders) session.reported_leaders->Report(image, request);
}

BrokerSessions::Description BrokerSessions::Describe(BrokerId broker, MonoTime now) const {
  const auto it = sessions_.find(broker);
  if (it == sessions_.end()) return {};
  const Session& session = it->second;
  Description description{.metadata_end_offset = session.metadata_end_offset};
  if (session.has_sent_heartbeat) description.last_contact_age = now - session.last_contact;
  if (session.reported_leaders) {
    description.reported_leader_count = static_cast<int32_t>(session.reported_leaders->count());
  }
  return description;
}

}  // namespace quorate::controller
