// Lowers the priority of threads whose work is not urgent.
#pragma once

namespace quorate::server {

// Lowers the calling thread's priority permanently: on a busy processor it gets about a tenth of
// the time of a normal thread. It never starves, so work that other threads eventually wait for
// still makes progress. Such a thread must not hold a lock that other threads need often.
void RunInBackground();

}  // namespace quorate::server
