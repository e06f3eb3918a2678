// A small HTTP server for monitoring: a few pages that are built on request, on threads of its own.
// It is not for clients of the cluster.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "base/host_port.h"

// CivetWeb's server.
struct mg_context;

namespace quorate::server {

class HttpServer {
 public:
  struct Page {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
  };
  // Builds a page. Called on the server's threads, also by two at the same time. It may block for
  // seconds, but a page that blocks delays the others.
  using Builder = std::function<Page()>;

  // Serves GET and HEAD of the paths in `pages`. Other paths are answered with 404, other methods
  // with 405. Returns FAILED_PRECONDITION if the process cannot listen on `address`; the message
  // names `option` and the remedy. If the port is 0 and the host has several addresses, it listens
  // on the first one only.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const HostPort& address,
                                                           const std::string& option,
                                                           std::map<std::string, Builder> pages);
  // Closes all connections, and waits until no page is being built.
  ~HttpServer();

  // Returns the bound port.
  uint16_t port() const { return bound_.port; }

  // Answers one request.
  Page Answer(const std::string& method, const std::string& path) const;

 private:
  explicit HttpServer(std::map<std::string, Builder> pages) : pages_(std::move(pages)) {}

  const std::map<std::string, Builder> pages_;
  mg_context* context_ = nullptr;
  // The first address that the server listens on, as HOST:PORT with a numeric host.
  HostPort bound_;
};

}  // namespace quorate::server
