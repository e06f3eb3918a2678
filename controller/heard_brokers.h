// When this controller last heard of each broker, whatever its role and whatever the broker asked:
// the evidence that another voter asks for when it may be cut off from the brokers.
#pragma once

#include <map>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "metadata/metadata_image.h"

namespace quorate::controller {

class HeardBrokers {
 public:
  // A message of the broker has arrived. Brokers that `image` does not name are ignored, which
  // bounds the table.
  void Heard(BrokerId broker, const metadata::MetadataImage& image, MonoTime now) {
    if (image.FindBroker(broker) != nullptr) last_heard_[broker] = now;
  }

  // The brokers of `image` that were heard of in the last `within`, ascending.
  std::vector<BrokerId> Within(Duration within, const metadata::MetadataImage& image,
                               MonoTime now) {
    std::erase_if(last_heard_, [&](const auto& entry) { return !image.FindBroker(entry.first); });
    std::vector<BrokerId> brokers;
    for (const auto& [broker, when] : last_heard_) {
      if (now - when <= within) brokers.push_back(broker);
    }
    return brokers;
  }

 private:
  std::map<BrokerId, MonoTime> last_heard_;
};

}  // namespace quorate::controller
