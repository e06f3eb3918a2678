// Makes the changes of ISRs and leaders that several decisions make.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "metadata/metadata_image.h"
#include "metadata/record_builders.h"

namespace quorate::controller {

// Returns the change that gives the partition this ISR and leader. Extras that contradict the new
// ISR change too: its members are no longer in the ELR (KIP-966), and a leader with another member
// of the ISR has recovered (KIP-704).
metadata::PartitionChange ChangeIsr(const metadata::PartitionView& partition, uint32_t isr_mask,
                                    std::optional<size_t> leader_position);

}  // namespace quorate::controller
