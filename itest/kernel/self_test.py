# SPDX-License-Identifier: Apache-2.0
"""Shows that the rig loses what was not forced, on one side only; without this a power cut proves nothing."""
import series
from judge import Wrong
import stamps


def main(image_folder, work):
    one = series.Series(image_folder, work, "unforced.py")
    one.prepare()
    if one.boot({"step": "write"}, limit=120, cut_after=lambda: 0.2) != "cut":
        raise Wrong("the machine ended before the power cut")
    if one.boot({"step": "read"}, limit=120) != 0:
        raise RuntimeError(one.output())
    kept = {}
    for side in ("late", "sync"):
        data = (one.shared / "seen" / side).read_bytes()
        blocks = [data[at : at + stamps.BLOCK] for at in range(0, len(data), stamps.BLOCK)]
        kept[side] = {n for n, block in enumerate(blocks) if block == stamps.payload(n, 1)}
    forced, unforced = set(range(64)), set(range(64, 128))
    print(
        "self-test: of 64 forced blocks the late side kept %d, the sync side %d; of 64 unforced %d and %d"
        % tuple(len(kept[side] & part) for part in (forced, unforced) for side in ("late", "sync"))
    )
    if not (kept["late"] == forced and kept["sync"] == forced | unforced):
        raise Wrong("the rig must keep what was forced on both sides, and the rest on the sync side only")
