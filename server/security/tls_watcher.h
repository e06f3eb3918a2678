// Keeps the certificates of a process up to date while it runs.
#pragma once

#include <optional>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "security/tls_store.h"

namespace quorate::server {

// Re-reads the files of its stores once a second, on a thread that may block on the disk. Logs each
// change, and every hour a warning if a certificate expires within a week. Files that do not pass
// the checks are logged after another second, if they are still the same: until then, someone may
// be replacing them one after the other.
class TlsWatcher {
 public:
  // The stores must outlive the watcher. Skips those that are null. Starts no thread if there are
  // none.
  explicit TlsWatcher(const std::vector<security::TlsStore*>& stores);
  // Ends the thread.
  ~TlsWatcher();
  TlsWatcher(const TlsWatcher&) = delete;
  TlsWatcher& operator=(const TlsWatcher&) = delete;

 private:
  struct Watched {
    security::TlsStore* store = nullptr;
    // Why the changed files do not pass; not logged yet.
    std::optional<absl::Status> failed = {};
  };

  void Run();
  static void Refresh(Watched& watched);

  std::vector<Watched> watched_;
  Mutex mutex_;
  CondVar stop_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace quorate::server
