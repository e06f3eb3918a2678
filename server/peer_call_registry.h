// Every call of the peer transport that lives in gRPC: our own streams, those of the peers, and
// forwarded requests. gRPC ends a call when it likes; the registry is how the transport can wait
// for that, so that nothing of it is used after it was destroyed.
#pragma once

#include <set>

#include "base/clock.h"
#include "base/mutex.h"

namespace quorate::server {

// Thread-safe.
class PeerCall {
 public:
  // Ends the call once what is queued was sent, as far as the other end takes it.
  virtual void Close() = 0;
  // Ends it now.
  virtual void Cancel() = 0;

 protected:
  ~PeerCall() = default;
};

// Thread-safe. Lock order: the registry's mutex before a call's own.
class PeerCallRegistry {
 public:
  PeerCallRegistry() = default;
  PeerCallRegistry(const PeerCallRegistry&) = delete;
  PeerCallRegistry& operator=(const PeerCallRegistry&) = delete;
  // REQUIRES: no calls.
  ~PeerCallRegistry();

  // From here on calls may begin.
  void Open();

  // False: not open; the call must not begin. Otherwise Remove follows.
  [[nodiscard]] bool Add(PeerCall* call);
  // The last thing that a call does with the transport: nothing of it is touched afterwards.
  void Remove(PeerCall* call);

  // Lets no call begin any more, closes all, cancels those that are left after `grace`, and returns
  // when the last one is removed. Idempotent.
  void Shutdown(Duration grace);

 private:
  Mutex mutex_;
  CondVar removed_;
  bool open_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<PeerCall*> calls_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quorate::server
