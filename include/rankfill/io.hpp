// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "rankfill/entries.hpp"

namespace rankfill {

/// What a file of entries looks like.  `detect` looks at the name and the first bytes.
/// `binary` is the library's own: entries as they stand in memory, to be read again at its speed (write_entries).
enum class Format { detect, delimited, matrix_market, npy, npz, binary };

/// What to do when one (row, column) pair is given more than once.
enum class Duplicates { error, last, mean };

/// How to read a file of entries.  Every default means "look at the file".
struct ReadOptions {
  Format format = Format::detect;

  // Delimited text only.
  std::string delimiter{};       ///< "," "\t" ";" " " "::"; empty: detect
  std::optional<bool> header{};  ///< does the first line hold names?  empty: detect
  int row_column = 0;            ///< one-based column of the row id;    0: detect (first, or by name in the header)
  int col_column = 0;            ///< one-based column of the column id; 0: detect (second, or by name)
  int value_column = 0;          ///< one-based column of the value;     0: detect (third, or by name)
  int time_column = 0;  ///< one-based column of a time; 0: none, or by name ("timestamp", "time") in the header
  std::optional<double> missing{};  ///< dense input: this value means "not observed", beside NaN

  Duplicates duplicates = Duplicates::error;
  int threads = 0;  ///< 0: all

  /// Give the file the same indices as training data: ids unknown there become index -1 (see Entries).
  const Ids* row_ids = nullptr;
  const Ids* col_ids = nullptr;

  /// Told now and then how far reading is: bytes done, bytes in all (of the file as stored).  Called from one thread.
  /// Text only: the other formats are read at the speed of the disk.
  std::function<void(std::uint64_t, std::uint64_t)> progress{};
  /// When it becomes true, reading stops with Error("interrupted").
  const std::atomic<bool>* interrupt = nullptr;
};

/// Reads observed entries from a file: delimited text (`row col value [time]`; header or none; MovieLens, LIBMF and Surprise
/// layouts are recognised), MatrixMarket coordinate or array, `.npz` as scipy.sparse.save_npz writes it, dense `.npy` with
/// NaN for missing, what write_entries wrote.  Text may be gzip- or zstd-compressed.  docs/formats.md.
///
/// *Throws* FileError (missing, a directory, unreadable), InvalidData (what was found, at which line).
Entries read_entries(const std::filesystem::path& file, const ReadOptions& options = {});

/// Writes entries to a file that read_entries reads back as they are, whole or not at all.  `detect` looks at the end of the
/// name: .rfe is Format::binary, the quickest to read, and holds all that Entries does; .csv, .tsv and .txt are lines of text
/// with commas, tabs or blanks (rows and columns without entries are lost); .npz is as scipy.sparse.save_npz writes coo, for
/// indices without names or times.
/// *Throws* InvalidOption (a format that is not written), InvalidData (what the format cannot hold; a pair given twice, an
/// index of -1, no entries), FileError.
void write_entries(const std::filesystem::path& file, const Entries& entries, Format format = Format::detect);

/// Applies the duplicate rule to entries made in memory; read_entries has done it already.
/// *Throws* InvalidData naming the first pair given twice, under Duplicates::error.
void resolve_duplicates(Entries& entries, Duplicates rule);

/// Training and held-out part of one set of entries; both keep shape and ids.  Entries that are moved in are split where they are.
struct Split {
  Entries train;
  Entries holdout;
};

/// Puts each entry into the held-out part with probability `fraction`, by a hash of (seed, row id order, column id order):
/// independent of the order of the entries and of threads.  0 < fraction < 1.
/// *Throws* InvalidOption (fraction), InvalidData (a part has no entries).
Split split_by_fraction(Entries entries, double fraction, std::uint64_t seed);

/// Cuts the entries into `folds` parts of about one size and holds out part `fold`, by the same hash: every entry is
/// held out in exactly one fold.  folds >= 2, 0 <= fold < folds.
/// *Throws* InvalidOption, InvalidData (a part has no entries).
Split split_by_fold(Entries entries, int fold, int folds, std::uint64_t seed);

/// Holds out the latest `fraction` of the entries by time (ties: later in the file is later).
/// *Throws* InvalidOption, InvalidData (no time column, or a part has no entries).
Split split_by_time(Entries entries, double fraction);

}  // namespace rankfill
