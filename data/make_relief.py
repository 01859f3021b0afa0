#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes relief.npy from the ETOPO5 grid that Debian ships: the mean of every 4 x 4 cells, int16 metres, north up.

usage: apt-get install ferret-datasets python3-numpy python3-scipy
       /usr/bin/python3 data/make_relief.py [etopo5.cdf [relief.npy]]
"""
import os
import sys

import numpy as np
from scipy.io import netcdf_file

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = "/usr/share/ferret-vis/data/etopo5.cdf"
STEP = 4  # source cells of 1/12 degree -> cells of 1/3 degree


def main():
    source = sys.argv[1] if len(sys.argv) > 1 else SOURCE
    target = sys.argv[2] if len(sys.argv) > 2 else os.path.join(HERE, "relief.npy")

    with netcdf_file(source, mmap=False) as file:
        height = file.variables["ROSE"].data.astype(np.float64)  # metres, latitude x longitude
        latitude = file.variables["ETOPO05_Y"].data.astype(np.float64)
        longitude = file.variables["ETOPO05_X"].data.astype(np.float64)
    assert height.shape == (2161, 4320) and abs(height).max() < 12000

    height, latitude = height[::-1], latitude[::-1]  # the source runs from south to north
    assert latitude[0] == 90 and longitude[0] == 0
    height = height[:2160]  # leave out the row of the south pole, one point repeated: 2160 = 4 * 540
    height = np.roll(height, 2160, axis=1)  # longitude 0..360 -> -180..180

    rows, cols = height.shape[0] // STEP, height.shape[1] // STEP
    mean = height.reshape(rows, STEP, cols, STEP).mean(axis=(1, 3))
    np.save(target, np.rint(mean).astype("<i2"))
    print(f"{target}: {rows} x {cols}, {mean.min():.0f} to {mean.max():.0f} m")


if __name__ == "__main__":
    main()
