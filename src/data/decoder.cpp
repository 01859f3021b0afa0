// SPDX-License-Identifier: Apache-2.0
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <limits>

#include "data/file_bytes.hpp"
#include "rankfill/error.hpp"

namespace rankfill::data {

namespace {

constexpr std::string_view kGzipMagic = "\x1f\x8b";
constexpr std::string_view kZstdMagic = "\x28\xb5\x2f\xfd";

class GzipDecoder : public Decoder {
 public:
  GzipDecoder(std::string_view input, const std::string& file) : input_(input), file_(file) {
    constexpr int kGzipOnly = 16;  // added to the window bits: gzip wrapper, no zlib wrapper
    if (inflateInit2(&stream_, MAX_WBITS + kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  ~GzipDecoder() override { inflateEnd(&stream_); }
  GzipDecoder(const GzipDecoder&) = delete;
  GzipDecoder& operator=(const GzipDecoder&) = delete;

  std::size_t read(char* out, std::size_t size) override {
    std::size_t written = 0;
    while (written < size && !ended_) {
      const std::size_t in = std::min(input_.size() - used_, kStep);
      const std::size_t room = std::min(size - written, kStep);
      // zlib's interface has no const; it does not write to next_in.
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input_.data() + used_));
      stream_.avail_in = static_cast<uInt>(in);
      stream_.next_out = reinterpret_cast<Bytef*>(out + written);
      stream_.avail_out = static_cast<uInt>(room);
      const int status = inflate(&stream_, Z_NO_FLUSH);
      const std::size_t taken = in - stream_.avail_in, made = room - stream_.avail_out;
      used_ += taken;
      written += made;
      if (status == Z_STREAM_END) {
        next_member();
      } else if (status == Z_MEM_ERROR) {
        throw std::bad_alloc();
      } else if (status != Z_OK && status != Z_BUF_ERROR) {
        throw InvalidData(file_, 0, std::string("damaged gzip data: ") + (stream_.msg ? stream_.msg : "bad stream"));
      } else if (taken == 0 && made == 0) {
        throw InvalidData(file_, 0, "the gzip data ends early");
      }
    }
    return written;
  }
  std::uint64_t consumed() const override { return used_; }

 private:
  void next_member() {
    // gzip(1) and tape writers pad with zeros.
    const std::size_t next = input_.find_first_not_of('\0', used_);
    if (next == std::string_view::npos) {
      used_ = input_.size();
      ended_ = true;
    } else if (next == used_ && input_.substr(used_).starts_with(kGzipMagic)) {
      inflateReset(&stream_);
    } else {
      throw InvalidData(file_, 0, "bytes that are not gzip follow the gzip data");
    }
  }

  static constexpr std::size_t kStep = std::size_t{1} << 30;  // zlib counts in 32 bits
  std::string_view input_;
  std::string file_;
  std::size_t used_ = 0;
  bool ended_ = false;
  z_stream stream_{};
};

class ZstdDecoder : public Decoder {
 public:
  ZstdDecoder(std::string_view input, const std::string& file)
      : input_{input.data(), input.size(), 0}, file_(file), stream_(ZSTD_createDStream()) {
    if (stream_ == nullptr) throw std::bad_alloc();
  }
  ~ZstdDecoder() override { ZSTD_freeDStream(stream_); }
  ZstdDecoder(const ZstdDecoder&) = delete;
  ZstdDecoder& operator=(const ZstdDecoder&) = delete;

  std::size_t read(char* out, std::size_t size) override {
    ZSTD_outBuffer buffer{out, size, 0};
    while (buffer.pos < size) {
      if (in_frame_ == 0 && input_.pos == input_.size) break;
      const std::size_t taken = input_.pos, made = buffer.pos;
      in_frame_ = ZSTD_decompressStream(stream_, &buffer, &input_);
      if (ZSTD_isError(in_frame_)) {
        throw InvalidData(file_, 0, std::string("damaged zstd data: ") + ZSTD_getErrorName(in_frame_));
      }
      if (input_.pos == taken && buffer.pos == made) throw InvalidData(file_, 0, "the zstd data ends early");
    }
    return buffer.pos;
  }
  std::uint64_t consumed() const override { return input_.pos; }

 private:
  ZSTD_inBuffer input_;
  std::string file_;
  ZSTD_DStream* stream_;
  std::size_t in_frame_ = 0;  // 0 between frames
};

}  // namespace

std::unique_ptr<Decoder> make_decoder(std::string_view input, const std::string& file) {
  if (input.starts_with(kGzipMagic)) return std::make_unique<GzipDecoder>(input, file);
  if (input.starts_with(kZstdMagic)) return std::make_unique<ZstdDecoder>(input, file);
  return nullptr;
}

}  // namespace rankfill::data
