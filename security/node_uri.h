// How a certificate names the node that owns it: a URI in its subject alternative names, such as
// quorate://cluster/MkU3OEVBNTcwNTJENDM2Qg/controller/1. docs/security.md describes the scheme.
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"

namespace quorate::security {

std::string ControllerUri(const std::string& cluster_id, NodeId node);
std::string BrokerUri(const std::string& cluster_id, BrokerId broker);

// Returns whether the URIs of a certificate name this controller, or any controller of the cluster.
bool IsController(const std::vector<std::string>& uris, const std::string& cluster_id, NodeId node);
bool IsAnyController(const std::vector<std::string>& uris, const std::string& cluster_id);

// Returns the URIs for an error message: "quorate://…, quorate://…" or "no URI". Long lists and
// long or unprintable URIs are cut and escaped, because they come from a peer.
std::string UrisText(const std::vector<std::string>& uris);

}  // namespace quorate::security
