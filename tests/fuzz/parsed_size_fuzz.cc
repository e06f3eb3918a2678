// The estimate of how much memory a request takes, which a server makes before it parses the
// request. The first byte selects the type of the request.
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/message.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include "base/check.h"
#include "quorate/admin/v1/admin_service.pb.h"
#include "quorate/broker/v1/broker_service.pb.h"
#include "server/calls/parsed_size.h"
#include "tests/fuzz/fuzz_input.h"

namespace quorate::fuzz {
namespace {

using google::protobuf::Message;

const Message& TypeOf(uint8_t selector) {
  static const Message* const kTypes[] = {
      &admin::v1::CreateTopicsRequest::default_instance(),
      &admin::v1::DeleteTopicsRequest::default_instance(),
      &admin::v1::IncrementalAlterConfigsRequest::default_instance(),
      &admin::v1::DescribeConfigsRequest::default_instance(),
      &broker::v1::RegisterBrokerRequest::default_instance(),
      &broker::v1::AlterPartitionRequest::default_instance(),
      &broker::v1::ReportRolesRequest::default_instance(),
      &broker::v1::HeartbeatRequest::default_instance(),
  };
  return *kTypes[selector % std::size(kTypes)];
}

size_t Estimate(const Message& type, const std::string& bytes, size_t enough) {
  google::protobuf::io::ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()));
  return server::ParsedSize(*type.GetDescriptor(), &stream, enough);
}

void EstimateOne(const Message& type, const std::string& bytes) {
  const size_t estimate = Estimate(type, bytes, std::numeric_limits<size_t>::max());
  const size_t enough = bytes.size() / 2;
  CHECK_EQ(Estimate(type, bytes, enough) > enough, estimate > enough);
  const std::unique_ptr<Message> message(type.New());
  if (!message->ParseFromString(bytes)) return;
  CHECK_GE(estimate, message->SpaceUsedLong());
}

}  // namespace
}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  quorate::fuzz::FuzzInput input(data, size);
  const auto& type = quorate::fuzz::TypeOf(input.Take<uint8_t>());
  quorate::fuzz::EstimateOne(type, std::string(input.TakeRest()));
  return 0;
}
