# SPDX-License-Identifier: Apache-2.0
"""What may be on the disks after a power cut. No I/O here but reading journals and images that were copied out."""
import re
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "guest"))
import stamps  # noqa: E402

MAGIC, HEADER_BYTES = 0x4D695272, 1024


class Wrong(Exception):
    """The mirror broke a promise."""


def clean_regions(log, regions):
    """The regions a log of the kernel's format calls clean."""
    magic, version, count = struct.unpack_from("<IIQ", log)
    if magic != MAGIC or version != 2:
        raise Wrong("no log: magic 0x%x version %d" % (magic, version))
    bits = log[HEADER_BYTES:]
    return {r for r in range(min(regions, count)) if bits[r // 8] >> (r % 8) & 1}


def differing_regions(one, other, region_bytes):
    return {
        at // region_bytes
        for at in range(0, len(one), region_bytes)
        if one[at : at + region_bytes] != other[at : at + region_bytes]
    }


def current_legs(record):
    """The indices of the legs a mirror's record calls current."""
    return [int(leg) for leg in re.findall(r"^leg\.([0-9]+)\.state=CURRENT$", record, re.MULTILINE)]


class Admissible:
    """For each block the stamps it may hold: the last that was flushed, or any issued after it."""

    def __init__(self):
        self.stamps = {}
        self.writes = 0
        self.flushes = 0

    def replay(self, journal, boot):
        """Adds what one client did in one boot. A line without its end was never acted upon."""
        lines = journal.split("\n")[:-1]
        latest = {}
        for words in map(str.split, lines):
            if int(words[1]) != boot:
                continue
            if words[0] == "w":
                block, stamp = int(words[2]), int(words[3])
                self.stamps.setdefault(block, {0}).add(stamp)
                latest[block] = stamp
                self.writes += 1
            else:  # the client had waited for all its writes of this boot before it flushed
                for block, stamp in latest.items():
                    self.stamps[block] = {stamp}
                latest = {}
                self.flushes += 1

    def check(self, volume, observed=True):
        """
        Compares the whole volume. With `observed` a client has read it after a restart, when all of it came from
        a disk: from then on nothing else is admissible. Returns the number of blocks that were ever written.
        """
        for block in range(len(volume) // stamps.BLOCK):
            allowed = self.stamps.get(block, {0})
            found = set()
            for index in range(stamps.BLOCK // stamps.SECTOR):
                at = block * stamps.BLOCK + index * stamps.SECTOR
                value = stamps.read_sector(volume[at : at + stamps.SECTOR], block, index)
                if value not in allowed:
                    raise Wrong(
                        "block %d sector %d holds %s, admissible are %s"
                        % (block, index, value, sorted(allowed))
                    )
                found.add(value)
            if observed and found != {0}:
                self.stamps[block] = found
        return len(self.stamps)
