#include "storage/offline_write.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/check.h"
#include "storage/log_appender.h"
#include "storage/loss_watermark.h"

namespace quorate::storage {
namespace {

// An entry can hold more, but not in a readable form.
constexpr size_t kMaxTextBytes = 2000;

}  // namespace

absl::StatusOr<raft::EntryPtr> MakeVotersEntry(const raft::LogEnd& end, Appointment appointment) {
  if (appointment.cause.size() + appointment.principal.size() > kMaxTextBytes) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "the principal and the reason have more than %d characters together", kMaxTextBytes));
  }
  raft::EntryHeader header{.type = raft::EntryType::kVoters,
                           .epoch = appointment.epoch,
                           .index = end.index + 1,
                           .base_offset = end.offset,
                           .append_time_ms = std::max(end.append_time_ms, appointment.now_ms),
                           .principal = std::move(appointment.principal),
                           .cause = std::move(appointment.cause),
                           .prev_checksum = end.checksum};
  return raft::Entry::Make(std::move(header), appointment.voters.Encode());
}

absl::Status WriteOffline(const DataDirectory& directory, KvStore* kv,
                          const RecoveredLog& recovered, const raft::LogWrite& write) {
  LogAppender appender(kv, recovered);
  RETURN_IF_ERROR(appender.Apply({&write}));
  return LossWatermarkFile(directory.LossWatermarkPath()).Store(appender.state());
}

std::string ToText(const std::vector<NodeId>& ids) {
  return absl::StrJoin(ids, ",", [](std::string* out, NodeId id) { *out += ToString(id); });
}

}  // namespace quorate::storage
