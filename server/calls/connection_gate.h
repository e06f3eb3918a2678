// Decides when a new connection is passed on to gRPC, which spends memory and processor time on
// every connection it has, also before the caller proves who it is.
//
//   accepted ──► waiting ──► ready ──► opening ──► open
//
// - Waiting: the first bytes have not arrived. The connection costs a descriptor and a hundred
// bytes.
// - Ready: the first bytes are those of TLS or HTTP/2, but too many connections are opening.
// - Opening: gRPC has it, and it has not made a call yet. Few connections may be opening, in all
// and
//   of one host. They get their places host by host in turn, so that a host with many connections
//   delays only its own.
// - Open: it has made a call. The connections of one host are counted.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "server/calls/remote_address.h"
#include "server/node/connection_instruments.h"
#include "server/node/limits.h"

namespace quorate::server {

// A thread that accepts connections calls all functions except OnCall, which any thread may
// call.
class ConnectionGate {
 public:
  // Takes ownership of `connection`, whose first bytes are still unread.
  using PassOn = std::function<void(int listener, int connection)>;

  // `name` is that of the listener, for the log. `clock` must outlive the gate.
  ConnectionGate(std::string name, const ConnectionLimits& limits, const Clock* clock,
                 std::shared_ptr<ConnectionInstruments> instruments, PassOn pass_on);
  // Closes the connections that gRPC does not have.
  ~ConnectionGate();
  ConnectionGate(const ConnectionGate&) = delete;
  ConnectionGate& operator=(const ConnectionGate&) = delete;

  // Takes ownership of `connection`, a non-blocking socket that `listener` accepted.
  void Add(int listener, int connection, const RemoteAddress& from);

  // Becomes readable when Run has something to do.
  int descriptor() const { return epoll_; }
  // Does everything that can be done now. Returns when it must be called again at the latest.
  MonoTime Run();

  // The connection whose other end is `peer` (grpc::ServerContext::peer()) makes a call. Costs
  // nothing while no connection is opening.
  void OnCall(const std::function<std::string()>& peer);

 private:
  using Id = uint64_t;

  struct Connection {
    int listener = -1;
    // While it is opening, a duplicate of gRPC's descriptor.
    int fd = -1;
    RemoteAddress from;
    MonoTime since;
    bool is_ready = false;
  };

  // A descriptor of this process, and the inode of the socket that it had. If it has another one
  // now, the connection has ended.
  struct OpenSocket {
    int fd = -1;
    ino_t inode = 0;
  };

  struct Host {
    size_t waiting = 0;
    size_t opening = 0;
    std::deque<Id> ready;
    std::vector<OpenSocket> passed_on;
    // When CountPassedOn last looked.
    MonoTime counted_at = {};
    bool IsEmpty() const { return waiting == 0 && opening == 0 && passed_on.empty(); }
  };

  // Ids grow with the age of what they name, so that the first entry is the oldest one.
  using Connections = std::map<Id, Connection>;

  // `ended`: the other end sends no more.
  void OnEvent(Id id, bool ended);
  void Judge(Connections::iterator at, bool ended);
  void CloseWaiting(Connections::iterator at, std::optional<ConnectionClosed> reason);
  void CloseOneWaiting();
  // Gives places to connections that are ready.
  void FillPlaces();
  void Open(Connections::iterator at, Host& host);
  void FreePlace(Connections::iterator at);
  // Closes the oldest opening connection, of the host if one is given, if it had enough time.
  // Returns whether it closed one.
  bool CloseSlowHandshake(const RemoteAddress* host);
  // Changes what epoll reports of a descriptor. Returns false if the kernel lacks memory for it.
  bool Watch(int operation, int fd, uint32_t events, Id id) const;
  bool IsFull(Host& host) const;
  // Counts the connections of the host that exist, and forgets the others.
  size_t CountPassedOn(Host& host) const;
  void ForgetEndedConnections();
  void ForgetIfEmpty(const RemoteAddress& host);
  void CountClosed(ConnectionClosed reason, const RemoteAddress& from);
  void Publish();

  const std::string name_;
  const ConnectionLimits limits_;
  const Clock* const clock_;
  const std::shared_ptr<ConnectionInstruments> instruments_;
  const PassOn pass_on_;
  int epoll_ = -1;
  // An eventfd; OnCall writes to it.
  int called_event_ = -1;

  // Used only by the accepting thread.
  Id last_id_ = 0;
  Connections waiting_;
  Connections opening_;
  absl::flat_hash_map<RemoteAddress, Host> hosts_;
  // The hosts that have a connection that is ready, each once.
  std::deque<RemoteAddress> turns_;
  size_t passed_on_ = 0;
  // ForgetEndedConnections runs when there are that many.
  size_t forget_at_ = 1'024;

  Mutex mutex_;
  absl::flat_hash_map<RemoteAddress, Id> uncalled_ ABSL_GUARDED_BY(mutex_);
  std::vector<Id> called_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quorate::server
