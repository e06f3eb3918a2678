// Three etcd members on loopback with default settings. A write is a Put of kWriteBytes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/etcd.grpc.pb.h"
#include "bench/system.h"
#include "bench/unary_load.h"
#include "tests/harness/process.h"
#include "tests/harness/temp_dir.h"

namespace quorate::bench {

class EtcdSystem final : public System {
 public:
  // `program` is the etcd to run, as a path or a name in $PATH.
  explicit EtcdSystem(const std::string& program);

  std::string name() const override { return "etcd"; }
  LoadResult Load(const LoadOptions& options) override;
  std::vector<pid_t> processes() const override { return processes_; }
  std::vector<HostPort> listeners() const override;

  // The version of the members.
  const std::string& version() const { return version_; }

 private:
  using Puts =
      UnaryLoad<etcdserverpb::KV::Stub, etcdserverpb::PutRequest, etcdserverpb::PutResponse>;

  void StartMembers(const std::string& program);
  // Waits until a member leads and returns its endpoint.
  HostPort AwaitLeader();

  testing::TempDir directory_;
  std::vector<HostPort> endpoints_;
  std::vector<HostPort> peers_;
  std::vector<std::unique_ptr<testing::Process>> members_;
  std::vector<pid_t> processes_;
  std::string version_;
  // The load on the leader.
  std::optional<Puts> puts_;
};

}  // namespace quorate::bench
