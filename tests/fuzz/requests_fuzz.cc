// The requests of clients and brokers to the active controller. What it decides is replayed at
// once, and replay must accept it.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/inputs.pb.h"
#include "tests/fuzz/proto_input.h"
#include "tests/fuzz/request_cluster.h"

namespace quorate::fuzz {

const google::protobuf::Message& EmptyInput() { return Requests::default_instance(); }

}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  quorate::fuzz::Requests requests;
  if (!requests.ParseFromArray(data, static_cast<int>(size))) return 0;
  quorate::fuzz::RequestCluster cluster(requests.is_old());
  for (const auto& request : requests.requests()) cluster.Execute(request);
  cluster.CheckState();
  return 0;
}
