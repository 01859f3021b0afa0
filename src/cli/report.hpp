// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "rankfill/options.hpp"
#include "rankfill/summary.hpp"

namespace rankfill::cli {

using Json = nlohmann::ordered_json;

/// `json` as indented text and a newline.  Numbers that are not finite become null; text that is not UTF-8 is repaired.
std::string json_text(const Json& json);
/// The same on one line, without the newline.
std::string json_line(const Json& json);

/// Options::options_json of a model, or an empty object when it does not parse.
Json parse_options_json(const std::string& text);

/// Everything that decided the result, with what "auto" became.
Json options_report(const Options& options, const Summary& summary);

/// Objects with the names of IterationSummary's fields.
Json history_report(const Summary& summary);

/// The recovery with the names of its fields and the sentence on it; null where none was asked for.
Json recovery_report(const Summary& summary);
/// The certificate with the names of its fields and the sentence on it; null where none was asked for.
Json certificate_report(const Summary& summary);

/// What was planned, free and held of the device's memory, in bytes; null where the fit was not on a device.
Json memory_report(const Summary& summary);

}  // namespace rankfill::cli
