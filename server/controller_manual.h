// The prose of quorate-controller's manual page; its options are in controller_config.cc.
#pragma once

#include "server/config.h"

namespace quorate::server {

ProgramManual ControllerManual();

}  // namespace quorate::server
