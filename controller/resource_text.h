// Names what a request would change, for the audit log.
#pragma once

#include <string>

#include "quorate/admin/v1/admin_service.pb.h"
#include "quorate/broker/v1/broker_service.pb.h"

namespace quorate::controller {

// Return the resource of a request, such as "topic:orders", "topics:3 (orders, payments, x)",
// "config:topic/orders(retention.ms)", "broker:3", "partitions:412 (broker 3)" or
// "leaders:unclean of topics:2 (orders(0,3), payments)". Names are escaped
// and cut, and a long list ends with "...". Only names are in the text, never the value of a
// config.
std::string ResourceText(const admin::v1::CreateTopicsRequest& request);
std::string ResourceText(const admin::v1::CreatePartitionsRequest& request);
std::string ResourceText(const admin::v1::DeleteTopicsRequest& request);
std::string ResourceText(const admin::v1::IncrementalAlterConfigsRequest& request);
std::string ResourceText(const admin::v1::UpdateFeaturesRequest& request);
std::string ResourceText(const admin::v1::AddVoterRequest& request);
std::string ResourceText(const admin::v1::RemoveVoterRequest& request);
std::string ResourceText(const admin::v1::TransferLeadershipRequest& request);
std::string ResourceText(const admin::v1::UnregisterBrokerRequest& request);
std::string ResourceText(const admin::v1::ElectLeadersRequest& request);
std::string ResourceText(const admin::v1::AlterPartitionReassignmentsRequest& request);
std::string ResourceText(const broker::v1::RegisterBrokerRequest& request);
std::string ResourceText(const broker::v1::AlterPartitionRequest& request);
std::string ResourceText(const broker::v1::AllocateProducerIdsRequest& request);
std::string ResourceText(const broker::v1::AssignReplicasToDirsRequest& request);

}  // namespace quorate::controller
