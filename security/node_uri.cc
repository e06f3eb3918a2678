#include "security/node_uri.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace quorate::security {
namespace {

constexpr size_t kMaxUrisInText = 4;
constexpr size_t kMaxUriBytesInText = 128;

std::string Prefix(const std::string& cluster_id, const char* kind) {
  return absl::StrCat("quorate://cluster/", cluster_id, "/", kind, "/");
}

}  // namespace

std::string ControllerUri(const std::string& cluster_id, NodeId node) {
  return absl::StrCat(Prefix(cluster_id, "controller"), node.value());
}

std::string BrokerUri(const std::string& cluster_id, BrokerId broker) {
  return absl::StrCat(Prefix(cluster_id, "broker"), broker.value());
}

bool IsController(const std::vector<std::string>& uris, const std::string& cluster_id,
                  NodeId node) {
  return std::find(uris.begin(), uris.end(), ControllerUri(cluster_id, node)) != uris.end();
}

bool IsAnyController(const std::vector<std::string>& uris, const std::string& cluster_id) {
  const std::string prefix = Prefix(cluster_id, "controller");
  return std::any_of(uris.begin(), uris.end(), [&](absl::string_view uri) {
    int32_t id = -1;
    // Compared as a whole, because SimpleAtoi also accepts "+1" and " 1".
    return absl::ConsumePrefix(&uri, prefix) && absl::SimpleAtoi(uri, &id) && id >= 0 &&
           absl::StrCat(id) == uri;
  });
}

std::string UrisText(const std::vector<std::string>& uris) {
  if (uris.empty()) return "no URI";
  std::string text;
  for (size_t i = 0; i < std::min(uris.size(), kMaxUrisInText); ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ", ",
                    absl::CHexEscape(uris[i].substr(0, kMaxUriBytesInText)));
  }
  if (uris.size() > kMaxUrisInText) absl::StrAppend(&text, ", …");
  return text;
}

}  // namespace quorate::security
