// A server that answers the controllers' write at once without doing anything: the limit of gRPC.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "bench/config_writes.h"
#include "bench/system.h"
#include "tests/harness/process.h"
#include "tests/harness/temp_dir.h"

namespace quorate::bench {

// Serves at HOST:PORT forever.
[[noreturn]] void ServeEmpty(const std::string& endpoint);

class EmptySystem final : public System {
 public:
  EmptySystem();

  std::string name() const override { return "empty"; }
  LoadResult Load(const LoadOptions& options) override;

  // The flag with which the main function of this program must call ServeEmpty.
  static constexpr char kEndpointFlag[] = "--serve-empty";

 private:
  testing::TempDir directory_;
  std::unique_ptr<testing::Process> server_;
  std::optional<ConfigWrites> writes_;
};

}  // namespace quorate::bench
