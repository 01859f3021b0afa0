// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "cli/console.hpp"
#include "rankfill/io.hpp"

namespace rankfill::cli {

/// The flags that say what a file of entries looks like.
struct ReadingFlags {
  std::string format = "auto";
  std::string delimiter;
  bool has_header = false, no_header = false;
  std::string columns;  ///< R,C,V[,T]
  std::optional<double> missing;
  std::string duplicates = "error";

  /// Adds them to a command, in a help group of their own.
  void add_to(CLI::App& parser);
  /// *Throws* InvalidOption.
  ReadOptions options(int threads = 0) const;
};

/// Reads entries (from standard input when `file` is "-"), telling the console how far it is; Ctrl-C stops it.  *Throws* as read_entries.
Entries read_with_progress(const std::string& file, ReadOptions options, Console& console);

/// *Throws* FileError when the file cannot be opened: before anything slow happens.
void require_readable(const std::string& file);

/// *Throws* FileError when `file` cannot be created or replaced.  Changes nothing.
void require_writable(const std::string& file);

/// *Throws* InvalidOption when the two are one existing file.
void require_other_file(const char* field, const std::string& output, const std::string& input);

}  // namespace rankfill::cli
