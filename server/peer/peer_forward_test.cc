// Tests forwarding of requests to another controller, and what the sender knows if no response
// arrives.
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "server/node/limits.h"
#include "server/peer/testing/peer_test_network.h"

namespace quorate::server {
namespace {

using raft::v1::ForwardRequest;
using raft::v1::ForwardResponse;

ForwardRequest RequestOf(const std::string& bytes) {
  ForwardRequest request;
  request.set_method("quorate.admin.v1.AdminService/CreateTopics");
  request.set_request(bytes);
  return request;
}

class PeerForwardTest : public PeerNetworkTest {
 protected:
  std::unique_ptr<PeerTestNode> StartNode2(ForwardHandler handler) {
    PeerTestNode::Config config = ConfigOf(k2);
    config.forward_handler = std::move(handler);
    return std::make_unique<PeerTestNode>(std::move(config));
  }

  static std::future<ForwardResult> Forward(PeerTestNode& node, NodeId to, ForwardRequest request,
                                            Duration timeout = kPatience) {
    auto result = std::make_shared<std::promise<ForwardResult>>();
    node.transport().forwarder()->Forward(
        to, std::move(request), std::chrono::steady_clock::now() + timeout,
        [result](ForwardResult value) { result->set_value(std::move(value)); });
    return result->get_future();
  }
};

TEST_F(PeerForwardTest, ARequestIsHandledAndAnswered) {
  auto one = StartNode(k1);
  auto two = StartNode2([](const ForwardRequest& request, ForwardReply reply) {
    ForwardResponse response;
    response.set_response(request.method() + ": " + request.request());
    std::move(reply)(std::move(response));
  });
  AwaitSession(*one, k1, *two, k2);
  const ForwardResult result = Forward(*one, k2, RequestOf("orders")).get();
  ASSERT_TRUE(std::holds_alternative<ForwardResponse>(result));
  EXPECT_EQ(std::get<ForwardResponse>(result).response(),
            "quorate.admin.v1.AdminService/CreateTopics: orders");
}

TEST_F(PeerForwardTest, ARequestOfTheLargestSizeArrivesWhole) {
  KeepGrpcThreads();
  auto one = StartNode(k1);
  auto two = StartNode2([](const ForwardRequest& request, ForwardReply reply) {
    ForwardResponse response;
    response.set_response(request.request());
    std::move(reply)(std::move(response));
  });
  AwaitSession(*one, k1, *two, k2);
  const std::string bytes(size_t{8} << 20, 'x');
  const ForwardResult result = Forward(*one, k2, RequestOf(bytes)).get();
  ASSERT_TRUE(std::holds_alternative<ForwardResponse>(result));
  EXPECT_TRUE(std::get<ForwardResponse>(result).response() == bytes);
}

TEST_F(PeerForwardTest, OnlyALargeRequestIsHandledOnTheLargeLoop) {
  auto one = StartNode(k1);
  std::unique_ptr<PeerTestNode> two;
  two = StartNode2([&two](const ForwardRequest& /*request*/, ForwardReply reply) {
    ForwardResponse response;
    response.set_response(two->large_loop().InLoop() ? "large loop" : "gRPC");
    std::move(reply)(std::move(response));
  });
  AwaitSession(*one, k1, *two, k2);
  const auto handled_on = [&](size_t bytes) {
    const ForwardResult result = Forward(*one, k2, RequestOf(std::string(bytes, 'x'))).get();
    return std::get<ForwardResponse>(result).response();
  };
  EXPECT_EQ(handled_on(10), "gRPC");
  EXPECT_EQ(handled_on(2 * kLargeRequestBytes), "large loop");
}

TEST_F(PeerForwardTest, WithoutContactNothingIsSent) {
  auto one = StartNode(k1);
  for (const NodeId to : {k2, NodeId(9)}) {
    const ForwardResult result = Forward(*one, to, RequestOf("x")).get();
    ASSERT_TRUE(std::holds_alternative<ForwardFailure>(result));
    EXPECT_FALSE(std::get<ForwardFailure>(result).maybe_sent);
  }
}

// Keeps every request and does not answer it until AnswerAll.
struct Hoard {
  ForwardHandler Handler() {
    return [this](const ForwardRequest&, ForwardReply reply) {
      MutexLock lock(&mutex);
      replies.push_back(std::move(reply));
      came.NotifyAll();
    };
  }
  void AwaitOne() {
    MutexLock lock(&mutex);
    while (replies.empty()) came.Wait(&mutex);
  }
  void AnswerAll() {
    MutexLock lock(&mutex);
    for (ForwardReply& reply : replies) std::move(reply)(ForwardResponse());
    replies.clear();
  }

  Mutex mutex;
  CondVar came;
  std::vector<ForwardReply> replies;
};

TEST_F(PeerForwardTest, ALateAnswerLeavesTheOutcomeUnknown) {
  Hoard hoard;
  auto one = StartNode(k1);
  auto two = StartNode2(hoard.Handler());
  AwaitSession(*one, k1, *two, k2);
  const ForwardResult result =
      Forward(*one, k2, RequestOf("x"), std::chrono::milliseconds(50)).get();
  ASSERT_TRUE(std::holds_alternative<ForwardFailure>(result));
  EXPECT_TRUE(std::get<ForwardFailure>(result).maybe_sent);
  hoard.AnswerAll();
}

TEST_F(PeerForwardTest, AStopOfTheSenderLeavesTheOutcomeUnknown) {
  Hoard hoard;
  auto one = StartNode(k1);
  auto two = StartNode2(hoard.Handler());
  AwaitSession(*one, k1, *two, k2);
  std::future<ForwardResult> pending = Forward(*one, k2, RequestOf("x"));
  hoard.AwaitOne();
  one->Stop();
  // `done` was called before Stop returned.
  ASSERT_EQ(pending.wait_for(std::chrono::seconds(0)), std::future_status::ready);
  const ForwardResult result = pending.get();
  ASSERT_TRUE(std::holds_alternative<ForwardFailure>(result));
  EXPECT_TRUE(std::get<ForwardFailure>(result).maybe_sent);
  EXPECT_FALSE(std::get<ForwardFailure>(Forward(*one, k2, RequestOf("y")).get()).maybe_sent);
  hoard.AnswerAll();
}

}  // namespace
}  // namespace quorate::server
