# SPDX-License-Identifier: Apache-2.0
"""Pictures of fits, searches and models: one call each.  Needs matplotlib, which is imported at the first call.

Functions with one panel draw into ``ax`` (default: a new figure) and return it; those with several return the figure.
"""

from rankfill.plots._convergence import convergence
from rankfill.plots._factors import column_map, spectrum
from rankfill.plots._images import before_after
from rankfill.plots._residuals import residuals
from rankfill.plots._tuning import tuning

__all__ = ["before_after", "column_map", "convergence", "residuals", "spectrum", "tuning"]
