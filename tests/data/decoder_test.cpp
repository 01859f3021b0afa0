// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include "data/file_bytes.hpp"
#include "data/files.hpp"
#include "rankfill/error.hpp"

namespace rankfill::data {
namespace {

using test::complaint_of;
using test::holds;

std::string gzip(const std::string& text) {
  z_stream stream{};
  if (deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string zstd(const std::string& text) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
  return packed;
}

/// All that comes out, in pieces of `step` bytes.
std::string decode(const std::string& packed, std::size_t step = 1000) {
  const auto decoder = make_decoder(packed, "file");
  std::string text, piece(step, '\0');
  for (;;) {
    const std::size_t got = decoder->read(piece.data(), step);
    text.append(piece, 0, got);
    if (got < step) break;
  }
  EXPECT_EQ(decoder->consumed(), packed.size());
  return text;
}

std::string sample() {
  std::string text;
  for (int k = 0; k < 5000; ++k) text += std::to_string(k * k % 9973) + " " + std::to_string(k) + " 3.5\n";
  return text;
}

TEST(Decoder, PlainBytesNeedNone) {
  for (const std::string text : {"", "1 2 3\n", "\x1f", "PK\x03\x04"}) EXPECT_EQ(make_decoder(text, "file"), nullptr);
}

TEST(Decoder, RestoresTheTextInPiecesOfAnySize) {
  const std::string text = sample();
  for (const std::string& packed : {gzip(text), zstd(text)}) {
    for (const std::size_t step : {std::size_t{1}, std::size_t{777}, text.size(), 2 * text.size()})
      EXPECT_EQ(decode(packed, step), text);
  }
  EXPECT_EQ(decode(gzip("")), "");
  EXPECT_EQ(decode(zstd("")), "");
}

TEST(Decoder, FilesMayBeConcatenated) {
  EXPECT_EQ(decode(gzip("1 2 3\n") + gzip("") + gzip("4 5 6\n")), "1 2 3\n4 5 6\n");
  EXPECT_EQ(decode(zstd("1 2 3\n") + zstd("4 5 6\n")), "1 2 3\n4 5 6\n");
  EXPECT_EQ(decode(gzip("1 2 3\n") + std::string(512, '\0')), "1 2 3\n");  // as tape writers pad
}

TEST(Decoder, EveryCutIsSeen) {
  const std::string text = sample().substr(0, 400);
  for (const std::string& packed : {gzip(text), zstd(text)}) {
    for (std::size_t size = 4; size < packed.size(); ++size) {
      const std::string cut = packed.substr(0, size);
      const auto complaint = complaint_of<InvalidData>([&] { decode(cut); });
      EXPECT_TRUE(complaint.starts_with("file: ")) << size << " of " << packed.size() << ": " << complaint;
    }
  }
}

TEST(Decoder, ChangedBytesAreSeenByTheGzipChecksum) {
  const std::string packed = gzip(sample());
  for (std::size_t at = 10; at < packed.size(); at += 97) {
    std::string changed = packed;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    EXPECT_THROW(decode(changed), InvalidData) << at;
  }
}

TEST(Decoder, RubbishAfterTheEndIsSeen) {
  EXPECT_TRUE(holds(complaint_of<InvalidData>([] { decode(gzip("1 2 3\n") + "4 5 6\n"); }), "not gzip"));
  EXPECT_TRUE(holds(complaint_of<InvalidData>([] { decode(zstd("1 2 3\n") + "4 5 6\n"); }), "zstd"));
}

}  // namespace
}  // namespace rankfill::data
