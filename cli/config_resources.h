// The flags of quoratectl configs that name topics and brokers.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::cli {

struct ConfigResourceFlags {
  std::vector<std::string> topics;
  std::vector<std::string> brokers;
  bool broker_default = false;

  std::vector<admin::v1::ConfigResource> Resources() const;
};

// Adds --topic, --broker and --broker-default.
void AddConfigResourceFlags(CLI::App* verb, ConfigResourceFlags* flags);

// The error of a command line that names none.
inline constexpr char kNoConfigResource[] =
    "no resource given: use --topic NAME, --broker ID or --broker-default";

// "topic orders", "broker 3" or "broker default".
std::string ConfigResourceText(const admin::v1::ConfigResource& resource);

}  // namespace quorate::cli
