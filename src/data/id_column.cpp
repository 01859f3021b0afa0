// SPDX-License-Identifier: Apache-2.0
#include "data/id_column.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

#include "data/number.hpp"
#include "data/pages.hpp"
#include "data/parallel.hpp"
#include "rankfill/error.hpp"

namespace rankfill::data {

void IdColumn::place(std::int32_t* at, TextTable* texts) {
  if (at_ == nullptr) std::copy(own_.begin(), own_.end(), at);
  std::vector<std::int32_t>().swap(own_);
  at_ = at;
  if (texts != nullptr) texts_ = texts;
}

void IdColumn::add(std::string_view id) {
  if (kind_ != Kind::text) {
    std::int64_t number = 0;
    if (parse_whole(id, number)) {
      add(number);
      return;
    }
    make_text();
  }
  put(texts_->add(id));
}

void IdColumn::add_lasting(std::string_view id) {
  constexpr std::size_t kMostWaiting = 64;
  if (kind_ != Kind::text) {
    add(id);
    return;
  }
  put(0);
  waiting_.push_back(id);
  if (waiting_.size() == kMostWaiting) flush();
}

void IdColumn::flush() {
  if (waiting_.empty()) return;
  texts_->add(waiting_, keys() + size_ - waiting_.size());
  waiting_.clear();
}

void IdColumn::add_large(std::int64_t number) {
  if (kind_ == Kind::text) {
    put(texts_->add(std::to_string(number)));
    return;
  }
  make_wide();
  if (size_ < wide_.size()) {
    wide_[size_] = number;
  } else {
    wide_.push_back(number);
  }
  ++size_;
}

void IdColumn::make_wide() {
  if (kind_ != Kind::narrow) return;
  kind_ = Kind::wide;
  const std::int32_t* narrow = keys();
  wide_.assign(narrow, narrow + size_);
}

void IdColumn::make_text() {
  if (kind_ == Kind::text) return;
  if (texts_ == nullptr) {
    own_texts_ = std::make_unique<TextTable>();
    texts_ = own_texts_.get();
  }
  if (at_ == nullptr) own_.resize(size_);
  std::int32_t* key = keys();
  for (std::size_t k = 0; k < size_; ++k) {
    key[k] = texts_->add(std::to_string(kind_ == Kind::wide ? wide_[k] : std::int64_t{key[k]}));
  }
  std::vector<std::int64_t>().swap(wide_);
  kind_ = Kind::text;
}

void IdColumn::set_size(std::size_t count) { size_ = count; }

namespace {

using Columns = std::vector<IdColumn*>;

/// body(column, place, worker) for all columns.
template <class Body>
void for_columns(const Columns& columns, int threads, const Body& body) {
  parallel_for_workers(std::ssize(columns), threads, [&](std::int64_t k, int worker) {
    body(*columns[static_cast<std::size_t>(k)], static_cast<std::size_t>(k), worker);
  });
}

/// body(number) for the numbers of a column.
template <class Body>
void for_numbers(IdColumn& column, const Body& body) {
  if (column.kind() == IdColumn::Kind::wide) {
    for (std::size_t k = 0; k < column.size(); ++k) body(column.wide()[k]);
  } else {
    for (std::size_t k = 0; k < column.size(); ++k) body(std::int64_t{column.keys()[k]});
  }
}

/// keys[k] = map(number k), and the numbers are gone.
template <class Map>
void map_numbers(IdColumn& column, const Map& map) {
  std::int32_t* key = column.keys();
  for_numbers(column, [&](std::int64_t number) { *key++ = map(number); });
  std::vector<std::int64_t>().swap(column.wide());
}

struct Range {
  std::int64_t low = std::numeric_limits<std::int64_t>::max(), high = std::numeric_limits<std::int64_t>::min();
};

Range range_of(const Columns& columns, int threads) {
  std::vector<Range> ranges(columns.size());
  for_columns(columns, threads, [&](IdColumn& column, std::size_t k, int) {
    if (column.kind() == IdColumn::Kind::narrow) {
      std::int32_t low = std::numeric_limits<std::int32_t>::max(), high = std::numeric_limits<std::int32_t>::min();
      const std::int32_t* key = column.keys();
      for (std::size_t p = 0; p < column.size(); ++p) {
        low = std::min(low, key[p]);
        high = std::max(high, key[p]);
      }
      if (column.size() > 0) ranges[k] = {low, high};
      return;
    }
    Range& range = ranges[k];
    for_numbers(column, [&](std::int64_t number) {
      range = {std::min(range.low, number), std::max(range.high, number)};
    });
  });
  Range all;
  for (const Range& range : ranges) all = {std::min(all.low, range.low), std::max(all.high, range.high)};
  return all;
}

void check_count(std::size_t count, const std::string& file, const std::string& side) {
  if (static_cast<std::int64_t>(count) > kMostIds)
    throw InvalidData(file, 0, "more than 2^31 - 1 distinct " + side + " ids");
}

/// Marks the numbers that occur, in an array as wide as their range; their ranks are the indices.
std::vector<std::int64_t> index_dense(const Columns& columns, Range range, int threads, const std::string& file,
                                      const std::string& side) {
  const auto span = static_cast<std::size_t>(range.high - range.low) + 1;
  std::vector<std::uint8_t> seen(span);
  for_columns(columns, threads, [&](IdColumn& column, std::size_t, int) {
    for_numbers(column, [&](std::int64_t number) {
      // Atomic because threads may set the same byte; read first, so that they do not take it from each other.
      const std::atomic_ref mark(seen[static_cast<std::size_t>(number - range.low)]);
      if (mark.load(std::memory_order_relaxed) == 0) mark.store(1, std::memory_order_relaxed);
    });
  });
  const auto count = static_cast<std::size_t>(std::count(seen.begin(), seen.end(), 1));
  check_count(count, file, side);
  std::vector<std::int64_t> distinct;
  distinct.reserve(count);
  std::vector<std::int32_t> rank(count < span ? span : 0);
  for (std::size_t k = 0; k < span; ++k) {
    if (seen[k] == 0) continue;
    if (!rank.empty()) rank[k] = static_cast<std::int32_t>(distinct.size());
    distinct.push_back(range.low + static_cast<std::int64_t>(k));
  }
  for_columns(columns, threads, [&](IdColumn& column, std::size_t, int) {
    if (!rank.empty()) {
      map_numbers(column, [&](std::int64_t number) { return rank[static_cast<std::size_t>(number - range.low)]; });
    } else if (range.low != 0 || column.kind() == IdColumn::Kind::wide) {
      map_numbers(column, [&](std::int64_t number) { return static_cast<std::int32_t>(number - range.low); });
    }
  });
  return distinct;
}

/// keys[k] = place[keys[k]]
void map_keys(IdColumn& column, const std::vector<std::int32_t>& place) {
  std::int32_t* key = column.keys();
  for (std::size_t k = 0; k < column.size(); ++k) key[k] = place[static_cast<std::size_t>(key[k])];
}

/// Each thread numbers what it meets; then the numberings are put in order.
std::vector<std::int64_t> index_sparse(const Columns& columns, int threads, const std::string& file,
                                       const std::string& side) {
  std::vector<NumberSet> sets(static_cast<std::size_t>(threads));
  std::vector<int> set_of(columns.size());
  for_columns(columns, threads, [&](IdColumn& column, std::size_t k, int worker) {
    set_of[k] = worker;
    NumberSet& set = sets[static_cast<std::size_t>(worker)];
    map_numbers(column, [&](std::int64_t number) { return set.add(number); });
  });
  std::vector<std::int64_t> distinct;
  for (const NumberSet& set : sets) distinct.insert(distinct.end(), set.numbers().begin(), set.numbers().end());
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  check_count(distinct.size(), file, side);
  const NumberTable table(distinct);
  std::vector<std::vector<std::int32_t>> place(sets.size());
  parallel_for(std::ssize(sets), threads, [&](std::int64_t s) {
    auto& places = place[static_cast<std::size_t>(s)];
    for (const std::int64_t number : sets[static_cast<std::size_t>(s)].numbers()) places.push_back(table.find(number));
  });
  for_columns(columns, threads, [&](IdColumn& column, std::size_t k, int) {
    map_keys(column, place[static_cast<std::size_t>(set_of[k])]);
  });
  return distinct;
}

void find_known_numbers(const Columns& columns, const Ids& known, int threads) {
  if (known.as_numbers() == nullptr) {
    for_columns(columns, threads, [&](IdColumn& column, std::size_t, int) {
      map_numbers(column, [&](std::int64_t number) { return static_cast<std::int32_t>(known.find(number)); });
    });
    return;
  }
  const NumberTable table(*known.as_numbers());
  for_columns(columns, threads, [&](IdColumn& column, std::size_t, int) {
    map_numbers(column, [&](std::int64_t number) { return table.find(number); });
  });
}

/// The texts in byte order: which is at each place.  Most comparisons are settled by the first eight bytes.
std::vector<std::int32_t> sort_texts(const TextTable& texts) {
  struct Key {
    std::uint64_t prefix;
    std::int32_t number;
  };
  std::vector<Key> keys;
  keys.reserve(static_cast<std::size_t>(texts.size()));
  for (std::int32_t k = 0; k < texts.size(); ++k) {
    const std::string_view text = texts[k];
    std::uint64_t prefix = 0;
    for (std::size_t b = 0; b < 8; ++b)
      prefix = prefix << 8 | (b < text.size() ? static_cast<unsigned char>(text[b]) : 0u);
    keys.push_back({prefix, k});
  }
  std::sort(keys.begin(), keys.end(), [&](const Key& a, const Key& b) {
    return a.prefix != b.prefix ? a.prefix < b.prefix : texts[a.number] < texts[b.number];
  });
  std::vector<std::int32_t> order;
  order.reserve(keys.size());
  for (const Key& key : keys) order.push_back(key.number);
  return order;
}

/// All texts of several tables, each once, and where each table's stand among them.
struct JoinedTexts {
  std::vector<TextTable*> tables;
  std::vector<std::size_t> table_of;              // per column
  std::vector<std::vector<std::int32_t>> places;  // per table: text -> index

