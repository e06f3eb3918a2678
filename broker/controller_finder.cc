#include "broker/controller_finder.h"

#include <utility>

#include "base/check.h"

namespace quorate::broker {
namespace {

constexpr Duration kFirstPause = std::chrono::milliseconds(20);
constexpr Duration kMaxPause = std::chrono::seconds(1);

}  // namespace

ControllerFinder::ControllerFinder(std::vector<std::string> bootstrap, size_t first, Rng* rng)
    : bootstrap_(std::move(bootstrap)), backoff_(kFirstPause, kMaxPause, rng) {
  CHECK(!bootstrap_.empty()) << "a broker needs the endpoint of at least one controller";
  position_ = first % bootstrap_.size();
  current_ = bootstrap_[position_];
}

void ControllerFinder::OnSuccess() {
  tried_.clear();
  backoff_.Reset();
}

Duration ControllerFinder::OnFailure() {
  tried_.insert(current_);
  for (size_t step = 1; step <= bootstrap_.size(); ++step) {
    const size_t candidate = (position_ + step) % bootstrap_.size();
    if (tried_.contains(bootstrap_[candidate])) continue;
    position_ = candidate;
    current_ = bootstrap_[candidate];
    return Duration(0);
  }
  tried_.clear();
  position_ = (position_ + 1) % bootstrap_.size();
  current_ = bootstrap_[position_];
  return backoff_.Next();
}

Duration ControllerFinder::OnError(const common::v1::Error& error) {
  const std::string& active = error.leader().client_endpoint();
  if (error.code() != common::v1::NOT_CONTROLLER || active.empty() || active == current_ ||
      tried_.contains(active)) {
    return OnFailure();
  }
  tried_.insert(current_);
  current_ = active;
  return Duration(0);
}

}  // namespace quorate::broker
