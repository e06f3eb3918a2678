// Collects the metrics of a broker process from all its parts.
#pragma once

#include <string>

#include "absl/functional/any_invocable.h"
#include "base/clock.h"
#include "base/event_loop.h"
#include "broker/broker.h"
#include "security/refused_calls.h"
#include "security/tls_store.h"
#include "server/node/connection_instruments.h"
#include "server/program/process_service.h"

namespace quorate::server {

class BrokerMetrics {
 public:
  // The parts that are asked. All must outlive the object and its collections.
  struct Parts {
    EventLoop* loop = nullptr;
    EventLoop* session_loop = nullptr;
    const Clock* clock = nullptr;
    // Null: plain text.
    const security::TlsStore* tls = nullptr;
    const ConnectionInstruments* connections = nullptr;
    const security::RefusedCalls* refused = nullptr;
    const broker::Broker* broker = nullptr;
    const ProcessService* process_service = nullptr;
  };

  explicit BrokerMetrics(const Parts& parts) : parts_(parts) {}

  // Calls `done` with the page for Prometheus, on the broker's loop. Thread-safe. A part that does
  // not answer within a second is omitted.
  void Collect(absl::AnyInvocable<void(std::string page) &&> done);

 private:
  // One page that is being collected. Used on the broker's loop only.
  struct Collection;

  // Renders the page if all parts have answered, or if it is `late`.
  void FinishIfComplete(Collection& collection, bool late);

  const Parts parts_;
};

}  // namespace quorate::server
