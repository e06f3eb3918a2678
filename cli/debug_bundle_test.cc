#include "cli/debug_bundle.h"

#include <gtest/gtest.h>

#include <string>

namespace quorate::cli {
namespace {

TEST(DebugBundleTest, SecretsAreReplaced) {
  admin::v1::DescribeTopicsResponse topics;
  auto* topic = topics.add_topics();
  for (const std::string key :
       {"retention.ms", "ssl.key.PASSWORD", "sasl.jaas.config", "client_secret", "auth.token"}) {
    auto* config = topic->add_configs();
    config->set_key(key);
    config->set_value("value");
  }
  const auto cleaned = WithoutSecrets(topics);
  EXPECT_EQ(cleaned.topics(0).configs(0).value(), "value");
  for (int i = 1; i < 5; ++i) {
    EXPECT_EQ(cleaned.topics(0).configs(i).value(), "(redacted)")
        << cleaned.topics(0).configs(i).key();
  }
}

}  // namespace
}  // namespace quorate::cli
