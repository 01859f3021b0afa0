// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace rankfill::cli {

/// "1,234,567"
std::string with_commas(std::int64_t number);
/// `digits` significant digits, no trailing zeros: "12", "0.0312", "1.2e-07".
std::string short_number(double number, int digits = 4);
/// "0.83 s", "12.4 s", "3 min 20 s"
std::string duration(double seconds);
/// "512 B", "1.4 MB", "2.0 GB" (powers of ten)
std::string bytes_text(std::uint64_t bytes);
/// "1 entry", "2 entries"; `many` defaults to one + "s".
std::string counted(std::int64_t count, const std::string& one, const std::string& many = "");
/// "weighted lambda = 0.12 * n_i^1" or "plain lambda = 12".
std::string lambda_text(double lambda, double weighting);
/// "--max-iterations" for the option "max_iterations".
std::string flag_of(const std::string& field);

}  // namespace rankfill::cli
