// Lists topics by name, page by page. Used for reads on every controller.
#pragma once

#include <vector>

#include "controller/answer.h"
#include "metadata/metadata_image.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::controller {

struct TopicList {
  // Sorted by name.
  std::vector<metadata::TopicPtr> topics;
  // Whether topics with later names exist.
  bool has_more = false;
};

// Returns the topics of the page that `request` asks for, or INVALID_REQUEST if max_topics is
// negative. A page takes one look at each topic of the image, and sorts only its own.
Answer<TopicList> ListTopicPage(const metadata::MetadataImage& image,
                                const admin::v1::ListTopicsRequest& request);

}  // namespace quorate::controller
