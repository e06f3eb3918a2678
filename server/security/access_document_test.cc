// Tests that docs/security.md contains the table of calls as the code has it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/security/access_table.h"

namespace quorate::server {
namespace {

constexpr char kBegin[] = "<!-- The table of calls, from server/security/access_table.cc. -->\n";
constexpr char kEnd[] = "<!-- End of the table of calls. -->\n";

std::string Document() {
  std::vector<const char*> head = {"call", "ports"};
  for (const security::Role role : security::kRoles) head.push_back(NameOf(role));
  std::string text = absl::StrCat("| ", absl::StrJoin(head, " | "), " |\n|---|---|");
  for (size_t i = 0; i < std::size(security::kRoles); ++i) text += ":-:|";
  text += "\n";
  for (const AccessRow& row : AccessTable()) {
    // Without the package: "AdminService/CreateTopics".
    const size_t service = row.path.rfind('.') + 1;
    std::vector<const char*> ports;
    for (const Port port : kPorts) {
      if (row.ports.Contains(port)) ports.push_back(NameOf(port));
    }
    absl::StrAppend(&text, "| ", std::string(row.path.substr(service)), " | ",
                    absl::StrJoin(ports, ", "), " |");
    for (const security::Role role : security::kRoles) {
      text += row.roles.Contains(role) ? " ✓ |" : " |";
    }
    text += "\n";
  }
  return text;
}

TEST(AccessDocumentTest, DocsAreUpToDate) {
  const std::string path = QUORATE_SOURCE_DIR "/docs/security.md";
  std::ifstream file(path);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  size_t begin = text.find(kBegin);
  const size_t end = text.find(kEnd);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  begin += sizeof(kBegin) - 1;
  if (std::getenv("QUORATE_UPDATE_DOCS") != nullptr) {
    std::ofstream(path) << text.substr(0, begin) << Document() << text.substr(end);
  } else {
    EXPECT_EQ(text.substr(begin, end - begin), Document())
        << "run this test once with QUORATE_UPDATE_DOCS=1, which writes the table";
  }
}

}  // namespace
}  // namespace quorate::server
