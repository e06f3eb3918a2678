// Describes what a core is told and does, as text for people: the lines of transcripts and traces.
#pragma once

#include <string>

#include "absl/functional/function_ref.h"
#include "raft/api/message.h"
#include "raft/core/effect.h"

namespace quorate::raft {

// Like ToString, but without directory ids, which are of no use in a transcript.
std::string Describe(const Message& message);
const char* Describe(GoodbyeReason reason);
// Returns "-> 2 Heartbeat{...}", without the node that acts. `name_of` names the receiver of a
// reply.
std::string Describe(const Effect& effect, absl::FunctionRef<std::string(SessionId)> name_of);

}  // namespace quorate::raft
