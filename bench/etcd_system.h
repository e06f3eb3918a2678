// Three etcd members on loopback with default settings, written to by Put of as many bytes.
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
  // `program`: the etcd to run, with its directory or from $PATH.
  explicit EtcdSystem(const std::string& program);

  std::string name() const override { return "etcd"; }
  LoadResult Load(const LoadOptions& options) override;

  // Of the members.
  const std::string& version() const { return version_; }

 private:
  using Puts =
      UnaryLoad<etcdserverpb::KV::Stub, etcdserverpb::PutRequest, etcdserverpb::PutResponse>;

  void StartMembers(const std::string& program);
  // The member that leads, once there is one.
  HostPort AwaitLeader();

  testing::TempDir directory_;
  std::vector<HostPort> endpoints_;
  std::vector<std::unique_ptr<testing::Process>> members_;
  std::vector<pid_t> processes_;
  std::string version_;
  // To the leader.
  std::optional<Puts> puts_;
};

}  // namespace quorate::bench
