#include "broker/role_reporter.h"

#include <variant>

#include "base/check.h"

namespace quorate::broker {

RoleReporter::RoleReporter(const BrokerOptions& options, Executor* executor, const Clock* clock,
                           Rng* rng, ControllerChannel* channel, const RoleManager* roles)
    : options_(options),
      channel_(channel),
      roles_(roles),
      pacer_(executor, clock, rng, [this](const ActiveSession& session) { return Send(session); }) {
}

void RoleReporter::OnSession(const std::optional<ActiveSession>& session) {
  if (session) complete_ = true;
  pacer_.OnSession(session);
}

void RoleReporter::OnChanges(std::vector<v1::PartitionRole> changes) {
  if (changes.empty()) return;
  for (v1::PartitionRole& role : changes) {
    Key key(role.topic_id(), role.partition());
    pending_.insert_or_assign(std::move(key), std::move(role));
  }
  pacer_.Wake();
}

bool RoleReporter::Send(const ActiveSession& session) {
  if (!complete_ && pending_.empty()) return false;
  v1::ReportRolesRequest request;
  request.set_broker_id(options_.broker_id.value());
  request.set_broker_epoch(session.broker_epoch);
  request.set_complete(complete_);
  if (complete_) {
    pending_.clear();
    for (v1::PartitionRole& role : roles_->List()) {
      Key key(role.topic_id(), role.partition());
      pending_.emplace(std::move(key), std::move(role));
    }
    complete_ = false;
  }
  while (!pending_.empty() && static_cast<size_t>(request.roles_size()) < kMaxRolesPerReport) {
    *request.add_roles() = std::move(pending_.begin()->second);
    pending_.erase(pending_.begin());
  }
  v1::ReportRolesRequest sent = request;
  channel_->ReportRoles(
      session.endpoint, options_.call_timeout, std::move(request),
      [this, sent = std::move(sent)](CallResult<v1::ReportRolesResponse> result) mutable {
        const auto* error = std::get_if<common::v1::Error>(&result);
        if (error != nullptr) {
          VLOG(1) << "a report of roles failed: " << error->message();
          OnFailed(std::move(sent));
        }
        pacer_.OnDone(error == nullptr);
      });
  return true;
}

void RoleReporter::OnFailed(v1::ReportRolesRequest request) {
  if (request.complete()) {
    complete_ = true;
    return;
  }
  for (v1::PartitionRole& role : *request.mutable_roles()) {
    // A change since then is newer.
    Key key(role.topic_id(), role.partition());
    pending_.emplace(std::move(key), std::move(role));
  }
}

}  // namespace quorate::broker
