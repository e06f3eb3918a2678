// Keeps the certificates and the roles file of a process up to date while it runs.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "security/identity_map.h"
#include "security/tls_store.h"

namespace quorate::server {

// Re-reads the files once a second if they have changed, on a thread that may block on the disk.
// Logs each change, and every hour a warning if a certificate expires within a week. Files that do
// not pass the checks are logged after another second, if they are still the same: until then,
// someone may be replacing them one after the other.
class TlsWatcher {
 public:
  // The arguments must outlive the watcher. Skips stores that are null. Starts no thread if there
  // are none.
  TlsWatcher(const std::vector<security::TlsStore*>& stores, security::IdentityMap* identities);
  // Ends the thread.
  ~TlsWatcher();
  TlsWatcher(const TlsWatcher&) = delete;
  TlsWatcher& operator=(const TlsWatcher&) = delete;

 private:
  // Files that are read again together.
  struct Watched {
    std::function<std::optional<absl::Status>()> refresh;
    // Logs what is in use since the last Refresh.
    std::function<void()> log;
    // Says what stays in use if the files do not pass.
    std::function<std::string()> what_stays;
    // Why the changed files do not pass; not logged yet.
    std::optional<absl::Status> failed = {};
  };

  void Run();
  void WarnOfExpiry() const;
  static void Refresh(Watched& watched);

  std::vector<const security::TlsStore*> stores_;
  std::vector<Watched> watched_;
  Mutex mutex_;
  CondVar stop_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace quorate::server
