// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "rankfill/model.hpp"

namespace rankfill::cli {

/// Saves the model.  A fit may have taken hours: a model that cannot go where it should goes to the folder for
/// temporary files, whose path is then put into `file`, or "" when that failed as well.
/// *Throws* FileError, in either case, that says so.
void save_or_rescue(std::string& file, const Model& model);

}  // namespace rankfill::cli
