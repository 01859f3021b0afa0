// SPDX-License-Identifier: Apache-2.0
#include "data/file_bytes.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

#include "rankfill/error.hpp"

namespace rankfill::data {

namespace {

struct Descriptor {
  explicit Descriptor(int value) : value(value) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (value >= 0) ::close(value);
  }
  int value;
};

std::string system_words(int error) { return std::generic_category().message(error); }

/// A read that blocks is begun anew after a signal; a poll is not.
void wait_for_bytes(int descriptor, const std::atomic<bool>* interrupt) {
  if (interrupt == nullptr) return;
  constexpr int kMilliseconds = 200;
  pollfd waiting{descriptor, POLLIN, 0};
  for (;;) {
    if (interrupt->load(std::memory_order_relaxed)) throw Error("interrupted");
    const int ready = ::poll(&waiting, 1, kMilliseconds);
    if (ready > 0 || (ready < 0 && errno != EINTR)) return;
  }
}

}  // namespace

FileBytes::FileBytes(const std::filesystem::path& file, const std::atomic<bool>* interrupt) : name_(file.string()) {
  const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (in.value < 0) throw FileError(name_, "cannot open for reading", system_words(errno));
  struct stat status {};
  if (::fstat(in.value, &status) != 0) throw FileError(name_, "cannot read", system_words(errno));
  if (S_ISDIR(status.st_mode)) throw FileError(name_, "cannot read", system_words(EISDIR));
  if (!S_ISREG(status.st_mode) || status.st_size == 0) {  // files under /proc say they are empty
    read_stream(in.value, interrupt);
    return;
  }
  const auto bytes = static_cast<std::size_t>(status.st_size);
  void* mapping = ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, in.value, 0);
  if (mapping == MAP_FAILED) {
    read_stream(in.value, interrupt);
    return;
  }
  ::madvise(mapping, bytes, MADV_SEQUENTIAL);
  mapping_ = mapping;
  mapping_bytes_ = bytes;
  view_ = {static_cast<const char*>(mapping), bytes};
}

FileBytes::~FileBytes() {
  if (mapping_ != nullptr) ::munmap(mapping_, mapping_bytes_);
}

void FileBytes::done_with(std::string_view part) const {
  if (mapping_ == nullptr || part.empty()) return;
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(part.data()), end = begin + part.size();
  const std::uintptr_t first = (begin + page - 1) / page * page, last = end / page * page;
  if (first < last) ::madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

void FileBytes::read_stream(int descriptor, const std::atomic<bool>* interrupt) {
  constexpr std::size_t kFirstBytes = std::size_t{1} << 20;
  std::size_t filled = 0;
  copy_.resize(kFirstBytes);
  for (;;) {
    if (filled == copy_.size()) copy_.resize(copy_.size() * 2);
    wait_for_bytes(descriptor, interrupt);
    const ssize_t got = ::read(descriptor, copy_.data() + filled, copy_.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw FileError(name_, "cannot read", system_words(errno));
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  view_ = {copy_.data(), filled};
}

}  // namespace rankfill::data
