// Keeps when this controller last received a message from each broker, whatever the controller's
// role and the kind of message. Another voter that may be cut off from the brokers asks for this
// evidence.
#pragma once

#include <map>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "metadata/metadata_image.h"

namespace quorate::controller {

class HeardBrokers {
 public:
  // Records that a message of the broker has arrived. Ignores brokers that are not in `image`,
  // which bounds the table.
  void Record(BrokerId broker, const metadata::MetadataImage& image, MonoTime now) {
    if (image.FindBroker(broker) == nullptr) return;
    last_heard_[broker] = now;
    if (last_heard_.size() > image.brokers().size()) ForgetUnregistered(image);
  }

  // Returns the brokers of `image` that have sent a message in the last `within`, ascending.
  std::vector<BrokerId> Within(Duration within, const metadata::MetadataImage& image,
                               MonoTime now) {
    ForgetUnregistered(image);
    std::vector<BrokerId> brokers;
    for (const auto& [broker, when] : last_heard_) {
      if (now - when <= within) brokers.push_back(broker);
    }
    return brokers;
  }

 private:
  void ForgetUnregistered(const metadata::MetadataImage& image) {
    std::erase_if(last_heard_, [&](const auto& entry) { return !image.FindBroker(entry.first); });
  }

  std::map<BrokerId, MonoTime> last_heard_;
};

}  // namespace quorate::controller
