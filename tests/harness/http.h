// A minimal HTTP client, for the pages that the programs serve to monitoring.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace quorate::testing {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

// Returns the answer to GET `path` on loopback, or nullopt if the server does not answer.
std::optional<HttpAnswer> HttpGet(uint16_t port, const std::string& path);

// Returns the samples of a Prometheus page by name with labels, as in
// `quorate_brokers{state="active"}`.
std::map<std::string, double> ParseMetrics(const std::string& page);

}  // namespace quorate::testing
