// The text of quorate-controller's manual page. Its options are in controller_config.cc.
#pragma once

#include "server/program/config.h"

namespace quorate::server {

ProgramManual ControllerManual();

}  // namespace quorate::server
