// For threads whose work may wait.
#pragma once

namespace quorate::server {

// From now on the calling thread gets little of a processor that others want too: about a tenth of
// what one of them gets. Never nothing, so that work that others wait for in the end goes on. Until
// then they wait for a while longer, and so it holds no lock that others need often.
void RunInBackground();

}  // namespace quorate::server
