#include "base/wrap_text.h"

#include <gtest/gtest.h>

namespace quorate {
namespace {

TEST(WrapTextTest, WrapsAtTheLastWordThatFits) {
  EXPECT_EQ(WrapText("aaa bbb ccc\n\n  as it is, however long\nddd", 2, 9),
            "  aaa bbb\n"
            "  ccc\n"
            "\n"
            "    as it is, however long\n"
            "  ddd\n");
}

}  // namespace
}  // namespace quorate
