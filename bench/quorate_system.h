// Three real controllers on loopback.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/config_writes.h"
#include "bench/system.h"
#include "tests/harness/cluster.h"

namespace quorate::bench {

class QuorateSystem final : public System {
 public:
  // `program` is the quorate-controller to run. If it is empty, the one built with this benchmark
  // runs.
  QuorateSystem(std::string name, std::string program);

  std::string name() const override { return name_; }
  LoadResult Load(const LoadOptions& options) override;
  std::vector<pid_t> processes() const override { return processes_; }
  std::vector<HostPort> listeners() const override;

 private:
  const std::string name_;
  testing::Cluster cluster_;
  std::vector<pid_t> processes_;
  // The load on the active controller.
  std::optional<ConfigWrites> writes_;
};

}  // namespace quorate::bench
