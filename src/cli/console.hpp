// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace rankfill::cli {

/// Is the stream a terminal that understands control sequences?
bool is_terminal(std::FILE* stream);
/// May the stream be coloured?  A terminal, and NO_COLOR is unset or empty (https://no-color.org).
bool is_colourful(std::FILE* stream);

/// Writes to standard output at once.  *Throws* FileError (disk full, closed).
void write_output(std::string_view text);

/// Where a command tells people what it does: lines for the record, and one line on standard error that is overwritten.
class Console {
 public:
  enum class Level { quiet, normal, verbose };

  /// Lines go to standard output, or to standard error when `output_is_data`: JSON or predictions go there.
  Console(Level level, bool output_is_data);
  ~Console() { erase(); }
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  /// What cannot be written (a full disk, a closed pipe) is left out, and check() tells: a long fit is worth more than
  /// its table.
  void line(std::string_view text);
  /// *Throws* FileError when a line could not be written.
  void check() const;
  /// A line about something the user should look at.
  void warn(std::string_view text);
  /// Shows a passing line in place of the one before, on a terminal only.
  void live(std::string_view text);
  void erase();

  std::string bold(std::string_view text) const { return paint("1", text); }
  std::string faint(std::string_view text) const { return paint("2", text); }

  bool is_quiet() const { return level_ == Level::quiet; }
  bool is_verbose() const { return level_ == Level::verbose; }
  /// Do live lines show?
  bool is_live() const { return live_; }

 private:
  std::string paint(const char* code, std::string_view text) const;

  Level level_;
  std::FILE* stream_;
  bool live_;
  bool colour_;
  bool dirty_ = false;  // a live line stands on the terminal
  int failure_ = 0;     // errno of the first line that could not be written
};

}  // namespace rankfill::cli
