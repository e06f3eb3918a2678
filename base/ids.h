// The identifiers that every layer shares.
#pragma once

#include <cstdint>
#include <string>

#include "base/strong_id.h"
#include "base/uuid.h"

namespace quorate {

// Identifies a controller. Configured by the operator; unique within a cluster, >= 0.
using NodeId = StrongId<struct NodeIdTag, int32_t>;

// Identifies a broker. Broker ids are independent of controller ids; 0 is valid.
using BrokerId = StrongId<struct BrokerIdTag, int32_t>;

// An epoch (Raft's term). 0 before the first election; the first leader has epoch 1.
using Epoch = StrongId<struct EpochTag, int32_t>;

// Counts log entries. The log starts at 1, and 0 means "before the first entry". It is in no client
// interface: only controllers among themselves, and tools on a stopped log, use it.
using LogIndex = StrongId<struct LogIndexTag, int64_t>;

// Counts records as Kafka does; the log starts at 0. An `end offset` is exclusive: it is the offset
// of the next record. The high watermark is an end offset.
using RecordOffset = StrongId<struct RecordOffsetTag, int64_t>;

// A client's id for one mutating request, so that a retry returns the first result. `sequence`
// grows by one with every request of the client.
struct RequestId {
  Uuid client_uuid;
  int64_t sequence = 0;

  friend auto operator<=>(const RequestId&, const RequestId&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const RequestId& id) {
    return H::combine(std::move(h), id.client_uuid, id.sequence);
  }
};

}  // namespace quorate
