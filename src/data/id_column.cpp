// SPDX-License-Identifier: Apache-2.0
#include "data/id_column.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <numeric>
#include <utility>

#include "data/number.hpp"
#include "data/parallel.hpp"
#include "rankfill/error.hpp"

namespace rankfill::data {

std::string_view TextTable::operator[](std::int64_t number) const {
  const auto k = static_cast<std::size_t>(number);
  const std::uint64_t begin = k == 0 ? 0 : ends_[k - 1];
  return std::string_view(bytes_).substr(begin, ends_[k] - begin);
}

std::int64_t TextTable::add(std::string_view text) {
  if (2 * ends_.size() >= slots_.size()) grow();
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = std::hash<std::string_view>()(text) & mask;
  for (; slots_[slot] != 0; slot = (slot + 1) & mask) {
    const std::int64_t number = slots_[slot] - std::int64_t{1};
    if ((*this)[number] == text) return number;
  }
  bytes_.append(text);
  ends_.push_back(bytes_.size());
  slots_[slot] = static_cast<std::uint32_t>(ends_.size());
  return size() - 1;
}

void TextTable::grow() {
  if (size() >= kMostIds) throw InvalidData("", 0, "more than 2^31 - 1 distinct ids");
  slots_.assign(std::max<std::size_t>(64, slots_.size() * 2), 0);
  const std::size_t mask = slots_.size() - 1;
  for (std::int64_t number = 0; number < size(); ++number) {
    std::size_t slot = std::hash<std::string_view>()((*this)[number]) & mask;
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = static_cast<std::uint32_t>(number + 1);
  }
}

namespace {

/// Numbers this close together are looked up in an array rather than hashed: at most 8 places for each one, 4 bytes each.
bool is_dense(std::int64_t lowest, std::int64_t highest, std::size_t count) {
  constexpr std::uint64_t kAlwaysDense = std::uint64_t{1} << 20;
  const std::uint64_t spread = static_cast<std::uint64_t>(highest) - static_cast<std::uint64_t>(lowest);
  return spread < kAlwaysDense || spread / 8 < count;
}

std::uint64_t mix(std::int64_t number) {
  const std::uint64_t x = static_cast<std::uint64_t>(number) * 0x9E3779B97F4A7C15u;
  return x ^ (x >> 32);
}

}  // namespace

NumberTable::NumberTable(const std::vector<std::int64_t>& ascending) {
  if (ascending.empty()) return;
  lowest_ = ascending.front();
  if (is_dense(ascending.front(), ascending.back(), ascending.size())) {
    dense_.assign(static_cast<std::size_t>(ascending.back() - lowest_) + 1, -1);
    for (std::size_t k = 0; k < ascending.size(); ++k) {
      dense_[static_cast<std::size_t>(ascending[k] - lowest_)] = static_cast<std::int32_t>(k);
    }
    return;
  }
  std::size_t slots = 64;
  while (slots < 2 * ascending.size()) slots *= 2;
  mask_ = slots - 1;
  keys_.resize(slots);
  places_.assign(slots, -1);
  for (std::size_t k = 0; k < ascending.size(); ++k) {
    std::uint64_t slot = mix(ascending[k]) & mask_;
    while (places_[slot] >= 0) slot = (slot + 1) & mask_;
    keys_[slot] = ascending[k];
    places_[slot] = static_cast<std::int32_t>(k);
  }
}

std::int32_t NumberTable::find(std::int64_t number) const {
  if (!dense_.empty()) {
    const std::uint64_t offset = static_cast<std::uint64_t>(number) - static_cast<std::uint64_t>(lowest_);
    return number >= lowest_ && offset < dense_.size() ? dense_[offset] : -1;
  }
  if (places_.empty()) return -1;
  for (std::uint64_t slot = mix(number) & mask_;; slot = (slot + 1) & mask_) {
    if (places_[slot] < 0 || keys_[slot] == number) return places_[slot];
  }
}

void IdColumn::add(std::string_view id) {
  std::int64_t number = 0;
  if (!is_text_) {
    if (parse_whole(id, number)) {
      keys.push_back(number);
      return;
    }
    make_text();
  }
  add_text(id);
}

void IdColumn::make_text() {
  if (is_text_) return;
  is_text_ = true;
  for (std::int64_t& key : keys) key = texts.add(std::to_string(key));
}

namespace {

/// The distinct numbers of all chunks, ascending.
std::vector<std::int64_t> distinct_numbers(const std::vector<IdColumn*>& chunks, int threads) {
  const auto count = static_cast<std::int64_t>(chunks.size());
  std::vector<std::pair<std::int64_t, std::int64_t>> ranges(chunks.size());
  std::size_t entries = 0;
  for (const IdColumn* chunk : chunks) entries += chunk->size();
  parallel_for(count, threads, [&](std::int64_t k) {
    const auto& keys = chunks[static_cast<std::size_t>(k)]->keys;
    const auto [low, high] = std::minmax_element(keys.begin(), keys.end());
    ranges[static_cast<std::size_t>(k)] =
        keys.empty() ? std::pair(std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min())
                     : std::pair(*low, *high);
  });
  std::int64_t lowest = std::numeric_limits<std::int64_t>::max(), highest = std::numeric_limits<std::int64_t>::min();
  for (const auto& [low, high] : ranges) {
    lowest = std::min(lowest, low);
    highest = std::max(highest, high);
  }
  std::vector<std::int64_t> distinct;
  if (lowest > highest) return distinct;

  if (is_dense(lowest, highest, entries)) {
    std::vector<std::uint8_t> seen(static_cast<std::size_t>(highest - lowest) + 1);
    parallel_for(count, threads, [&](std::int64_t k) {
      for (const std::int64_t key : chunks[static_cast<std::size_t>(k)]->keys) {
        // Atomic because threads may set the same byte; on common machines a plain store.
        std::atomic_ref(seen[static_cast<std::size_t>(key - lowest)]).store(1, std::memory_order_relaxed);
      }
    });
    distinct.reserve(static_cast<std::size_t>(std::count(seen.begin(), seen.end(), 1)));
    for (std::size_t k = 0; k < seen.size(); ++k) {
      if (seen[k] != 0) distinct.push_back(lowest + static_cast<std::int64_t>(k));
    }
    return distinct;
  }

  std::vector<std::vector<std::int64_t>> sorted(chunks.size());
  parallel_for(count, threads, [&](std::int64_t k) {
    auto& mine = sorted[static_cast<std::size_t>(k)];
    mine = chunks[static_cast<std::size_t>(k)]->keys;
    std::sort(mine.begin(), mine.end());
    mine.erase(std::unique(mine.begin(), mine.end()), mine.end());
    mine.shrink_to_fit();
  });
  // Pairwise merging, like the upper levels of a merge sort.
  for (std::size_t step = 1; step < sorted.size(); step *= 2) {
    const auto pairs = static_cast<std::int64_t>((sorted.size() + 2 * step - 1) / (2 * step));
    parallel_for(pairs, threads, [&](std::int64_t k) {
      const std::size_t left = static_cast<std::size_t>(k) * 2 * step, right = left + step;
      if (right >= sorted.size()) return;
      std::vector<std::int64_t> joined;
      joined.reserve(sorted[left].size() + sorted[right].size());
      std::set_union(sorted[left].begin(), sorted[left].end(), sorted[right].begin(), sorted[right].end(),
                     std::back_inserter(joined));
      sorted[left] = std::move(joined);
      std::vector<std::int64_t>().swap(sorted[right]);
    });
  }
  return std::move(sorted.front());
}

void check_count(std::int64_t count, const std::string& file, const std::string& side) {
  if (count > kMostIds) throw InvalidData(file, 0, "more than 2^31 - 1 distinct " + side + " ids");
}

/// Sets indices[p] = index_of(chunk, key of entry p) for all entries, chunk by chunk, and empties the chunks.
template <class IndexOf>
std::vector<std::int32_t> map_keys(const std::vector<IdColumn*>& chunks, int threads, const IndexOf& index_of) {
  std::vector<std::size_t> first(chunks.size() + 1, 0);
  for (std::size_t k = 0; k < chunks.size(); ++k) first[k + 1] = first[k] + chunks[k]->size();
  std::vector<std::int32_t> indices(first.back());
  parallel_for(static_cast<std::int64_t>(chunks.size()), threads, [&](std::int64_t k) {
    const auto at = static_cast<std::size_t>(k);
    std::size_t out = first[at];
    for (const std::int64_t key : chunks[at]->keys) indices[out++] = index_of(at, key);
    std::vector<std::int64_t>().swap(chunks[at]->keys);
  });
  return indices;
}

}  // namespace

IndexedIds index_ids(const std::vector<IdColumn*>& chunks, const Ids* known, int threads, const std::string& file,
                     const std::string& side) {
  const auto count = static_cast<std::int64_t>(chunks.size());
  const bool any_text = std::any_of(chunks.begin(), chunks.end(), [](const IdColumn* c) { return c->is_text(); });
  if (!any_text) {
    if (known != nullptr && known->as_numbers() == nullptr) {
      return {map_keys(chunks, threads,
                       [&](std::size_t, std::int64_t key) { return static_cast<std::int32_t>(known->find(key)); }),
              *known};
    }
    std::vector<std::int64_t> found;
    if (known == nullptr) found = distinct_numbers(chunks, threads);
    const std::vector<std::int64_t>& names = known == nullptr ? found : *known->as_numbers();
    check_count(static_cast<std::int64_t>(names.size()), file, side);
    const NumberTable table(names);
    auto indices = map_keys(chunks, threads, [&](std::size_t, std::int64_t key) { return table.find(key); });
    return {std::move(indices), known == nullptr ? Ids::numbers(std::move(found)) : *known};
  }

  parallel_for(count, threads, [&](std::int64_t k) { chunks[static_cast<std::size_t>(k)]->make_text(); });
  std::vector<std::vector<std::int32_t>> index_of(chunks.size());  // per chunk: text number -> index
  Ids ids;
  if (known != nullptr) {
    ids = *known;
    parallel_for(count, threads, [&](std::int64_t k) {
      const auto at = static_cast<std::size_t>(k);
      for (std::int64_t t = 0; t < chunks[at]->texts.size(); ++t) {
        index_of[at].push_back(static_cast<std::int32_t>(ids.find(chunks[at]->texts[t])));
      }
    });
  } else {
    TextTable all;
    for (std::size_t k = 0; k < chunks.size(); ++k) {
      TextTable& texts = chunks[k]->texts;
      for (std::int64_t t = 0; t < texts.size(); ++t) {
        index_of[k].push_back(static_cast<std::int32_t>(all.add(texts[t])));
      }
      texts = TextTable();
    }
    check_count(all.size(), file, side);
    std::vector<std::int32_t> order(static_cast<std::size_t>(all.size())), place(order.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) { return all[a] < all[b]; });
    std::vector<std::string> names;
    names.reserve(order.size());
    for (std::size_t k = 0; k < order.size(); ++k) {
      place[static_cast<std::size_t>(order[k])] = static_cast<std::int32_t>(k);
      names.emplace_back(all[order[k]]);
    }
    for (auto& indices : index_of) {
      for (std::int32_t& index : indices) index = place[static_cast<std::size_t>(index)];
    }
    ids = Ids::texts(std::move(names));
  }
  auto indices = map_keys(chunks, threads,
                          [&](std::size_t k, std::int64_t key) { return index_of[k][static_cast<std::size_t>(key)]; });
  return {std::move(indices), std::move(ids)};
}

}  // namespace rankfill::data
