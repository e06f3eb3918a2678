// What the hub counts and tells about its subscriptions (subscription_hub.h).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/instruments.h"

namespace quorate::server {

struct FeedInstruments {
  Counter started;
  // Subscriptions that were cut off because they made no progress.
  Counter cut_off;
  // Snapshots of which a subscriber got the first chunk, or a later one to continue.
  Counter snapshots_begun;
  // Subscribers that were told to drop their data because their log is not a part of this one.
  Counter resets;
};

// The subscriptions at one moment.
struct FeedStatus {
  size_t subscriptions = 0;
  // How far the subscription that is furthest behind is behind the committed log. Batches that the
  // network is sending count as sent.
  int64_t max_lag_offsets = 0;
  // What was given to the network for all subscribers and is not sent yet.
  size_t unsent_bytes = 0;
};

}  // namespace quorate::server
