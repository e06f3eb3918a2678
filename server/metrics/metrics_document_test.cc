#include "server/metrics/metrics_document.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace quorate::server {
namespace {

TEST(MetricsDocumentTest, DocsAreUpToDate) {
  const std::string path = QUORATE_SOURCE_DIR "/docs/metrics.md";
  if (std::getenv("QUORATE_UPDATE_DOCS") != nullptr) std::ofstream(path) << MetricsDocument();
  std::ifstream file(path);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_EQ(text, MetricsDocument())
      << "run this test once with QUORATE_UPDATE_DOCS=1, which writes the file";
}

}  // namespace
}  // namespace quorate::server
