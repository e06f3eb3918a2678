#include "server/peer/peer_channel.h"

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/resource_quota.h"
#include "grpcpp/support/channel_arguments.h"
#include "server/node/limits.h"

namespace quorate::server {
namespace {

// Returns gRPC's name for a numeric address: "ipv4:127.0.0.1:9093", "ipv6:[fe80::1%25eth0]:9093".
std::string TargetOf(const HostPort& address) {
  const bool is_v6 = absl::StrContains(address.host, ':');
  return (is_v6 ? "ipv6:" : "ipv4:") + absl::StrReplaceAll(address.ToString(), {{"%", "%25"}});
}

}  // namespace

std::shared_ptr<grpc::Channel> DialPeer(
    const HostPort& address, const std::string& authority,
    const std::shared_ptr<grpc::ChannelCredentials>& credentials, const PeerTimings& timings) {
  grpc::ChannelArguments args;
  args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  args.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  args.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 1000);
  // gRPC by itself retries only a call that provably was not sent, so its retries gain nothing
  // here.
  args.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  args.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  // This is also the connect timeout (grpc #12830).
  args.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, static_cast<int>(ToMs(timings.connect_timeout)));
  args.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, static_cast<int>(ToMs(timings.redial_max)));
  args.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(ToMs(timings.keepalive_interval)));
  args.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, static_cast<int>(ToMs(timings.keepalive_timeout)));
  args.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  args.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  args.SetString(GRPC_ARG_DEFAULT_AUTHORITY, authority);
  args.SetMaxReceiveMessageSize(kMaxPeerMessageBytes);
  args.SetMaxSendMessageSize(kMaxPeerMessageBytes);
  return grpc::CreateCustomChannel(TargetOf(address), credentials, args);
}

void ConfigurePeerServer(const PeerTimings& timings, grpc::ServerBuilder* builder) {
  const int interval_ms = static_cast<int>(ToMs(timings.keepalive_interval));
  builder->AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, interval_ms);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                              static_cast<int>(ToMs(timings.keepalive_timeout)));
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // Do not treat the peers' frequent pings as an attack.
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                              interval_ms / 2);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
  builder->SetResourceQuota(grpc::ResourceQuota("peers").Resize(kGrpcQuotaBytes));
  builder->AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsPerPeerConnection);
  builder->SetMaxReceiveMessageSize(kMaxPeerMessageBytes);
  builder->SetMaxSendMessageSize(kMaxPeerMessageBytes);
}

}  // namespace quorate::server
