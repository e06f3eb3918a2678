// What a core is told and does, as text for people: the lines of transcripts and traces.
#pragma once

#include <string>

#include "absl/functional/function_ref.h"
#include "raft/effect.h"
#include "raft/message.h"

namespace quorate::raft {

// As ToString, without directory ids, which say nothing in a story.
std::string Describe(const Message& message);
const char* Describe(GoodbyeReason reason);
// "-> 2 Heartbeat{...}", without who does it. `name_of` says to whom an answer goes.
std::string Describe(const Effect& effect, absl::FunctionRef<std::string(SessionId)> name_of);

}  // namespace quorate::raft
