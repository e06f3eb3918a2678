// The voter set in the log. raft/ parses it by hand, and everything else with protobuf, so both
// must agree.
#include <string>

#include "base/check.h"
#include "quorate/raft/v1/raft_service.pb.h"
#include "raft/api/voter_set.h"
#include "tests/fuzz/properties.h"

namespace quorate::fuzz {
namespace {

void ParseOne(const std::string& bytes) {
  const absl::StatusOr<raft::VoterSet> voters = raft::VoterSet::Parse(bytes);
  if (!voters.ok()) return CheckError(voters.status());
  CHECK(voters->Encode() == bytes) << "a voter set has two encodings";
  raft::v1::VoterSet proto;
  CHECK(proto.ParseFromString(bytes));
  CHECK(proto.SerializeAsString() == bytes) << "protobuf encodes the voter set differently";
  CHECK_EQ(static_cast<size_t>(proto.voters_size()), voters->size());
  CHECK_EQ(voters->DistanceTo(*voters), 0u);
}

}  // namespace
}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  quorate::fuzz::ParseOne(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
