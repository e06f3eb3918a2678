#include "server/program/config_document.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "server/program/broker_config.h"
#include "server/program/controller_config.h"

namespace quorate::server {
namespace {

TEST(ConfigDocumentTest, DocsAreUpToDate) {
  const std::string path = QUORATE_SOURCE_DIR "/docs/configuration.md";
  const std::string expected =
      ConfigDocument({DescribeControllerOptions(), DescribeBrokerOptions()});
  if (std::getenv("QUORATE_UPDATE_DOCS") != nullptr) std::ofstream(path) << expected;
  std::ifstream file(path);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_EQ(text, expected)
      << "run this test once with QUORATE_UPDATE_DOCS=1, which writes the file";
}

}  // namespace
}  // namespace quorate::server
