// What the storage of a node counts of its work. Any thread may read these values.
#pragma once

#include "base/instruments.h"

namespace quorate::storage {

// Of a database.
struct KvMetrics {
  // How long a batch took until it was durable.
  Histogram sync_duration{Histogram::kSeconds};
  // Of all batches, with keys.
  Counter written_bytes;
  // Values that were read, and their bytes.
  Counter reads;
  Counter read_bytes;
};

// Of the snapshots that a node writes itself.
struct SnapshotWriteMetrics {
  // Durations in seconds: 0.1 s to almost 3 hours. A snapshot is written at a bounded rate.
  static constexpr Histogram::Bounds kSeconds = {0.1, 0.25, 0.5, 1,   2.5,  5,    10,   25,
                                                 50,  100,  250, 500, 1000, 2500, 5000, 10000};

  // How long the snapshots took that were written.
  Histogram duration{kSeconds};
  Counter failures;
};

// Of the snapshots that a node receives from others.
struct SnapshotReceiveMetrics {
  // Complete snapshots.
  Counter received;
  // Of all pieces, also those of a transfer that is under way or was given up.
  Counter received_bytes;
};

}  // namespace quorate::storage
