// SPDX-License-Identifier: Apache-2.0
#pragma once

// The whole public interface, in the order data flows.
#include "rankfill/error.hpp"           // what can go wrong
#include "rankfill/ids.hpp"             // index <-> the name in the user's file
#include "rankfill/entries.hpp"         // observed entries
#include "rankfill/device_entries.hpp"  // those that are on a CUDA device already
#include "rankfill/io.hpp"              // files -> entries; held-out splits
#include "rankfill/device.hpp"          // which devices exist
#include "rankfill/options.hpp"         // what solve() can be told
#include "rankfill/memory_plan.hpp"     // what a fit will hold on the device
#include "rankfill/certificate.hpp"     // how far that is from the global optimum
#include "rankfill/recovery.hpp"        // whether that is the matrix the data came from
#include "rankfill/summary.hpp"         // what it did
#include "rankfill/model.hpp"           // predict, recommend, save, load
#include "rankfill/recommend.hpp"       // recommendations for many rows
#include "rankfill/solve.hpp"           // entries -> model
#include "rankfill/tune.hpp"            // entries -> lambda, nu, rank by held-out RMSE, and the model
#include "rankfill/fold_in.hpp"         // rows that came later
#include "rankfill/evaluate.hpp"        // RMSE, MAE on held-out entries
#include "rankfill/check_gradient.hpp"  // finite differences on your own data
#include "rankfill/version.hpp"
