// Keeps track of every gRPC call of the peer transport: the streams that we opened, the streams
// that peers opened, and forwarded requests. gRPC decides when a call ends, so the transport waits
// for the registry to become empty before it is destroyed.
#pragma once

#include <set>

#include "base/clock.h"
#include "base/mutex.h"

namespace quorate::server {

// A gRPC call that the registry can end. Thread-safe.
class PeerCall {
 public:
  // Ends the call after its queued messages are sent, as far as the other end receives them.
  virtual void Close() = 0;
  // Ends the call at once.
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
  // REQUIRES: no call is registered.
  ~PeerCallRegistry();

  // Allows calls to begin.
  void Open();

  // Registers `call`. Returns false if the registry is not open; the call must not begin then.
  // Otherwise the call must be removed with Remove when it ends.
  [[nodiscard]] bool Add(PeerCall* call);
  // Removes `call`. A call must not use any part of the transport after this returns.
  void Remove(PeerCall* call);

  // Refuses new calls, closes all registered ones, cancels those that are left after `grace`, and
  // returns when the last one is removed. Idempotent.
  void Shutdown(Duration grace);

 private:
  Mutex mutex_;
  CondVar removed_;
  bool open_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<PeerCall*> calls_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quorate::server
