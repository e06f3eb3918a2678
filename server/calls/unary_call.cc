#include "server/calls/unary_call.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "client/status_mapping.h"
#include "server/calls/parse_errors.h"
#include "server/calls/parsed_size.h"
#include "server/calls/remote_address.h"
#include "server/node/limits.h"
#include "server/node/refused_error.h"

namespace quorate::server {
namespace {

using google::protobuf::Message;

// What a call counts before its request has arrived: as much as a small one.
constexpr size_t kCallBytes = 1'024;
// A request up to this size is not examined. Its bytes are counted at the most memory that they can
// become.
constexpr size_t kSmallRequestBytes = 4'096;
constexpr size_t kMostBytesPerByte = 64;
// While a request is served, it is in memory twice: parsed, and copied or serialized for another
// controller.
constexpr size_t kCopies = 2;
// gRPC can send an answer up to this size even if the client does not read.
constexpr size_t kQuickAnswerBytes = size_t{64} << 10;

size_t MemoryFor(const Message& type, const grpc::ByteBuffer& bytes, size_t enough) {
  if (bytes.Length() <= kSmallRequestBytes) return kCallBytes + bytes.Length() * kMostBytesPerByte;
  grpc::ByteBuffer shared = bytes;
  grpc::ProtoBufferReader reader(&shared);
  return kCallBytes +
         kCopies * std::max(bytes.Length(), ParsedSize(*type.GetDescriptor(), &reader, enough));
}

common::v1::Error OverBudget(const Budget& budget) {
  common::v1::Error error =
      MakeError(common::v1::RESOURCE_EXHAUSTED,
                absl::StrFormat(
                    "this controller has too many calls of this kind in flight (%d, with %d bytes)",
                    budget.count(), budget.bytes()));
  error.set_retry_after_ms(kRetryAfterMs);
  return error;
}

}  // namespace

UnaryCall::UnaryCall(grpc::CallbackServerContext* context, const UnaryMethod* method)
    : context_(context), method_(method) {
  if (method_->audit) {
    record_ = std::make_unique<audit::v1::AuditRecord>();
    // gRPC no longer knows the address when the connection is gone.
    record_->set_caller(AddressText(context_->peer()));
    record_->set_principal(method_->principal(*context_));
    record_->set_method(method_->path);
  }
  std::optional<common::v1::Error> refusal;
  if (method_->admit != nullptr) refusal = method_->admit(*context_);
  if (!refusal) {
    hold_ = method_->budget->TryTake(kCallBytes);
    if (!hold_) refusal = OverBudget(*method_->budget);
  }
  if (refusal) {
    method_->refuse(this, *std::move(refusal));
  } else {
    method_->queue->Enter(this);
  }
}

void UnaryCall::StartReceiving() { StartRead(&request_); }

void UnaryCall::CutOff() { context_->TryCancel(); }

void UnaryCall::OnReadDone(bool ok) {
  if (ok) {
    const bool is_large = request_.Length() > kLargeRequestBytes && method_->large_loop != nullptr;
    if (!is_large || !method_->large_loop->TryPost([this] { AdmitAndParse(); })) AdmitAndParse();
  } else {
    // The request did not arrive completely, or it exceeds gRPC's size limit, which gRPC reports to
    // the client.
    method_->queue->Leave(this);
    Ended(grpc::StatusCode::CANCELLED, "CANCELLED");
    Finish(grpc::Status(grpc::StatusCode::CANCELLED, "the request did not arrive completely"));
  }
}

void UnaryCall::AdmitAndParse() {
  const size_t limit = method_->budget->limits().max_bytes;
  const size_t memory = MemoryFor(*method_->request_type, request_, limit);
  std::optional<common::v1::Error> error;
  UnaryMethod::MessagePtr request(method_->request_type->New());
  if (memory > limit) {
    error =
        MakeError(common::v1::POLICY_VIOLATION,
                  absl::StrFormat("this request of %d bytes takes more memory than the limit of "
                                  "%d bytes: split it",
                                  request_.Length(), limit));
  } else if (!hold_.TryResize(memory)) {
    error = OverBudget(*method_->budget);
  } else {
    error = ParseRequest(method_->path, &request_, request.get());
  }
  request_.Clear();
  method_->queue->Leave(this);
  if (error) return method_->refuse(this, *std::move(error));
  if (record_ && !method_->audit->add_request(*request, record_.get())) record_.reset();
  method_->serve(this, std::move(request));
}

std::optional<common::v1::Error> UnaryCall::Reserve(size_t bytes) {
  Budget* const budget = method_->large_budget != nullptr && bytes > kLargeAnswerBytes
                             ? method_->large_budget
                             : method_->budget;
  if (bytes > budget->limits().max_bytes) {
    return MakeError(
        common::v1::MESSAGE_TOO_LARGE,
        absl::StrFormat("the answer is larger than the limit of %d bytes: ask for less at once",
                        budget->limits().max_bytes));
  }
  if (budget == method_->large_budget && !is_large_) {
    Budget::Hold hold = budget->TryTake(bytes);
    if (!hold) return OverBudget(*budget);
    hold_ = std::move(hold);
    is_large_ = true;
  } else if (!hold_.TryResize(bytes)) {
    return OverBudget(*budget);
  }
  return std::nullopt;
}

void UnaryCall::Answer(const Message& answer) {
  grpc::ByteBuffer bytes;
  bool own_buffer = false;
  const grpc::Status status =
      grpc::GenericSerialize<grpc::ProtoBufferWriter, Message>(answer, &bytes, &own_buffer);
  if (!status.ok()) return Fail(status);
  if (record_) method_->audit->add_answer(answer, record_.get());
  Answer(std::move(bytes));
}

void UnaryCall::Answer(grpc::ByteBuffer answer) {
  if (hold_) hold_.Resize(kCallBytes + answer.Length());
  response_ = std::move(answer);
  is_watched_ = response_.Length() > kQuickAnswerBytes;
  if (is_watched_) method_->sends->Began(this);
  Ended(grpc::StatusCode::OK, "OK");
  StartWriteAndFinish(&response_, grpc::WriteOptions(), grpc::Status::OK);
}

void UnaryCall::OnDone() {
  if (is_watched_) method_->sends->Ended(this);
  delete this;
}

void UnaryCall::Fail(grpc::Status status) {
  std::string outcome;
  if (record_) outcome = AuditOutcome(client::ErrorFromStatus(status));
  Ended(status.error_code(), outcome);
  Finish(std::move(status));
}

void UnaryCall::Ended(grpc::StatusCode code, const std::string& outcome) {
  const Duration took = SystemClock().Now() - began_;
  method_->instruments->Ended(code, took);
  if (!record_) return;
  // An answer has said the outcome of its items.
  if (record_->outcome().empty()) record_->set_outcome(outcome);
  record_->set_duration_ms(ToMs(took));
  method_->audit->log->Record(std::move(*record_));
}

}  // namespace quorate::server
