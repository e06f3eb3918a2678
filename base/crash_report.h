// Reports a crash of the program: which signal ended it, and a stack trace.
#pragma once

namespace quorate {

// Installs handlers for SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGABRT. They write the stack of the
// thread that received the signal to standard error (also with --log-dir, because a crashing
// program opens no files). Then they end the process as the signal does without them. A failed
// CHECK writes its own stack, and the handlers do not write it again. SIGTERM keeps its
// disposition. Call first in main, before any thread is started.
void ReportCrashes();

}  // namespace quorate
