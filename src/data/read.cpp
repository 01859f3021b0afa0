// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "data/entry_file.hpp"
#include "data/readers.hpp"
#include "rankfill/error.hpp"
#include "rankfill/io.hpp"

namespace rankfill {

namespace {

bool starts_with(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

/// The first bytes decide; names can lie.
Format detect_stored(std::string_view bytes) {
  if (starts_with(bytes, "\x93NUMPY")) return Format::npy;
  if (starts_with(bytes, std::string_view("PK\x03\x04", 4)) || starts_with(bytes, std::string_view("PK\x05\x06", 4)))
    return Format::npz;
  if (starts_with(bytes, data::kEntryFileMagic)) return Format::binary;
  return Format::detect;
}

/// *Throws* InvalidData when the start of the text is not text, or not in lines.
void require_text(std::string_view text, const std::string& name) {
  if (starts_with(text, "\xFF\xFE") || starts_with(text, "\xFE\xFF"))
    throw InvalidData(name, 0, "text in UTF-16; save it as UTF-8 (or iconv -f UTF-16 -t UTF-8)");
  text = text.substr(0, 65536);
  const auto control = std::count_if(text.begin(), text.end(), [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return u < 32 && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != '\v';
  });
  if (text.find('\0') != std::string_view::npos || static_cast<std::size_t>(control) * 20 > text.size())
    throw InvalidData(name, 0, "binary data; neither delimited text, MatrixMarket, .npy, .npz nor .rfe");
  const std::size_t bare = text.find('\r');
  if (bare < text.find_last_not_of("\r\n ") && text.find('\n') == std::string_view::npos)
    throw InvalidData(name, 0, "its lines end in carriage returns alone; make them newlines (tr '\\r' '\\n')");
}

}  // namespace

Entries read_entries(const std::filesystem::path& file, const ReadOptions& options) {
  const data::FileBytes bytes(file, options.interrupt);
  if (bytes.view().empty()) throw InvalidData(bytes.name(), 0, "the file is empty: no entries");
  Format format = options.format == Format::detect ? detect_stored(bytes.view()) : options.format;
  if (format == Format::npy) return data::read_dense_npy(bytes, options);
  if (format == Format::npz) return data::read_scipy_npz(bytes, options);
  if (format == Format::binary) return data::read_entry_file(bytes, options);

  data::LineReader reader(bytes);
  require_text(reader.batch(), bytes.name());
  if (format == Format::detect)
    format = starts_with(reader.batch(), "%%MatrixMarket") ? Format::matrix_market : Format::delimited;
  return format == Format::matrix_market ? data::read_matrix_market(reader, options)
                                         : data::read_delimited(reader, options);
}

}  // namespace rankfill
