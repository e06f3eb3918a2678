// The manual of quorate-broker, apart from its options because it is only text.
#pragma once

#include "server/config.h"

namespace quorate::server {

ProgramManual BrokerManual();

}  // namespace quorate::server
