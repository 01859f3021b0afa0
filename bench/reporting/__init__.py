# SPDX-License-Identifier: Apache-2.0
"""From the JSON of a benchmark run to tables and plots.  Standard library only.  bench/report.py is the command."""
