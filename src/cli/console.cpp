// SPDX-License-Identifier: Apache-2.0
#include "cli/console.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "rankfill/error.hpp"

namespace rankfill::cli {

namespace {

std::size_t terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/// Writes to standard output at once; returns errno, or 0 when all went well.
int write_all(std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0 ? 0 : errno;
}

void require_written(int failure) {
  if (failure != 0) throw FileError("standard output", "cannot write", std::strerror(failure));
}

}  // namespace

bool is_terminal(std::FILE* stream) {
  const char* term = std::getenv("TERM");
  return isatty(fileno(stream)) == 1 && (term == nullptr || std::strcmp(term, "dumb") != 0);
}

bool is_colourful(std::FILE* stream) {
  const char* no_color = std::getenv("NO_COLOR");
  return is_terminal(stream) && (no_color == nullptr || *no_color == '\0');
}

void write_output(std::string_view text) { require_written(write_all(text)); }

Console::Console(Level level, bool output_is_data)
    : level_(level),
      stream_(output_is_data ? stderr : stdout),
      live_(level != Level::quiet && is_terminal(stderr)),
      colour_(is_colourful(stream_)) {}

void Console::line(std::string_view text) {
  if (is_quiet()) return;
  erase();
  const std::string whole = std::string(text) + "\n";
  if (stream_ == stdout) {
    const int failure = write_all(whole);
    if (failure_ == 0) failure_ = failure;
  } else {
    std::fputs(whole.c_str(), stderr);  // nobody is left to tell, should this fail
  }
}

void Console::check() const { require_written(failure_); }

void Console::warn(std::string_view text) { line(paint("33", "warning: ") + std::string(text)); }

void Console::live(std::string_view text) {
  if (!live_) return;
  const std::string shown = "\r\x1b[K" + std::string(text.substr(0, terminal_width() - 1));
  std::fputs(shown.c_str(), stderr);
  std::fflush(stderr);
  dirty_ = true;
}

void Console::erase() {
  if (!dirty_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  dirty_ = false;
}

std::string Console::paint(const char* code, std::string_view text) const {
  if (!colour_) return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

}  // namespace rankfill::cli
