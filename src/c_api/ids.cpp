// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "c_api/guard.hpp"
#include "c_api/handles.hpp"

using namespace rankfill::c_api;

int64_t rankfill_ids_count(const rankfill_ids* ids) { return ids ? ids_of(ids)->size() : 0; }

int64_t rankfill_ids_find_number(const rankfill_ids* ids, int64_t id) { return ids ? ids_of(ids)->find(id) : -1; }

int64_t rankfill_ids_find_text(const rankfill_ids* ids, const char* id) {
  return ids && id ? ids_of(ids)->find(std::string_view(id)) : -1;
}

rankfill_status rankfill_ids_name(const rankfill_ids* ids, int64_t index, char* text, size_t size, size_t* length,
                                  rankfill_error** error) {
  return guarded(error, [&] {
    const rankfill::Ids& all = *ids_of(&need(ids, "ids"));
    if (size > 0) need(text, "text");
    if (index < 0 || index >= all.size())
      throw rankfill::InvalidData("", 0,
                                  "index " + std::to_string(index) + " is not in 0.." + std::to_string(all.size() - 1));
    const std::string name = all.name(index);
    if (size > 0) {
      const size_t written = std::min(size - 1, name.size());
      std::memcpy(text, name.data(), written);
      text[written] = '\0';
    }
    if (length) *length = name.size();
  });
}
