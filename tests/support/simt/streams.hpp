// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "machine.hpp"

/// What a stream still has to do.  A device runs behind its host; here everything is done when its call returns, except
/// copies between pinned host memory and the device: they wait until something must see them done, the latest moment that
/// a device may take, so that a host that reuses or reads a pinned buffer too early gets wrong numbers.
namespace simt {

/// True for the null stream and for live handles.
bool valid_stream(cudaStream_t stream);

/// Appends a copy to the stream; its arguments are checked.
void copy_late(cudaStream_t stream, void* to, const void* from, std::size_t bytes);

/// A point in the stream: everything enqueued so far, in any stream.
std::int64_t work_mark();

/// Does what is left in the stream, up to a mark.
void settle(cudaStream_t stream, std::int64_t until = INT64_MAX);
/// The same for all streams.
void settle_all();

/// For num_waits.
void count_wait();

}  // namespace simt
