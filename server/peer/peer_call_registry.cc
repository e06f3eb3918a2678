#include "server/peer/peer_call_registry.h"

#include "base/check.h"

namespace quorate::server {

PeerCallRegistry::~PeerCallRegistry() {
  MutexLock lock(&mutex_);
  CHECK(calls_.empty()) << "the peer transport was destroyed without Stop";
}

void PeerCallRegistry::Open() {
  MutexLock lock(&mutex_);
  open_ = true;
}

bool PeerCallRegistry::Add(PeerCall* call) {
  MutexLock lock(&mutex_);
  if (open_) calls_.insert(call);
  return open_;
}

void PeerCallRegistry::Remove(PeerCall* call) {
  MutexLock lock(&mutex_);
  CHECK_EQ(calls_.erase(call), 1u);
  // Notify while the lock is held: once the waiting thread has the lock, it may destroy the
  // registry.
  if (calls_.empty()) removed_.NotifyAll();
}

void PeerCallRegistry::Shutdown(Duration grace) {
  const MonoTime deadline = std::chrono::steady_clock::now() + grace;
  MutexLock lock(&mutex_);
  open_ = false;
  for (PeerCall* call : calls_) call->Close();
  while (!calls_.empty() && std::chrono::steady_clock::now() < deadline) {
    removed_.WaitUntil(&mutex_, deadline);
  }
  for (PeerCall* call : calls_) call->Cancel();
  while (!calls_.empty()) removed_.Wait(&mutex_);
}

}  // namespace quorate::server
