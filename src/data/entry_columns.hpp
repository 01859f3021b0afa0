// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/line_reader.hpp"
#include "rankfill/entries.hpp"

namespace rankfill::data {

/// Where one chunk's entries stand among those of the file.
struct EntryRange {
  std::size_t first = 0, count = 0;
};

/// The entries of a text file while it is parsed, straight into their places: each chunk gets as many as it has lines, and
/// what it does not use is closed up afterwards.
class EntryColumns {
 public:
  struct Wanted {
    bool indices = true, times = false;
    int per_line = 1;  ///< entries that a line makes at most
  };
  EntryColumns(Entries& entries, Wanted wanted, int threads) : entries_(entries), wanted_(wanted), threads_(threads) {}

  /// Makes room for a batch, a chunk of num_lines[k] lines each; `reader` tells how much is to come.
  std::vector<EntryRange> open(std::span<const std::int64_t> num_lines, const LineReader& reader);
  /// After count was set for each: moves them together, and first with them.
  void close(std::span<EntryRange> chunks);

 private:
  template <class Act>
  void for_each_column(const Act& act) {
    act(entries_.values);
    if (wanted_.indices) act(entries_.rows);
    if (wanted_.indices) act(entries_.cols);
    if (wanted_.times) act(entries_.times);
  }

  Entries& entries_;
  Wanted wanted_;
  int threads_;
  std::size_t filled_ = 0;
};

/// parse_chunks for chunks with a member `entries`, an EntryRange, whose `first` is set when they are parsed and whose `count`
/// parse sets.  In the end they stand one after another in `entries`.
template <class Chunk, class Parse>
std::vector<Chunk> parse_into(LineReader& reader, const ReadOptions& options, Entries& entries,
                              EntryColumns::Wanted wanted, const Parse& parse) {
  EntryColumns columns(entries, wanted, thread_count(options.threads));
  std::vector<EntryRange> ranges;
  return parse_chunks<Chunk>(
      reader, options, parse,
      [&](std::span<Chunk> batch, std::span<const std::int64_t> num_lines) {
        ranges = columns.open(num_lines, reader);
        for (std::size_t k = 0; k < batch.size(); ++k) batch[k].entries = ranges[k];
      },
      [&](std::span<Chunk> batch) {
        for (std::size_t k = 0; k < batch.size(); ++k) ranges[k].count = batch[k].entries.count;
        columns.close(ranges);
        for (std::size_t k = 0; k < batch.size(); ++k) batch[k].entries = ranges[k];
      });
}

}  // namespace rankfill::data
