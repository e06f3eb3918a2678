#include "controller/cluster_description.h"

#include <cstddef>
#include <string>

#include "metadata/image_state.h"

namespace quorate::controller {
namespace {

void DescribeDetails(const metadata::BrokerDetails& details, admin::v1::Broker* out) {
  using common::v1::BrokerListener;
  for (const metadata::BrokerListener& listener : details.listeners) {
    BrokerListener& described = *out->add_listeners();
    described.set_name(listener.name);
    described.set_endpoint(listener.endpoint.ToString());
    described.set_security_protocol(
        static_cast<BrokerListener::SecurityProtocol>(listener.security_protocol));
  }
  for (const metadata::FeatureRange& feature : details.features) {
    common::v1::FeatureRange& described = *out->add_features();
    described.set_name(feature.name);
    described.set_min_level(feature.min_level);
    described.set_max_level(feature.max_level);
  }
  for (const Uuid& directory : details.log_directories) {
    out->add_log_directories(directory.ToString());
  }
}

void DescribeBroker(const metadata::BrokerRegistration& registration,
                    const PartitionTally::Load& load, admin::v1::Broker* out) {
  out->set_broker_id(registration.id.value());
  out->set_broker_epoch(registration.broker_epoch);
  out->set_incarnation_id(registration.incarnation_id.ToString());
  out->set_endpoint(registration.endpoint.ToString());
  out->set_rack(registration.rack);
  out->set_fenced(registration.fenced);
  out->set_in_controlled_shutdown(registration.in_controlled_shutdown);
  out->set_endpoint_verified(registration.endpoint_verified);
  out->set_leader_count(static_cast<int32_t>(load.leaders));
  out->set_replica_count(static_cast<int32_t>(load.replicas));
  out->set_last_contact_age_ms(-1);
  out->set_metadata_end_offset(-1);
  out->set_reported_leader_count(-1);
  DescribeDetails(*registration.details, out);
}

}  // namespace

admin::v1::DescribeClusterResponse DescribeCluster(const std::string& cluster_id,
                                                   const RequestPipeline& pipeline,
                                                   const BrokerWatch* watch, MonoTime now) {
  const metadata::MetadataImage& image = pipeline.committed();
  const PartitionTally& tally = pipeline.committed_tally();
  const RequestPipeline::Leadership& leadership = pipeline.leadership();

  admin::v1::DescribeClusterResponse response;
  response.set_cluster_id(cluster_id);
  response.set_active_controller_id(leadership.leader ? leadership.leader->value() : -1);
  response.set_controller_epoch(leadership.epoch.value());
  response.set_active_since_ms(leadership.since_ms);
  response.set_topic_count(static_cast<int32_t>(image.topic_count()));
  response.set_partition_count(static_cast<int32_t>(image.partition_count()));
  response.set_offline_partition_count(static_cast<int32_t>(tally.counts().offline));
  response.set_under_replicated_partition_count(
      static_cast<int32_t>(tally.counts().under_replicated));
  response.set_metadata_version(image.metadata_version());
  for (size_t i = 0; i < metadata::kKnownFeatures.size(); ++i) {
    auto* feature = response.add_features();
    feature->set_name(std::string(metadata::kKnownFeatures[i].name));
    feature->set_level(image.Get<metadata::FeaturesImage>().LevelOf(i));
    feature->set_max_level(metadata::kKnownFeatures[i].max_level);
  }
  response.set_end_offset(image.end_offset().value());
  response.set_from_active_controller(watch != nullptr);
  if (watch != nullptr && watch->guard().loss() && !watch->guard().loss()->all_fenced) {
    response.set_lost_broker_count(static_cast<int32_t>(watch->guard().loss()->lost));
  }
  for (const auto& [id, registration] : image.brokers()) {
    admin::v1::Broker* out = response.add_brokers();
    DescribeBroker(*registration, tally.LoadOf(id), out);
    if (watch == nullptr) continue;
    const BrokerSessions::Description session = watch->sessions().Describe(id, now);
    if (session.last_contact_age) out->set_last_contact_age_ms(ToMs(*session.last_contact_age));
    out->set_metadata_end_offset(session.metadata_end_offset);
    out->set_reported_leader_count(session.reported_leader_count);
    out->set_max_metadata_version(watch->sessions().MaxMetadataVersion(id));
    for (const Uuid& directory : watch->sessions().OfflineDirectoriesOf(id)) {
      out->add_offline_log_directories(directory.ToString());
    }
  }
  return response;
}

}  // namespace quorate::controller
