# SPDX-License-Identifier: Apache-2.0
"""Blocks that tell where they belong and which write they are; used in the machine and by the judge outside."""
import struct

BLOCK = 4096
SECTOR = 512
_UNIT = struct.Struct("<IIQ")  # block, sector within it, stamp


def sector(block, index, stamp):
    return _UNIT.pack(block, index, stamp) * (SECTOR // _UNIT.size)


def payload(block, stamp):
    return b"".join(sector(block, index, stamp) for index in range(BLOCK // SECTOR))


def read_sector(data, block, index):
    """The stamp of a sector; 0 for one never written; None if it is no whole sector of this place."""
    if not any(data):
        return 0
    found_block, found_index, stamp = _UNIT.unpack_from(data)
    return stamp if data == sector(block, index, stamp) and (found_block, found_index) == (block, index) else None
