// SPDX-License-Identifier: Apache-2.0
#include "cli/reading.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <map>
#include <vector>

#include "cli/interrupt.hpp"
#include "cli/text.hpp"
#include "rankfill/error.hpp"

namespace rankfill::cli {

namespace {

constexpr const char* kGroup = "Reading";

template <class Value>
Value choose(const char* field, const std::string& text, const std::map<std::string, Value>& choices) {
  const auto at = choices.find(text);
  if (at != choices.end()) return at->second;
  std::string rule = "one of";
  for (const auto& [name, value] : choices) rule += (rule == "one of" ? " " : ", ") + name;
  throw InvalidOption(field, text, rule);
}

/// The delimiter by name, by what a shell passes for "\t", or as it is.
std::string delimiter_of(const std::string& text) {
  static const std::map<std::string, std::string> kNames{{"comma", ","},     {"tab", "\t"},  {"\\t", "\t"},
                                                         {"semicolon", ";"}, {"space", " "}, {"auto", ""}};
  const auto at = kNames.find(text);
  return at == kNames.end() ? text : at->second;
}

/// "2,1,3" or "2,1,3,4".
void place_columns(ReadOptions& options, const std::string& text) {
  if (text.empty()) return;
  std::vector<int> columns;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (bool more = true; more;) {
    int column = 0;
    const auto [stop, error] = std::from_chars(at, end, column);
    const bool is_good = error == std::errc{} && column >= 1 && (stop == end || *stop == ',');
    more = is_good && stop != end;
    if (is_good) columns.push_back(column);
    if (!is_good) columns.clear();
    if (more) at = stop + 1;
  }
  if (columns.size() != 3 && columns.size() != 4) {
    throw InvalidOption("columns", text, "must be three or four columns, R,C,V[,T], counted from 1");
  }
  options.row_column = columns[0];
  options.col_column = columns[1];
  options.value_column = columns[2];
  if (columns.size() == 4) options.time_column = columns[3];
}

}  // namespace

void ReadingFlags::add_to(CLI::App& parser) {
  parser
      .add_option("--format", format,
                  "auto, delimited (csv, tsv, MovieLens, LIBMF), mtx (MatrixMarket), npy (dense, NaN is missing), npz "
                  "(scipy.sparse.save_npz) or rfe (`rankfill convert`).  Text may be gzip or zstd.  auto looks at the "
                  "first bytes, not at the name")
      ->type_name("NAME")
      ->group(kGroup)
      ->capture_default_str();
  parser.add_option("--delimiter", delimiter, "comma, tab, semicolon, space or ::  [detected]")
      ->type_name("NAME")
      ->group(kGroup);
  auto* header = parser.add_flag("--header", has_header, "The first line holds names  [detected]")->group(kGroup);
  parser.add_flag("--no-header", no_header, "The first line holds data  [detected]")->group(kGroup)->excludes(header);
  parser
      .add_option("--columns", columns,
                  "Which columns hold row id, column id, value and, if any, time; counted from 1 "
                  "[by name in the header, else 1,2,3]")
      ->type_name("R,C,V[,T]")
      ->group(kGroup);
  parser.add_option("--missing", missing, "In dense files this value means \"not observed\", beside NaN")
      ->type_name("NUMBER")
      ->group(kGroup);
  parser.add_option("--duplicates", duplicates, "A pair given twice: error, last (the later counts) or mean")
      ->type_name("RULE")
      ->group(kGroup)
      ->capture_default_str();
}

ReadOptions ReadingFlags::options(int threads) const {
  ReadOptions options;
  options.format = choose<Format>("format", format,
                                  {{"auto", Format::detect},
                                   {"delimited", Format::delimited},
                                   {"mtx", Format::matrix_market},
                                   {"npy", Format::npy},
                                   {"npz", Format::npz},
                                   {"rfe", Format::binary}});
  options.duplicates = choose<Duplicates>(
      "duplicates", duplicates, {{"error", Duplicates::error}, {"last", Duplicates::last}, {"mean", Duplicates::mean}});
  options.delimiter = delimiter_of(delimiter);
  if (has_header || no_header) options.header = has_header;
  place_columns(options, columns);
  options.missing = missing;
  options.threads = threads;
  options.interrupt = &interrupt_flag();
  return options;
}

Entries read_with_progress(const std::string& file, ReadOptions options, Console& console) {
  if (file == "-") return read_with_progress("/dev/stdin", std::move(options), console);
  using Clock = std::chrono::steady_clock;
  constexpr auto kBetweenLines = std::chrono::seconds(10);  // in a pipe
  auto last_line = Clock::now();
  options.progress = [&](std::uint64_t done, std::uint64_t total) {
    if (total == 0) return;
    const std::string text =
        "reading " + file + "  " + std::to_string(done * 100 / total) + "% of " + bytes_text(total);
    if (console.is_live()) {
      console.live(text);
    } else if (Clock::now() - last_line > kBetweenLines) {
      console.line(text);
      last_line = Clock::now();
    }
  };
  Entries entries = read_entries(file, options);
  console.erase();
  return entries;
}

void require_readable(const std::string& file) {
  if (file == "-") return;
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) throw FileError(file, "cannot open", std::strerror(errno));
  if (S_ISDIR(status.st_mode)) throw FileError(file, "cannot read", std::strerror(EISDIR));
  if (::access(file.c_str(), R_OK) != 0) throw FileError(file, "cannot open", std::strerror(errno));
}

void require_writable(const std::string& file) {
  struct stat status {};
  const auto fail = [&](int error) { throw FileError(file, "cannot open for writing", std::strerror(error)); };
  if (file.empty()) fail(ENOENT);
  if (::stat(file.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) fail(EISDIR);
    if (::access(file.c_str(), W_OK) != 0) fail(errno);
    if (!S_ISREG(status.st_mode)) return;
  }
  std::filesystem::path folder = std::filesystem::path(file).parent_path();
  if (folder.empty()) folder = ".";
  if (::stat(folder.c_str(), &status) != 0) fail(errno);
  if (!S_ISDIR(status.st_mode)) fail(ENOTDIR);
  if (::access(folder.c_str(), W_OK | X_OK) != 0) fail(errno);  // a file is replaced by renaming another over it
}

void require_other_file(const char* field, const std::string& output, const std::string& input) {
  std::error_code ignored;
  if (!output.empty() && std::filesystem::equivalent(output, input, ignored)) {
    throw InvalidOption(field, output, "is an input file, and would be overwritten");
  }
}

}  // namespace rankfill::cli
