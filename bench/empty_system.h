// A server that answers the controllers' write at once and does nothing: what gRPC itself allows.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "bench/config_writes.h"
#include "bench/system.h"
#include "tests/harness/process.h"
#include "tests/harness/temp_dir.h"

namespace quorate::bench {

// Serves at HOST:PORT for ever.
[[noreturn]] void ServeEmpty(const std::string& endpoint);

class EmptySystem final : public System {
 public:
  EmptySystem();

  std::string name() const override { return "empty"; }
  LoadResult Load(const LoadOptions& options) override;

  // This flag of this program must lead to ServeEmpty.
  static constexpr char kEndpointFlag[] = "--serve-empty";

 private:
  testing::TempDir directory_;
  std::unique_ptr<testing::Process> server_;
  std::optional<ConfigWrites> writes_;
};

}  // namespace quorate::bench
