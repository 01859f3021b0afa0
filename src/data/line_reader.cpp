// SPDX-License-Identifier: Apache-2.0
#include "data/line_reader.hpp"

#include "data/number.hpp"

namespace rankfill::data {

namespace {

/// Beyond this a file is no list of entries, and a small compressed file must not be able to ask for all memory.
constexpr std::size_t kLongestLine = std::size_t{64} << 20;

}  // namespace

LineReader::LineReader(const FileBytes& bytes, CutSizes sizes)
    : bytes_(bytes), sizes_(sizes), decoder_(make_decoder(bytes.view(), bytes.name())) {
  if (decoder_) buffer_.resize(sizes_.decoded_batch_bytes);
  load();
  if (batch_.starts_with("\xEF\xBB\xBF")) skip(3, 0);  // UTF-8's byte order mark
}

void LineReader::skip(std::size_t length, std::int64_t lines) {
  batch_.remove_prefix(length);
  line_ += lines;
  if (batch_.empty()) load();
}

void LineReader::advance(std::int64_t lines) {
  line_ += lines;
  load();
}

void LineReader::load() {
  if (!decoder_) {
    bytes_.done_with(bytes_.view().substr(done_, position_ - done_));
    done_ = position_;
    const std::string_view rest = bytes_.view().substr(position_);
    std::size_t length = rest.size();
    if (length > sizes_.batch_bytes) {
      const std::size_t newline = rest.find('\n', sizes_.batch_bytes - 1);
      if (newline != std::string_view::npos) length = newline + 1;
    }
    batch_ = rest.substr(0, length);
    position_ += length;
    return;
  }
  std::memmove(buffer_.data(), buffer_.data() + batch_end_, filled_ - batch_end_);
  filled_ -= batch_end_;
  for (;;) {
    const std::size_t room = buffer_.size() - filled_;
    const std::size_t got = decoder_->read(buffer_.data() + filled_, room);
    filled_ += got;
    const std::string_view text(buffer_.data(), filled_);
    const std::size_t newline = text.rfind('\n');
    const bool ended = got < room;
    if (ended || newline != std::string_view::npos) {
      batch_end_ = ended ? filled_ : newline + 1;
      batch_ = text.substr(0, batch_end_);
      return;
    }
    if (buffer_.size() > kLongestLine) {
      throw InvalidData(name(), line_, "a line longer than 64 MiB; this is not a list of entries");
    }
    buffer_.resize(buffer_.size() * 2);
  }
}

std::vector<std::string_view> cut_at_newlines(std::string_view text, std::size_t chunk_bytes) {
  std::vector<std::string_view> pieces;
  while (!text.empty()) {
    std::size_t length = text.size();
    if (length > chunk_bytes) {
      const std::size_t newline = text.find('\n', chunk_bytes - 1);
      if (newline != std::string_view::npos) length = newline + 1;
    }
    pieces.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return pieces;
}

std::optional<std::string_view> skip_to_content(LineReader& reader, std::string_view comments) {
  while (!reader.batch().empty()) {
    std::string_view rest = reader.batch();
    const std::string_view line = take_line(rest);
    const std::string_view text = trim(line);
    if (!text.empty() && comments.find(text.front()) == std::string_view::npos) return line;
    skip_line(reader);
  }
  return std::nullopt;
}

void skip_line(LineReader& reader) {
  std::string_view rest = reader.batch();
  take_line(rest);
  reader.skip(reader.batch().size() - rest.size(), 1);
}

void check_interrupt(const ReadOptions& options) {
  if (options.interrupt != nullptr && options.interrupt->load(std::memory_order_relaxed)) throw Error("interrupted");
}

}  // namespace rankfill::data
