#include "broker/role_log.h"

#include "absl/strings/str_format.h"
#include "base/check.h"

namespace quorate::broker {

void RoleLog::Add(const RoleChange& change, int64_t end_offset) {
  const size_t before = leaders_ + followers_ + given_up_;
  ++(!change.now ? given_up_ : Leads(change.now) ? leaders_ : followers_);
  if (before < kMaxLines) {
    lines_.push_back(LineOf(change, end_offset));
  } else {
    if (before == kMaxLines) {
      for (const std::string& line : lines_) VLOG(1) << line;
    }
    VLOG(1) << LineOf(change, end_offset);
  }
}

void RoleLog::Flush(int64_t end_offset) {
  const size_t total = leaders_ + followers_ + given_up_;
  if (total <= kMaxLines) {
    for (const std::string& line : lines_) LOG(INFO) << line;
  } else {
    LOG(INFO) << "changed " << total << " roles at offset " << end_offset << ": became leader of "
              << leaders_ << " and follower of " << followers_ << " partitions, gave up "
              << given_up_;
  }
  lines_.clear();
  leaders_ = followers_ = given_up_ = 0;
}

const char* RoleLog::NameOf(const std::optional<Role>& role) const {
  if (!role) return "nothing";
  return Leads(role) ? "leader" : "follower";
}

std::string RoleLog::LineOf(const RoleChange& change, int64_t end_offset) const {
  const std::string partition = absl::StrFormat("%s-%d", change.topic.name(), change.partition);
  if (!change.now) {
    return absl::StrFormat("gave up %s at offset %d, previously %s at leader epoch %d", partition,
                           end_offset, NameOf(change.before), change.before->leader_epoch);
  }
  std::string leader;
  if (!change.now->leader) {
    leader = " (no leader)";
  } else if (!Leads(change.now)) {
    leader = absl::StrFormat(" of broker %d", change.now->leader->value());
  }
  return absl::StrFormat("became %s of %s at leader epoch %d%s, offset %d, previously %s",
                         NameOf(change.now), partition, change.now->leader_epoch, leader,
                         end_offset, NameOf(change.before));
}

}  // namespace quorate::broker
