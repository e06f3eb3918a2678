#include "bench/etcd_system.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/check.h"
#include "tests/harness/cluster.h"
#include "tests/harness/ports.h"

namespace quorate::bench {
namespace {

constexpr size_t kMembers = 3;

etcdserverpb::PutRequest Request(int64_t n) {
  etcdserverpb::PutRequest request;
  request.set_key(absl::StrFormat("key-%02d", n % kKeys));
  std::string value = absl::StrFormat("%d-", n);
  value.resize(kWriteBytes - request.key().size(), 'x');
  request.set_value(std::move(value));
  return request;
}

std::string Url(const HostPort& address) { return "http://" + address.ToString(); }

}  // namespace

EtcdSystem::EtcdSystem(const std::string& program) {
  StartMembers(program);
  puts_.emplace(AwaitLeader(), Puts::Method{.prepare = &etcdserverpb::KV::Stub::PrepareAsyncPut,
                                            .request = Request,
                                            .why_failed = [](const auto&) { return ""; }});
}

LoadResult EtcdSystem::Load(const LoadOptions& options) { return puts_->Run(options, processes_); }

std::vector<HostPort> EtcdSystem::listeners() const {
  std::vector<HostPort> all = endpoints_;
  all.insert(all.end(), peers_.begin(), peers_.end());
  return all;
}

void EtcdSystem::StartMembers(const std::string& program) {
  const std::vector<uint16_t> ports = testing::FreePorts(2 * kMembers);
  std::vector<std::string> cluster;
  for (size_t i = 0; i < kMembers; ++i) {
    endpoints_.push_back({"127.0.0.1", ports[i]});
    peers_.push_back({"127.0.0.1", ports[kMembers + i]});
    cluster.push_back(absl::StrFormat("member-%d=%s", i, Url(peers_[i])));
  }
  for (size_t i = 0; i < kMembers; ++i) {
    const std::string name = absl::StrFormat("member-%d", i);
    const std::string directory = directory_.path() + "/" + name;
    // env finds the program in $PATH.
    members_.push_back(std::make_unique<testing::Process>(
        std::vector<std::string>{
            "/usr/bin/env", program, "--name=" + name, "--data-dir=" + directory,
            "--listen-client-urls=" + Url(endpoints_[i]),
            "--advertise-client-urls=" + Url(endpoints_[i]), "--listen-peer-urls=" + Url(peers_[i]),
            "--initial-advertise-peer-urls=" + Url(peers_[i]),
            "--initial-cluster=" + absl::StrJoin(cluster, ","), "--logger=zap",
            "--log-level=error"},
        directory + ".log"));
    processes_.push_back(members_.back()->pid());
  }
}

HostPort EtcdSystem::AwaitLeader() {
  std::optional<HostPort> leader;
  const bool found = testing::WaitFor([&] {
    for (size_t i = 0; i < kMembers; ++i) {
      CHECK(members_[i]->Running())
          << "etcd ended; deploy/packages.sh install bench brings one: " << members_[i]->Log();
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(1));
      etcdserverpb::StatusResponse response;
      const grpc::Status status =
          etcdserverpb::Maintenance::NewStub(client::MakeChannel(endpoints_[i]))
              ->Status(&context, {}, &response);
      if (!status.ok() || response.leader() != response.header().member_id()) continue;
      version_ = response.version();
      leader = endpoints_[i];
      return true;
    }
    return false;
  });
  CHECK(found) << "etcd elects no leader: " << members_[0]->Log();
  return *leader;
}

}  // namespace quorate::bench
