// The text files of a data directory: the identity and the voter lists. The first byte selects the
// file.
#include <string>

#include "base/check.h"
#include "storage/directory_identity.h"
#include "storage/voter_lists.h"
#include "tests/fuzz/checksums.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/properties.h"

namespace quorate::fuzz {
namespace {

void ParseTheIdentity(const std::string& content) {
  const auto identity = storage::ParseIdentity(content);
  if (!identity.ok()) return CheckError(identity.status());
  CHECK(storage::EncodeIdentity(*identity) == content);
}

void ParseTheVoterLists(const std::string& content) {
  const auto lists = storage::ParseVoterLists(content);
  if (!lists.ok()) return CheckError(lists.status());
  CHECK(storage::EncodeVoterLists(*lists) == content);
}

}  // namespace
}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  quorate::fuzz::FuzzInput input(data, size);
  const bool is_identity = input.Take<uint8_t>() % 2 == 0;
  const std::string content(input.TakeRest());
  for (const std::string& text : {content, quorate::fuzz::WithChecksumLine(content)}) {
    if (is_identity) {
      quorate::fuzz::ParseTheIdentity(text);
    } else {
      quorate::fuzz::ParseTheVoterLists(text);
    }
  }
  return 0;
}
