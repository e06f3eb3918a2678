#include "server/calls/receive_queue.h"

#include <algorithm>
#include <utility>

namespace quorate::server {

void ReceiveQueue::Enter(Caller* caller) {
  bool arm = false;
  {
    MutexLock lock(&mutex_);
    // While few calls receive, every connection is within its share, so the common case does not
    // need the connection's name.
    const bool few = receiving_.size() < limits_.max_of_connection;
    std::string connection = few ? std::string() : caller->Connection();
    if (few || (receiving_.size() < limits_.max_receiving && HasShareLeft(connection))) {
      Begin(caller);
    } else {
      Wait(std::exchange(caller, nullptr), std::move(connection));
      arm = !std::exchange(timer_armed_, true);
    }
  }
  if (arm) ArmTimer();
  if (caller != nullptr) caller->StartReceiving();
}

void ReceiveQueue::Leave(Caller* caller) {
  Caller* next = nullptr;
  {
    MutexLock lock(&mutex_);
    receiving_.erase(caller->place_);
    next = TakeNext();
    if (next != nullptr) Begin(next);
  }
  if (next != nullptr) next->StartReceiving();
}

bool ReceiveQueue::HasShareLeft(const std::string& connection) const {
  const auto places =
      std::count_if(receiving_.begin(), receiving_.end(),
                    [&](const Caller* caller) { return caller->Connection() == connection; });
  return static_cast<size_t>(places) < limits_.max_of_connection;
}

void ReceiveQueue::Begin(Caller* caller) {
  caller->since_ = clock_->Now();
  caller->place_ = receiving_.insert(receiving_.end(), caller);
}

void ReceiveQueue::Wait(Caller* caller, std::string connection) {
  auto [found, is_new] = line_of_.try_emplace(connection);
  if (is_new) {
    found->second = lines_.insert(
        lines_.end(), {.connection = std::move(connection), .callers = {}, .turn = clock_->Now()});
  }
  found->second->callers.push_back(caller);
}

// Only a few connections can have used up their share, so this checks only a few lines.
ReceiveQueue::Caller* ReceiveQueue::TakeNext() {
  for (auto line = lines_.begin(); line != lines_.end(); ++line) {
    if (!HasShareLeft(line->connection)) continue;
    Caller* next = line->callers.front();
    line->callers.pop_front();
    if (line->callers.empty()) {
      line_of_.erase(line->connection);
      lines_.erase(line);
    } else {
      line->turn = clock_->Now();
      lines_.splice(lines_.end(), lines_, line);
    }
    return next;
  }
  return nullptr;
}

void ReceiveQueue::CutOffSlow() {
  const MonoTime now = clock_->Now();
  const Line& first = lines_.front();
  if (now - first.turn < limits_.max_time) return;
  // If all places are taken, the line waits for any call; otherwise it waits for calls of its own
  // connection.
  const bool is_full = receiving_.size() >= limits_.max_receiving;
  for (Caller* caller : receiving_) {
    if (now - caller->since_ < limits_.max_time) continue;
    if (is_full || caller->Connection() == first.connection) caller->CutOff();
  }
}

// The timer runs only while a call waits, so that it has no cost otherwise.
void ReceiveQueue::ArmTimer() {
  executor_->PostAt(clock_->Now() + limits_.max_time, [this] { OnTimer(); });
}

void ReceiveQueue::OnTimer() {
  {
    // Hold the lock while callers are cut off; otherwise a caller could leave and be deleted
    // meanwhile.
    MutexLock lock(&mutex_);
    timer_armed_ = !lines_.empty();
    if (!timer_armed_) return;
    CutOffSlow();
  }
  ArmTimer();
}

}  // namespace quorate::server
