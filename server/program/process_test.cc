#include "server/program/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

namespace quorate::server {
namespace {

using testing::HasSubstr;

class ReadyFileTest : public testing::Test {
 protected:
  ~ReadyFileTest() override { unlink(path_.c_str()); }

  std::string Content() const {
    std::stringstream content;
    content << std::ifstream(path_).rdbuf();
    return content.str();
  }

  const std::string path_ = testing::TempDir() + "ready_file_test_" + std::to_string(getpid());
};

TEST_F(ReadyFileTest, HoldsThePortsWhileTheProcessListens) {
  std::ofstream(path_) << "client_port=1\npid=1\n";
  {
    ReadyFile file(path_);
    EXPECT_EQ(Content(), "") << "the file of an earlier process must be removed";
    ASSERT_TRUE(file.Write({{"client_port", 9090}, {"peer_port", 9091}}).ok());
    EXPECT_EQ(Content(),
              "client_port=9090\npeer_port=9091\npid=" + std::to_string(getpid()) + "\n");
  }
  EXPECT_EQ(Content(), "");
}

TEST_F(ReadyFileTest, ThatCannotBeWrittenIsAnError) {
  ReadyFile file("/nonexistent/ready");
  EXPECT_THAT(std::string(file.Write({}).message()),
              HasSubstr("cannot write ready-file '/nonexistent/ready'"));
  EXPECT_TRUE(ReadyFile("").Write({}).ok());
}

}  // namespace
}  // namespace quorate::server
