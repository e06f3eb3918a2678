#include "server/security/tls_watcher.h"

#include <pthread.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/check.h"

namespace quorate::server {
namespace {

constexpr Duration kInterval = std::chrono::seconds(1);
constexpr Duration kReminderInterval = std::chrono::hours(1);
constexpr std::chrono::hours kReminderBefore(7 * 24);

void LogCertificate(const security::TlsMaterial& material) {
  LOG(INFO) << "new connections use the certificate '" << material.subject << "', valid until "
            << material.valid_until << ", and trust " << material.trusted;
  for (const std::string& warning : material.warnings) LOG(WARNING) << warning;
}

}  // namespace

TlsWatcher::TlsWatcher(const std::vector<security::TlsStore*>& stores) {
  for (security::TlsStore* store : stores) {
    if (store != nullptr) watched_.push_back({store});
  }
  for (const Watched& watched : watched_) LogCertificate(*watched.store->Current());
  if (!watched_.empty()) thread_ = std::thread([this] { Run(); });
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
    for (Watched& watched : watched_) {
      Refresh(watched);
      if (now < next_reminder) continue;
      const auto warning = security::ExpiryWarning(*watched.store->Current(), kReminderBefore);
      if (warning) LOG(WARNING) << *warning;
    }
    if (now >= next_reminder) next_reminder = now + kReminderInterval;
    MutexLock lock(&mutex_);
    while (!stopped_ && SystemClock().Now() < now + kInterval) {
      stop_.WaitUntil(&mutex_, now + kInterval);
    }
    if (stopped_) return;
  }
}

void TlsWatcher::Refresh(Watched& watched) {
  const std::optional<absl::Status> failed = std::exchange(watched.failed, std::nullopt);
  const std::optional<absl::Status> loaded = watched.store->Refresh();
  const std::shared_ptr<const security::TlsMaterial> current = watched.store->Current();
  if (loaded && loaded->ok()) {
    LogCertificate(*current);
  } else if (loaded) {
    watched.failed = loaded;
  } else if (failed) {
    LOG(ERROR) << failed->message() << "; the certificate '" << current->subject
               << "' stays in use, until " << current->valid_until;
  }
}

}  // namespace quorate::server
