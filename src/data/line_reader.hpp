// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/file_bytes.hpp"
#include "data/parallel.hpp"
#include "rankfill/error.hpp"
#include "rankfill/io.hpp"

namespace rankfill::data {

/// How text is cut for parsing.  Neither depends on the number of threads, so no result can.
struct CutSizes {
  std::size_t batch_bytes = std::size_t{64} << 20;  ///< parsed in parallel between two calls of progress, mapped
  std::size_t decoded_batch_bytes = std::size_t{16} << 20;  ///< the same for decompressed text, which needs a buffer
  std::size_t chunk_bytes = std::size_t{1} << 20;           ///< parsed by one thread
};

/// A text file, plain or compressed, as a sequence of batches of whole lines; without UTF-8's byte order mark.
class LineReader {
 public:
  /// `bytes` must outlive the reader.
  explicit LineReader(const FileBytes& bytes, CutSizes sizes = {});

  /// The text of the current batch; empty at the end of the file.  Ends after a newline, except at the end of the file.
  std::string_view batch() const { return batch_; }
  /// One-based number of the first line of the current batch.
  std::int64_t line() const { return line_; }

  /// Drops the first `length` bytes of the batch, which hold `lines` newlines.
  void skip(std::size_t length, std::int64_t lines);
  /// Goes to the batch after this one, of which `lines` newlines were not skipped.
  void advance(std::int64_t lines);

  const std::string& name() const { return bytes_.name(); }
  const CutSizes& sizes() const { return sizes_; }
  std::uint64_t bytes_done() const { return decoder_ ? decoder_->consumed() : position_; }
  std::uint64_t bytes_total() const { return bytes_.view().size(); }

 private:
  void load();

  const FileBytes& bytes_;
  CutSizes sizes_;
  std::unique_ptr<Decoder> decoder_;
  std::vector<char> buffer_;   // decoded text: the batch, then the start of the next line
  std::size_t filled_ = 0;     // bytes of buffer_ in use
  std::size_t batch_end_ = 0;  // end of the batch within buffer_
  std::size_t position_ = 0;   // end of the batch within the file, when it is plain
  std::size_t done_ = 0;       // where what was given back to the system ends
  std::string_view batch_;
  std::int64_t line_ = 1;
};

/// The batch in pieces of about `chunk_bytes`, each ending after a newline except perhaps the last.
std::vector<std::string_view> cut_at_newlines(std::string_view text, std::size_t chunk_bytes);

/// *Throws* Error("interrupted") once the caller's flag is up.
void check_interrupt(const ReadOptions& options);

/// Takes the next line, without its newline, off the front of `text`.
inline std::string_view take_line(std::string_view& text) {
  const void* newline = text.empty() ? nullptr : std::memchr(text.data(), '\n', text.size());
  const std::size_t length =
      newline == nullptr ? text.size() : static_cast<std::size_t>(static_cast<const char*>(newline) - text.data());
  const std::string_view line = text.substr(0, length);
  text.remove_prefix(std::min(length + 1, text.size()));
  return line;
}

/// Moves past blank lines, and lines that begin with one of `comments`; the first other line, still in the batch, or
/// nothing at the end of the file.
std::optional<std::string_view> skip_to_content(LineReader& reader, std::string_view comments);
/// Drops the first line of the batch.
void skip_line(LineReader& reader);

/// Parses the rest of the file, in parallel; the chunks come back in file order.
///
/// parse(text, first_line, num_lines, chunk, worker) fills one chunk; worker: parallel_for_workers.  It throws InvalidData
/// at the first bad line of its text, which makes the exception that leaves this function the one for the first bad line
/// of the file.  Before a batch is parsed, open(chunks, num_lines) may make room for its default-made chunks; after it,
/// close(chunks) may tidy up.
template <class Chunk, class Parse, class Open, class Close>
std::vector<Chunk> parse_chunks(LineReader& reader, const ReadOptions& options, const Parse& parse, const Open& open,
                                const Close& close) {
  const int threads = thread_count(options.threads);
  std::vector<Chunk> chunks;
  while (!reader.batch().empty()) {
    const std::vector<std::string_view> texts = cut_at_newlines(reader.batch(), reader.sizes().chunk_bytes);
    const std::size_t before = chunks.size();
    const auto count = static_cast<std::int64_t>(texts.size());
    chunks.resize(before + texts.size());

    std::vector<std::int64_t> newlines(texts.size()), lines(texts.size());
    parallel_for(count, threads, [&](std::int64_t k) {
      const auto at = static_cast<std::size_t>(k);
      const std::string_view text = texts[at];
      newlines[at] = std::count(text.begin(), text.end(), '\n');
      lines[at] = newlines[at] + (text.back() != '\n');
    });
    std::vector<std::int64_t> first_line(texts.size() + 1, reader.line());
    for (std::size_t k = 0; k < texts.size(); ++k) first_line[k + 1] = first_line[k] + newlines[k];

    const std::span<Chunk> batch = std::span(chunks).subspan(before);
    open(batch, std::span<const std::int64_t>(lines));
    parallel_for_workers(count, threads, [&](std::int64_t k, int worker) {
      check_interrupt(options);
      const auto at = static_cast<std::size_t>(k);
      parse(texts[at], first_line[at], lines[at], batch[at], worker);
    });
    close(batch);
    reader.advance(first_line.back() - first_line.front());
    if (options.progress) options.progress(reader.bytes_done(), reader.bytes_total());
  }
  return chunks;
}

template <class Chunk, class Parse>
std::vector<Chunk> parse_chunks(LineReader& reader, const ReadOptions& options, const Parse& parse) {
  return parse_chunks<Chunk>(
      reader, options, parse, [](auto, auto) {}, [](auto) {});
}

}  // namespace rankfill::data
