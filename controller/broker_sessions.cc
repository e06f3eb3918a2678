#include "controller/broker_sessions.h"

#include <algorithm>

#include "absl/strings/str_format.h"

namespace quorate::controller {

using metadata::BrokerRegistration;
using metadata::MetadataImage;

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
  if (phase != Phase::kConnected && session->stream != 0) {
    streams_.erase(session->stream);
    session->stream = 0;
  }
  session->phase = phase;
  session->phase_since = now;
  session->probe = Probe::kNotMade;
  session->probe_token = 0;
}

void BrokerSessions::Registered(BrokerId broker, int64_t broker_epoch, MonoTime now) {
  const auto [it, is_new] = sessions_.try_emplace(broker);
  if (!is_new && it->second.broker_epoch == broker_epoch) return;
  Enter(&it->second, Phase::kAwaited, now);
  it->second = {.broker_epoch = broker_epoch, .phase_since = now, .last_contact = now};
}

bool BrokerSessions::Contact(BrokerId broker, StreamId stream, int64_t metadata_end_offset,
                             MonoTime now) {
  Session& session = sessions_.at(broker);
  const bool is_new = session.stream != stream;
  if (is_new) {
    if (session.stream != 0) streams_.erase(session.stream);
    Enter(&session, Phase::kConnected, now);
    session.stream = stream;
    streams_[stream] = broker;
  }
  session.last_contact = now;
  session.heard_of = true;
  session.metadata_end_offset = metadata_end_offset;
  return is_new;
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
  std::vector<std::pair<const BrokerRegistration*, Session*>> unfenced;
  for (const auto& [id, registration] : image.brokers()) {
    if (registration->fenced) continue;
    Registered(id, registration->broker_epoch, now);
    unfenced.emplace_back(registration.get(), &sessions_.at(id));
  }
  // First who is broken now, for that is what the suspicion counts.
  for (const auto& [registration, session] : unfenced) {
    if (session->phase == Phase::kAwaited && now >= session->phase_since + options_.grace) {
      Enter(session, Phase::kBroken, now);
    }
    const bool probe = session->phase == Phase::kBroken && session->probe == Probe::kNotMade &&
                       registration->endpoint_verified;
    if (probe) {
      session->probe = Probe::kUnderWay;
      session->probe_token = next_probe_token_++;
      due.probes.push_back({.broker = registration->id, .token = session->probe_token});
    }
  }
  for (const auto& [registration, session] : unfenced) {
    const bool suspect_self = SuspectsItself(image, *session);
    auto why = WhyFence(*registration, *session, suspect_self, now, &due.next);
    if (why) {
      due.fences.push_back({.broker = registration->id, .why = *std::move(why)});
    } else if (suspect_self) {
      due.spared.push_back(registration->id);
    }
  }
  return due;
}

std::optional<std::string> BrokerSessions::WhyFence(const BrokerRegistration& registration,
                                                    const Session& session, bool suspect_self,
                                                    MonoTime now, MonoTime* next) const {
  // Nothing if that time is still to come.
  const auto at = [&](MonoTime when) {
    if (now >= when) return true;
    *next = std::min(*next, when);
    return false;
  };
  switch (session.phase) {
    case Phase::kStopped:
      return "it said that it stops";
    case Phase::kBroken:
      if (session.probe == Probe::kDead) {
        return absl::StrFormat("its connection broke and %s at %s",
                               session.probe_result == ProbeResult::kRefused
                                   ? "nothing listens"
                                   : "another process answers",
                               registration.endpoint.ToString());
      }
      // An answer that is still to come decides; a living process has its session.
      if (session.probe != Probe::kUnderWay && session.probe != Probe::kAlive && !suspect_self &&
          at(session.phase_since + options_.grace)) {
        return absl::StrFormat("its connection broke and it did not come back within %d ms",
                               ToMs(options_.grace));
      }
      break;
    case Phase::kReconnecting:
      if (at(session.phase_since + options_.grace)) {
        return absl::StrFormat("it said that it reconnects and did not within %d ms",
                               ToMs(options_.grace));
      }
      break;
    case Phase::kAwaited:
      at(session.phase_since + options_.grace);
      break;
    case Phase::kConnected:
      break;
  }
  if (at(session.last_contact + options_.timeout)) {
    return absl::StrFormat("it was silent for %d ms", ToMs(options_.timeout));
  }
  return std::nullopt;
}

bool BrokerSessions::SuspectsItself(const MetadataImage& image, const Session& session) const {
  if (session.phase != Phase::kBroken || session.probe == Probe::kDead) return false;
  size_t live = 0;
  size_t broken = 0;
  for (const auto& [id, registration] : image.brokers()) {
    if (registration->fenced) continue;
    ++live;
    const auto it = sessions_.find(id);
    if (it == sessions_.end()) continue;
    const Session& other = it->second;
    const Duration apart = std::chrono::abs(other.phase_since - session.phase_since);
    if (other.phase == Phase::kBroken && other.probe != Probe::kDead && apart <= options_.grace) {
      ++broken;
    }
  }
  return live >= 3 && broken * 2 > live;
}

void BrokerSessions::ProbeAnswered(const DueProbe& probe, ProbeResult result) {
  const auto it = sessions_.find(probe.broker);
  if (it == sessions_.end() || it->second.probe_token != probe.token) return;
  Session& session = it->second;
  session.probe_result = result;
  switch (result) {
    case ProbeResult::kRefused:
    case ProbeResult::kOtherIncarnation:
      session.probe = Probe::kDead;
      break;
    case ProbeResult::kSameIncarnation:
      session.probe = Probe::kAlive;
      break;
    case ProbeResult::kNoAnswer:
      session.probe = Probe::kNoAnswer;
      break;
  }
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

void BrokerSessions::ReportRoles(const broker::v1::ReportRolesRequest& request) {
  const auto it = sessions_.find(BrokerId(request.broker_id()));
  if (it == sessions_.end()) return;
  Session& session = it->second;
  if (request.complete()) session.reported_leaders.emplace();
  if (!session.reported_leaders) return;
  for (const auto& role : request.roles()) {
    const std::pair partition(Uuid::FromBytes(role.topic_id()).value_or(Uuid()), role.partition());
    if (role.role() == broker::v1::ROLE_LEADER) {
      session.reported_leaders->insert(partition);
    } else {
      session.reported_leaders->erase(partition);
    }
  }
}

BrokerSessions::Description BrokerSessions::Describe(BrokerId broker, MonoTime now) const {
  const auto it = sessions_.find(broker);
  if (it == sessions_.end()) return {};
  const Session& session = it->second;
  Description description{.metadata_end_offset = session.metadata_end_offset};
  if (session.heard_of) description.last_contact_age = now - session.last_contact;
  if (session.reported_leaders) {
    description.reported_leader_count = static_cast<int32_t>(session.reported_leaders->size());
  }
  return description;
}

}  // namespace quorate::controller
