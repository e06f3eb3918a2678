#include "server/security/tls_watcher.h"

#include <pthread.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"

namespace quorate::server {
namespace {

constexpr Duration kInterval = std::chrono::seconds(1);
constexpr Duration kReminderInterval = std::chrono::hours(1);
constexpr std::chrono::hours kReminderBefore(7 * 24);

void LogCertificate(const security::TlsMaterial& material) {
  LOG(INFO) << "new connections use the certificate '" << material.names.subject
            << "', valid until " << material.valid_until << ", and trust " << material.trusted;
  for (const std::string& warning : material.warnings) LOG(WARNING) << warning;
}

}  // namespace

TlsWatcher::TlsWatcher(const std::vector<security::TlsStore*>& stores,
                       security::IdentityMap* identities) {
  for (security::TlsStore* store : stores) {
    if (store == nullptr) continue;
    stores_.push_back(store);
    watched_.push_back({.refresh = [store] { return store->Refresh(); },
                        .log = [store] { LogCertificate(*store->Current()); },
                        .what_stays =
                            [store] {
                              const auto current = store->Current();
                              return absl::StrFormat("the certificate '%s' stays in use, until %s",
                                                     current->names.subject, current->valid_until);
                            }});
  }
  if (watched_.empty()) return;
  if (identities->has_file()) {
    watched_.push_back(
        {.refresh = [identities] { return identities->Refresh(); },
         .log = [identities] { LOG(INFO) << identities->Summary(); },
         .what_stays = [] { return "the roles that were read before stay in effect"; }});
  }
  for (const Watched& watched : watched_) watched.log();
  thread_ = std::thread([this] { Run(); });
}

TlsWatcher::~TlsWatcher() {
  {
    MutexLock lock(&mutex_);
    stopped_ = true;
  }
  stop_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

void TlsWatcher::Run() {
  pthread_setname_np(pthread_self(), "certificates");
  MonoTime next_reminder = SystemClock().Now();
  while (true) {
    const MonoTime now = SystemClock().Now();
    for (Watched& watched : watched_) Refresh(watched);
    if (now >= next_reminder) {
      WarnOfExpiry();
      next_reminder = now + kReminderInterval;
    }
    MutexLock lock(&mutex_);
    while (!stopped_ && SystemClock().Now() < now + kInterval) {
      stop_.WaitUntil(&mutex_, now + kInterval);
    }
    if (stopped_) return;
  }
}

void TlsWatcher::WarnOfExpiry() const {
  for (const security::TlsStore* store : stores_) {
    const auto warning = security::ExpiryWarning(*store->Current(), kReminderBefore);
    if (warning) LOG(WARNING) << *warning;
  }
}

void TlsWatcher::Refresh(Watched& watched) {
  const std::optional<absl::Status> failed = std::exchange(watched.failed, std::nullopt);
  const std::optional<absl::Status> loaded = watched.refresh();
  if (loaded && loaded->ok()) {
    watched.log();
  } else if (loaded) {
    watched.failed = loaded;
  } else if (failed) {
    LOG(ERROR) << failed->message() << "; " << watched.what_stays();
  }
}

}  // namespace quorate::server
