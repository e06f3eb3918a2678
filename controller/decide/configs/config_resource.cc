#include "controller/decide/configs/config_resource.h"

#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/quote.h"
#include "metadata/families/configs.h"
#include "metadata/topic_name.h"

namespace quorate::controller {

using admin::v1::ConfigResource;

ItemError CheckConfigResource(const metadata::MetadataImage& image,
                              const ConfigResource& resource) {
  switch (resource.type()) {
    case ConfigResource::TOPIC:
      if (image.FindTopicByName(resource.name()) != nullptr) return std::nullopt;
      return MakeItemError(common::v1::UNKNOWN_TOPIC_OR_PARTITION,
                           absl::StrFormat("there is no topic %s", Quote(resource.name())));
    case ConfigResource::BROKER: {
      if (resource.name() == metadata::kDefaultOfBrokers) return std::nullopt;
      int32_t id = -1;
      // Only the printed form is accepted: neither "+1" nor "01" names broker 1.
      if (!absl::SimpleAtoi(resource.name(), &id) || id < 0 ||
          std::to_string(id) != resource.name()) {
        return MakeItemError(
            common::v1::INVALID_REQUEST,
            absl::StrFormat("%s is not a broker id, which is a whole number from 0 on",
                            Quote(resource.name())));
      }
      if (image.FindBroker(BrokerId(id)) != nullptr) return std::nullopt;
      // Unregistering a broker keeps its configs, so they can still be read and deleted.
      if (!image.Configs(metadata::ConfigResourceType::kBroker, resource.name()).empty()) {
        return std::nullopt;
      }
      return MakeItemError(common::v1::BROKER_ID_NOT_REGISTERED,
                           absl::StrFormat("broker %d is not registered", id));
    }
    default:
      return MakeItemError(common::v1::INVALID_REQUEST,
                           "the resource type must be TOPIC or BROKER");
  }
}

metadata::ConfigResourceType TypeOf(const ConfigResource& resource) {
  CHECK(resource.type() == ConfigResource::TOPIC || resource.type() == ConfigResource::BROKER);
  return static_cast<metadata::ConfigResourceType>(resource.type());
}

std::string ToText(const ConfigResource& resource) {
  // A request may name anything.
  const std::string name = Printable(resource.name(), metadata::kMaxTopicNameBytes);
  if (resource.type() == ConfigResource::TOPIC) return "topic " + name;
  return name == metadata::kDefaultOfBrokers ? "the default of all brokers" : "broker " + name;
}

}  // namespace quorate::controller
