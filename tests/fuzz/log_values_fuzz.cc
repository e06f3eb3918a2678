// The values of the log's meta family and the watermark file. The first byte selects the kind.
#include <string>

#include "base/check.h"
#include "storage/log_codec.h"
#include "tests/fuzz/checksums.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/properties.h"

namespace quorate::fuzz {
namespace {

// Checks that a value which parses has one encoding, and that it parses to the same again.
template <typename Parse, typename Encode>
void CheckCodec(const std::string& bytes, Parse parse, Encode encode) {
  const auto value = parse(bytes);
  if (!value.ok()) return CheckError(value.status());
  CHECK(encode(*value) == bytes) << "a value has two encodings";
}

void ParseOne(uint8_t kind, const std::string& bytes) {
  using namespace storage;  // NOLINT(google-build-using-namespace): ten functions of it
  switch (kind % 5) {
    case 0:
      return CheckCodec(bytes, ParseState, EncodeState);
    case 1:
      return CheckCodec(bytes, ParseEpochStarts, EncodeEpochStarts);
    case 2:
      return CheckCodec(bytes, ParseVoterEntries, EncodeVoterEntries);
    case 3:
      return CheckCodec(bytes, ParseLogStart, EncodeLogStart);
    default:
      return CheckCodec(bytes, ParseFoundingVoters, EncodeFoundingVoters);
  }
}

}  // namespace
}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  quorate::fuzz::FuzzInput input(data, size);
  const auto kind = input.Take<uint8_t>();
  const std::string bytes(input.TakeRest());
  quorate::fuzz::ParseOne(kind, bytes);
  quorate::fuzz::ParseOne(kind, quorate::fuzz::WithChecksum(bytes));
  return 0;
}
