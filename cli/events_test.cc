#include "cli/events.h"

#include <gtest/gtest.h>

namespace quorate::cli {
namespace {

metadata::v1::ClusterEvent Event() {
  metadata::v1::ClusterEvent event;
  event.set_offset(40);
  event.set_time_ms(1709202121000);
  event.set_text("broker 3 fenced");
  event.set_cause("fence broker 3: it was silent for 9000 ms");
  event.set_principal("controller");
  return event;
}

TEST(EventTextTest, TheFirstEventOfAnEntrySaysWhy) {
  EXPECT_EQ(EventText(Event(), true),
            "2024-02-29 10:22:01 UTC        40  broker 3 fenced (fence broker 3: it was silent for "
            "9000 ms)\n");
  EXPECT_EQ(EventText(Event(), false), "2024-02-29 10:22:01 UTC        40  broker 3 fenced\n");
}

TEST(EventTextTest, ACauseThatTheTextHoldsIsNotRepeated) {
  metadata::v1::ClusterEvent event = Event();
  event.set_text("voters changed: add voter 4");
  event.set_cause("add voter 4");
  EXPECT_EQ(EventText(event, true),
            "2024-02-29 10:22:01 UTC        40  voters changed: add voter 4\n");
}

TEST(EventTextTest, APersonIsNamedAndEscaped) {
  metadata::v1::ClusterEvent event = Event();
  event.set_cause("");
  event.set_principal("User:\x1b[2J");
  EXPECT_EQ(EventText(event, true),
            "2024-02-29 10:22:01 UTC        40  broker 3 fenced, by User:\\033[2J\n");
}

}  // namespace
}  // namespace quorate::cli
