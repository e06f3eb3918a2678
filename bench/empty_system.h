// A server that answers the controllers' write at once and does nothing: what gRPC itself allows.
#pragma once

#include <optional>
#include <string>

#include "bench/config_writes.h"
#include "bench/system.h"
#include "tests/harness/process.h"
#include "tests/harness/temp_dir.h"

namespace quorate::bench {

// Serves at HOST:PORT for ever.
[[noreturn]] void ServeEmpty(const std::string& endpoint);

// Runs this program anew with `flag`=HOST:PORT, which must lead to ServeEmpty.
class EmptySystem final : public System {
 public:
  explicit EmptySystem(const std::string& flag);

  std::string name() const override { return "empty"; }
  LoadResult Load(const LoadOptions& options) override;

 private:
  testing::TempDir directory_;
  std::optional<testing::Process> server_;
  std::optional<ConfigWrites> writes_;
};

}  // namespace quorate::bench
