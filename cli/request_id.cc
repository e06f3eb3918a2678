#include "cli/request_id.h"

#include "absl/strings/str_format.h"
#include "base/random.h"
#include "base/uuid.h"
#include "cli/parse.h"

namespace quorate::cli {

void AddRequestIdFlag(CLI::App* verb, std::string* text) {
  verb->add_option("--request-id", *text,
                   "Repeat the request that carried this id, possibly from another process. The "
                   "change is made at most once, and the first answer is returned. Default: a new "
                   "id.")
      ->type_name("UUID:SEQUENCE");
}

absl::StatusOr<common::v1::RequestId> ChooseRequestId(const std::string& text) {
  if (!text.empty()) {
    auto id = ParseRequestId(text);
    if (id.ok()) return id;
    return absl::InvalidArgumentError(
        absl::StrFormat("--request-id: %s", std::string(id.status().message())));
  }
  Rng rng(Rng::SystemSeed());
  common::v1::RequestId id;
  id.set_client_uuid(std::string(Uuid::Random(rng).bytes()));
  id.set_sequence(1);
  return id;
}

common::v1::RequestId NextRequestId(common::v1::RequestId id) {
  id.set_sequence(id.sequence() + 1);
  return id;
}

}  // namespace quorate::cli