  explicit JoinedTexts(const Columns& columns) {
    for (IdColumn* column : columns) {
      // Neighbours mostly share one.
      std::size_t t = table_of.empty() ? 0 : table_of.back();
      if (t >= tables.size() || tables[t] != column->texts())
        t = static_cast<std::size_t>(std::find(tables.begin(), tables.end(), column->texts()) - tables.begin());
      if (t == tables.size()) tables.push_back(column->texts());
      table_of.push_back(t);
    }
    places.resize(tables.size());
  }

  void find_known(const Ids& known, int threads) {
    for (std::size_t t = 0; t < tables.size(); ++t) {
      const std::int64_t count = tables[t]->size(), pieces = std::min<std::int64_t>(count, 256);
      places[t].resize(static_cast<std::size_t>(count));
      parallel_for(pieces, threads, [&](std::int64_t piece) {
        for (std::int64_t k = count * piece / pieces; k < count * (piece + 1) / pieces; ++k)
          places[t][static_cast<std::size_t>(k)] = static_cast<std::int32_t>(known.find((*tables[t])[k]));
      });
    }
  }

  std::vector<std::string> sort() {
    TextTable all;
    for (std::size_t t = 0; t < tables.size(); ++t) {
      TextTable& table = *tables[t];
      places[t].reserve(static_cast<std::size_t>(table.size()));
      if (t == 0) {
        for (std::int32_t k = 0; k < table.size(); ++k) places[t].push_back(k);
        all = std::move(table);
      } else {
        for (std::int64_t k = 0; k < table.size(); ++k) places[t].push_back(all.add(table[k]));
      }
      table = TextTable();
    }
    const std::vector<std::int32_t> order = sort_texts(all);
    std::vector<std::int32_t> rank(order.size());
    std::vector<std::string> names;
    names.reserve(order.size());
    for (std::size_t k = 0; k < order.size(); ++k) {
      rank[static_cast<std::size_t>(order[k])] = static_cast<std::int32_t>(k);
      names.emplace_back(all[order[k]]);
    }
    for (auto& place : places) {
      for (std::int32_t& index : place) index = rank[static_cast<std::size_t>(index)];
    }
    return names;
  }
};

}  // namespace

Ids index_in_place(const Columns& columns, const Ids* known, int threads, const std::string& file,
                   const std::string& side) {
  const bool any_text =
      std::any_of(columns.begin(), columns.end(), [](const IdColumn* c) { return c->kind() == IdColumn::Kind::text; });
  if (!any_text) {
    if (known != nullptr) {
      find_known_numbers(columns, *known, threads);
      return *known;
    }
    const Range range = range_of(columns, threads);
    std::size_t count = 0;
    for (const IdColumn* column : columns) count += column->size();
    if (count == 0) return Ids::numbers({});
    return Ids::numbers(is_dense(range.low, range.high, count) ? index_dense(columns, range, threads, file, side)
                                                               : index_sparse(columns, threads, file, side));
  }
  std::vector<TextTable> tables(static_cast<std::size_t>(threads));
  for_columns(columns, threads, [&](IdColumn& column, std::size_t, int worker) {
    if (column.kind() == IdColumn::Kind::text) return;
    column.place(column.keys(), &tables[static_cast<std::size_t>(worker)]);
    column.make_text();
  });
  JoinedTexts joined(columns);
  Ids ids;
  if (known != nullptr) {
    ids = *known;
    joined.find_known(ids, threads);
  } else {
    ids = Ids::texts(joined.sort());
  }
  for_columns(columns, threads,
              [&](IdColumn& column, std::size_t k, int) { map_keys(column, joined.places[joined.table_of[k]]); });
  return ids;
}

IndexedIds index_ids(const Columns& columns, const Ids* known, int threads, const std::string& file,
                     const std::string& side) {
  std::vector<std::size_t> first{0};
  for (const IdColumn* column : columns) first.push_back(first.back() + column->size());
  IndexedIds indexed{zeros<std::int32_t>(first.back(), threads), {}};
  for_columns(columns, threads,
              [&](IdColumn& column, std::size_t k, int) { column.place(indexed.indices.data() + first[k], nullptr); });
  indexed.ids = index_in_place(columns, known, threads, file, side);
  return indexed;
}

}  // namespace rankfill::data
