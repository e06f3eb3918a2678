#include "tests/harness/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "base/check.h"

namespace quorate::testing {

std::optional<HttpAnswer> HttpGet(uint16_t port, const std::string& path) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  PCHECK(fd >= 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string text;
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    (void)!send(fd, request.data(), request.size(), MSG_NOSIGNAL);
    char buffer[16'384];
    ssize_t got = 0;
    while ((got = read(fd, buffer, sizeof(buffer))) > 0) {
      text.append(buffer, static_cast<size_t>(got));
    }
  }
  close(fd);
  const size_t head_end = text.find("\r\n\r\n");
  if (!text.starts_with("HTTP/1.1 ") || head_end == std::string::npos) return std::nullopt;
  return HttpAnswer{.status = std::atoi(text.c_str() + sizeof("HTTP/1.1 ") - 1),
                    .body = text.substr(head_end + 4)};
}

std::map<std::string, double> ParseMetrics(const std::string& page) {
  std::map<std::string, double> samples;
  const std::vector<std::string> lines = absl::StrSplit(page, '\n', absl::SkipEmpty());
  for (const std::string& line : lines) {
    if (line.starts_with("#")) continue;
    const size_t space = line.rfind(' ');
    CHECK(space != std::string::npos) << line;
    double value = 0;
    CHECK(absl::SimpleAtod(line.substr(space + 1), &value)) << line;
    CHECK(samples.emplace(line.substr(0, space), value).second) << "twice: " << line;
  }
  return samples;
}

}  // namespace quorate::testing
