#include "server/http/http_server.h"

#include <civetweb.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/check.h"
#include "server/calls/acceptor.h"

namespace quorate::server {
namespace {

// Two clients may read pages at the same time. Others wait, up to the length of the queue.
constexpr char kThreads[] = "2";
constexpr char kQueuedConnections[] = "16";
// How long a client may take to send its request or to receive the page.
constexpr char kRequestTimeoutMs[] = "5000";

// Resolves the host to the numeric form that CivetWeb accepts. REQUIRES: the host resolves.
std::vector<std::string> NumericAddresses(const HostPort& address) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  std::vector<std::string> numeric;
  if (getaddrinfo(address.host.c_str(), nullptr, &hints, &found) != 0) return numeric;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    char host[NI_MAXHOST] = {};
    getnameinfo(each->ai_addr, each->ai_addrlen, host, sizeof(host), nullptr, 0, NI_NUMERICHOST);
    numeric.push_back(HostPort{host, address.port}.ToString());
  }
  freeaddrinfo(found);
  if (address.port == 0 && !numeric.empty()) numeric.resize(1);
  return numeric;
}

// Opens a connection and closes it.
void Dial(const HostPort& address) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* found = nullptr;
  if (getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found) !=
      0) {
    return;
  }
  const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd >= 0) {
    (void)!connect(fd, found->ai_addr, found->ai_addrlen);
    close(fd);
  }
  freeaddrinfo(found);
}

int LogMessage(const mg_connection* /*connection*/, const char* message) {
  LOG(WARNING) << "the metrics listener: " << message;
  return 1;
}

// Receives each request from CivetWeb. Returns the status, which tells CivetWeb that the request is
// done.
int OnRequest(mg_connection* connection) {
  const mg_request_info* request = mg_get_request_info(connection);
  const std::string method = request->request_method;
  const HttpServer::Page page =
      static_cast<const HttpServer*>(request->user_data)
          ->Answer(method, request->local_uri == nullptr ? "" : request->local_uri);
  std::string response = absl::StrFormat(
      "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nCache-Control: no-store\r\n"
      "Connection: close\r\n%s\r\n",
      page.status, mg_get_response_code_text(connection, page.status), page.content_type,
      page.body.size(), page.status == 405 ? "Allow: GET, HEAD\r\n" : "");
  if (method != "HEAD") response += page.body;
  mg_write(connection, response.data(), response.size());
  return page.status;
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(
    const HostPort& address, const std::string& option, std::map<std::string, Builder> pages) {
  // CivetWeb does not say why it cannot listen.
  RETURN_IF_ERROR(Acceptor::Listen(address, option).status());
  static std::once_flag once;
  std::call_once(once, [] { mg_init_library(MG_FEATURES_DEFAULT); });

  std::unique_ptr<HttpServer> server(new HttpServer(std::move(pages)));
  const std::vector<std::string> addresses = NumericAddresses(address);
  const std::string ports = absl::StrJoin(addresses, ",");
  const char* options[] = {"listening_ports",
                           ports.c_str(),
                           "num_threads",
                           kThreads,
                           "connection_queue",
                           kQueuedConnections,
                           "request_timeout_ms",
                           kRequestTimeoutMs,
                           "enable_keep_alive",
                           "no",
                           "tcp_nodelay",
                           "1",
                           nullptr};
  mg_callbacks callbacks = {};
  callbacks.begin_request = OnRequest;
  callbacks.log_message = LogMessage;
  server->context_ = mg_start(&callbacks, server.get(), options);
  mg_server_port bound = {};
  if (server->context_ == nullptr || mg_get_server_ports(server->context_, 1, &bound) < 1) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "cannot listen on %s %s: see the log for the reason, or choose another port", option,
        address.ToString()));
  }
  server->bound_ = *ParseHostPort(addresses.front());
  server->bound_.port = static_cast<uint16_t>(bound.port);
  return server;
}

HttpServer::~HttpServer() {
  if (context_ == nullptr) return;
  std::atomic<bool> stopped = false;
  std::thread stopper([&] {
    mg_stop(context_);
    stopped = true;
  });
  // CivetWeb waits for up to two seconds in poll(2) before it notices that it must stop. A
  // connection wakes it.
  while (!stopped) {
    Dial(bound_);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  stopper.join();
}

HttpServer::Page HttpServer::Answer(const std::string& method, const std::string& path) const {
  if (method != "GET" && method != "HEAD") {
    return {.status = 405, .body = "this server answers GET and HEAD only\n"};
  }
  const auto it = pages_.find(path);
  if (it != pages_.end()) return it->second();
  std::string paths;
  for (const auto& [known, builder] : pages_) absl::StrAppend(&paths, known, "\n");
  return {.status = 404, .body = "no such page; the pages are:\n" + paths};
}

}  // namespace quorate::server
