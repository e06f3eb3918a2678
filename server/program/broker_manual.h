// The text of quorate-broker's manual page. Its options are in broker_config.cc.
#pragma once

#include "server/program/config.h"

namespace quorate::server {

ProgramManual BrokerManual();

}  // namespace quorate::server
