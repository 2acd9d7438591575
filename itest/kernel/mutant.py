# SPDX-License-Identifier: Apache-2.0
"""Builds a distribution from a patched copy of the sources, and cuts its power until the judge finds what the patch broke."""
import os
import shutil
import subprocess
from pathlib import Path

import power_cut
from judge import Wrong

ROOT = Path(__file__).resolve().parents[2]


def build(patch, copy):
    """Returns the distribution of the patched copy."""
    shutil.rmtree(copy, ignore_errors=True)
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True
    ).stdout
    for name in filter(None, files.decode().split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    subprocess.run(["patch", "-p1", "--no-backup-if-mismatch", "-i", str(patch)], cwd=copy, check=True)
    maven = ["mvn", "-q", "-B", "-DskipTests", "-Dspotless.check.skip=true", *os.environ.get("MAVEN_ARGS", "").split()]
    subprocess.run([*maven, "-pl", "launcher", "-am", "package"], cwd=copy, check=True)
    return next((copy / "launcher/target").glob("dirtylog-*/bin")).parent


def main(image_folder, work, patch, cuts, trouble):
    patch = Path(patch).resolve()
    distribution = build(patch, work / "source")
    shutil.rmtree(work / "power-cut", ignore_errors=True)
    try:
        power_cut.main(image_folder, work / "power-cut", distribution, cuts, trouble)
    except power_cut.Ended:
        raise  # no verdict about the patch
    except Wrong as found:
        print("%s: found, as it must be: %s" % (patch.stem, found))
        return
    raise Wrong("%s: not found in %d power cuts" % (patch.stem, cuts))
