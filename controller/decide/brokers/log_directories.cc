#include "controller/decide/brokers/log_directories.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "controller/answer.h"
#include "metadata/record_builders.h"

namespace quorate::controller {
namespace {

using broker::v1::HeartbeatRequest;
using common::v1::Error;
using metadata::BrokerDetails;
using metadata::BrokerRegistration;
using metadata::MetadataImage;

bool HaveEffect(const MetadataImage& image) {
  return image.metadata_version() >= metadata::kDirectoryAssignmentVersion;
}

// Both are ascending. Returns nullopt if they have none in common.
std::optional<Uuid> FirstInBoth(const std::vector<Uuid>& a, const std::vector<Uuid>& b) {
  auto left = a.begin();
  auto right = b.begin();
  while (left != a.end() && right != b.end()) {
    if (*left == *right) return *left;
    ++(*left < *right ? left : right);
  }
  return std::nullopt;
}

// The directories of a registration, by what a heartbeat says of them. Both are ascending.
struct Directories {
  std::vector<Uuid> failed;
  std::vector<Uuid> online;
};

Directories Divide(const MetadataImage& image, const BrokerRegistration& broker,
                   const HeartbeatRequest& request) {
  if (request.offline_log_directories().empty() || !HaveEffect(image)) return {};
  const std::vector<Uuid> offline = FailedDirectoriesOf(request);
  Directories directories;
  for (const Uuid& id : broker.details->log_directories) {
    const bool has_failed = std::binary_search(offline.begin(), offline.end(), id);
    (has_failed ? directories.failed : directories.online).push_back(id);
  }
  return directories;
}

// Returns, for example, "log directory 8FZ4qjH1TLSPe-5nZVrbCQ".
std::string NamesOf(const std::vector<Uuid>& directories) {
  return absl::StrFormat("log director%s %s", directories.size() == 1 ? "y" : "ies",
                         absl::StrJoin(directories, ", ", [](std::string* out, const Uuid& id) {
                           out->append(id.ToString());
                         }));
}

}  // namespace

std::optional<Error> CheckOwnDirectories(const MetadataImage& image,
                                         const BrokerRegistration& registration) {
  const std::vector<Uuid>& own = registration.details->log_directories;
  if (own.empty()) return std::nullopt;
  for (const auto& [id, other] : image.brokers()) {
    if (id == registration.id) continue;
    const auto shared = FirstInBoth(own, other->details->log_directories);
    if (!shared) continue;
    return MakeError(
        common::v1::INVALID_REGISTRATION,
        absl::StrFormat("the log directory %s belongs to broker %d; give broker %d a directory of "
                        "its own, or unregister broker %d first",
                        shared->ToString(), id.value(), registration.id.value(), id.value()));
  }
  return std::nullopt;
}

std::optional<FormerDirectory> FormerDirectoryOf(const MetadataImage& image,
                                                 const BrokerRegistration& registration,
                                                 const BrokerDetails& next) {
  const std::optional<Uuid> directory = registration.details->OnlyDirectory();
  if (!HaveEffect(image) || !directory || directory == next.OnlyDirectory()) return std::nullopt;
  return FormerDirectory{.broker = registration.id, .directory = *directory};
}

std::optional<Error> CheckOfflineDirectories(const HeartbeatRequest& request) {
  const auto& ids = request.offline_log_directories();
  if (static_cast<size_t>(ids.size()) > metadata::kMaxLogDirectories) {
    return MakeError(common::v1::INVALID_REQUEST,
                     absl::StrFormat("the heartbeat names %d failed log directories; a broker has "
                                     "at most %d",
                                     ids.size(), metadata::kMaxLogDirectories));
  }
  for (const std::string& id : ids) {
    if (id.size() == Uuid::kBytes) continue;
    return MakeError(common::v1::INVALID_REQUEST,
                     absl::StrFormat("the id of a failed log directory has %d bytes, not %d",
                                     id.size(), Uuid::kBytes));
  }
  return std::nullopt;
}

std::vector<Uuid> FailedDirectoriesOf(const HeartbeatRequest& request) {
  std::vector<Uuid> ids;
  for (const std::string& id : request.offline_log_directories()) {
    ids.push_back(*Uuid::FromBytes(id));
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

bool HaveAllFailed(const MetadataImage& image, const BrokerRegistration& broker,
                   const HeartbeatRequest& request) {
  const Directories directories = Divide(image, broker, request);
  return directories.online.empty() && !directories.failed.empty();
}

std::optional<OfflineDecision> DecideOfflineDirectories(const View& view,
                                                        const BrokerRegistration& broker,
                                                        const HeartbeatRequest& request,
                                                        const Context& context) {
  Directories directories = Divide(view.image, broker, request);
  if (directories.failed.empty() || directories.online.empty()) return std::nullopt;

  BrokerRegistration next = broker;
  BrokerDetails details = *broker.details;
  details.log_directories = directories.online;
  next.details = std::move(details);
  ActiveBrokers active(view.image);
  if (broker.active()) active.Add(next);

  OfflineDecision decision{.cause =
                               absl::StrFormat("broker %d reports that %s failed",
                                               broker.id.value(), NamesOf(directories.failed))};
  decision.settled = SettlePartitionsOf(view.image, std::span(&broker.id, 1), active,
                                        {.from = context.settle_from}, &decision.records);
  decision.again = decision.settled.rest.has_value();
  if (decision.again) return decision;
  *decision.records.add_records() = metadata::MakeBrokerRegistrationChangeRecord(
      broker.id, broker.broker_epoch, {.log_directories = std::move(directories.online)});
  return decision;
}

}  // namespace quorate::controller
