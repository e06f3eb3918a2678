// Three processes that only replicate and sync (bare_server.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/config_writes.h"
#include "bench/system.h"
#include "tests/harness/process.h"
#include "tests/harness/temp_dir.h"

namespace quorate::bench {

class BareSystem final : public System {
 public:
  BareSystem();

  std::string name() const override { return "bare"; }
  LoadResult Load(const LoadOptions& options) override;

  // The flags with which the main function of this program must call ServeBare.
  static constexpr char kEndpointFlag[] = "--serve-bare";
  static constexpr char kFileFlag[] = "--bare-file";
  static constexpr char kFollowerFlag[] = "--bare-follower";

 private:
  // Starts a leader, or a follower if `followers` is empty.
  void StartServer(uint16_t port, const std::vector<uint16_t>& followers);

  testing::TempDir directory_;
  std::vector<std::unique_ptr<testing::Process>> servers_;
  std::vector<pid_t> processes_;
  // The load on the leader.
  std::optional<ConfigWrites> writes_;
};

}  // namespace quorate::bench
