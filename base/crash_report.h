// What a program leaves behind when it crashes: which signal ended it, and a stack trace.
#pragma once

namespace quorate {

// From now on SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGABRT write the stack of the thread
// that got them to standard error (also with --log-dir: a crashing program opens no files), and
// then end the process as they always did. A failed CHECK, which tells its own stack, is not told
// twice. SIGTERM keeps its disposition. Call first in main, before any thread is made.
void ReportCrashes();

}  // namespace quorate
