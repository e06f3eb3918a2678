#include "base/budget.h"

#include "base/check.h"

namespace quorate {

bool Budget::Hold::TryResize(size_t bytes) {
  CHECK(budget_ != nullptr);
  if (!budget_->TryChange(bytes_, bytes)) return false;
  bytes_ = bytes;
  return true;
}

void Budget::Hold::Resize(size_t bytes) {
  CHECK(budget_ != nullptr);
  budget_->Change(bytes_, bytes);
  bytes_ = bytes;
}

void Budget::Hold::Release() {
  if (budget_ == nullptr) return;
  std::exchange(budget_, nullptr)->GiveBack(std::exchange(bytes_, 0));
}

Budget::Hold Budget::TryTake(size_t bytes) {
  MutexLock lock(&mutex_);
  // Written so that no sum can overflow.
  if (count_ >= limits_.max_count || bytes_ > limits_.max_bytes ||
      bytes > limits_.max_bytes - bytes_) {
    refused_.Add();
    return Hold();
  }
  ++count_;
  bytes_ += bytes;
  return Hold(this, bytes);
}

size_t Budget::count() const {
  MutexLock lock(&mutex_);
  return count_;
}

size_t Budget::bytes() const {
  MutexLock lock(&mutex_);
  return bytes_;
}

bool Budget::TryChange(size_t from_bytes, size_t to_bytes) {
  MutexLock lock(&mutex_);
  const size_t others = bytes_ - from_bytes;
  const bool fits = others <= limits_.max_bytes && to_bytes <= limits_.max_bytes - others;
  if (to_bytes > from_bytes && !fits) {
    refused_.Add();
    return false;
  }
  bytes_ = others + to_bytes;
  return true;
}

void Budget::Change(size_t from_bytes, size_t to_bytes) {
  MutexLock lock(&mutex_);
  bytes_ = bytes_ - from_bytes + to_bytes;
}

void Budget::GiveBack(size_t bytes) {
  MutexLock lock(&mutex_);
  --count_;
  bytes_ -= bytes;
}

}  // namespace quorate
