# SPDX-License-Identifier: Apache-2.0
"""The kernel and the distribution read each other's log; see guest/exchange.py."""
import shutil

import series
from judge import Wrong


def main(image_folder, work, distribution):
    one = series.Series(image_folder, work, "exchange.py")
    one.prepare()
    shutil.copytree(distribution, one.shared / "dist")
    status = one.boot({}, limit=1500)
    print(one.output(), end="", flush=True)
    if status != 0:
        raise Wrong("the dirty sets are not the same, or the machine gave up (%s); evidence in %s" % (status, one.work))
    shutil.rmtree(one.work)
