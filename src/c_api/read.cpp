// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <utility>

#include "c_api/guard.hpp"
#include "c_api/handles.hpp"
#include "c_api/settings.hpp"

namespace rankfill::c_api {

namespace {

Duplicates parse_duplicates(const std::string& name) {
  if (name == "error") return Duplicates::error;
  if (name == "last") return Duplicates::last;
  if (name == "mean") return Duplicates::mean;
  throw InvalidOption("duplicates", name, "must be error, last or mean");
}

Format parse_format(const std::string& name) {
  if (name == "auto") return Format::detect;
  if (name == "delimited") return Format::delimited;
  if (name == "mtx") return Format::matrix_market;
  if (name == "npy") return Format::npy;
  if (name == "npz") return Format::npz;
  if (name == "rfe") return Format::binary;
  throw InvalidOption("format", name, "must be auto, delimited, mtx, npy, npz or rfe");
}

void set(ReadOptions& o, const Setting& given) {
  const auto itself = [](const std::string& text) { return text; };
  const bool found = given.goes_to("header", o.header) || given.goes_to("row_column", o.row_column) ||
                     given.goes_to("col_column", o.col_column) || given.goes_to("value_column", o.value_column) ||
                     given.goes_to("time_column", o.time_column) || given.goes_to("missing", o.missing) ||
                     given.goes_to("threads", o.threads) || given.goes_to("format", o.format, parse_format) ||
                     given.goes_to("delimiter", o.delimiter, itself) ||
                     given.goes_to("duplicates", o.duplicates, parse_duplicates);
  if (!found) given.refuse("there is no option of reading of that name");
}

}  // namespace

}  // namespace rankfill::c_api

using namespace rankfill::c_api;

rankfill_status rankfill_entries_read(const char* file, const rankfill_read_options* options,
                                      rankfill_entries** entries, rankfill_error** error) {
  return guarded(error, [&] {
    need(file, "file");
    need(entries, "entries");
    rankfill::ReadOptions asked;
    if (options) {
      asked = options->options;
      asked.row_ids = options->row_ids ? &*options->row_ids : nullptr;
      asked.col_ids = options->col_ids ? &*options->col_ids : nullptr;
    }
    hand_over(std::make_unique<rankfill_entries>(rankfill_entries{rankfill::read_entries(file, asked)}), entries);
  });
}

rankfill_status rankfill_entries_resolve_duplicates(rankfill_entries* entries, const char* rule,
                                                    rankfill_error** error) {
  return guarded(error, [&] {
    rankfill::resolve_duplicates(need(entries, "entries").entries, parse_duplicates(&need(rule, "rule")));
  });
}

rankfill_status rankfill_read_options_new(rankfill_read_options** options, rankfill_error** error) {
  return guarded(error, [&] {
    need(options, "options");
    hand_over(std::make_unique<rankfill_read_options>(), options);
  });
}

rankfill_status rankfill_read_options_set_number(rankfill_read_options* options, const char* name, double value,
                                                 rankfill_error** error) {
  return guarded(error, [&] { set(need(options, "options").options, {&need(name, "name"), value}); });
}

rankfill_status rankfill_read_options_set_text(rankfill_read_options* options, const char* name, const char* value,
                                               rankfill_error** error) {
  return guarded(error, [&] {
    set(need(options, "options").options, {&need(name, "name"), std::string_view(&need(value, "value"))});
  });
}

rankfill_status rankfill_read_options_set_ids(rankfill_read_options* options, rankfill_side side,
                                              const rankfill_ids* ids, rankfill_error** error) {
  return guarded(error, [&] {
    rankfill_read_options& all = need(options, "options");
    need_side(side);
    (side == RANKFILL_ROWS ? all.row_ids : all.col_ids) = *ids_of(&need(ids, "ids"));
  });
}

void rankfill_read_options_free(rankfill_read_options* options) { delete options; }
