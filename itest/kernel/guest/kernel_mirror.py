# SPDX-License-Identifier: Apache-2.0
"""A dm-mirror of the running kernel over painted legs, on a log file of our choice."""
import mmap
import os
import threading
import time

from disks import run

SECTORS, REGION_SECTORS = 1593, 16  # the last region is shorter than the others
REGIONS = -(-SECTORS // REGION_SECTORS)


def paint(path, leg):
    """Fills each region with what names leg and region."""
    with open(path, "wb") as file:
        for region in range(REGIONS):
            sectors = min(REGION_SECTORS, SECTORS - region * REGION_SECTORS)
            file.write(bytes([leg + 1, region]) * (sectors * 256))


def copied(path):
    """The regions of the second leg that carry the first leg's paint: what was resynchronised, whoever did it."""
    with open(path, "rb") as file:
        data = file.read()
    at = REGION_SECTORS * 512
    return {region for region in range(REGIONS) if data[region * at : region * at + 1024] == bytes([1, region]) * 512}


def not_clean(log):
    with open(log, "rb") as file:
        bits = file.read()[1024:]
    return {region for region in range(REGIONS) if not bits[region // 8] >> (region % 8) & 1}


def await_true(condition, what, limit=180):
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError("waited in vain: " + what)
        time.sleep(0.05)


class KernelMirror:
    def __init__(self, name, log):
        self.name = name
        self.log = log
        self.files = ["/tmp/%s-leg%d" % (name, leg) for leg in (0, 1)]
        self.loops, self.linears = [], []
        for leg, path in enumerate(self.files):
            paint(path, leg)
            self._linear("%s-%d" % (name, leg), self._loop(path))
        table = "0 %d mirror disk 2 %s %d 2 %s 0 %s 0" % (SECTORS, self._loop(log), REGION_SECTORS, *self.linears)
        run("dmsetup", "create", name, "--noudevsync", "--table", table)
        await_true(self._in_sync, "the kernel's resync")

    def _loop(self, path):
        self.loops.append(run("losetup", "-f", "--show", path).strip())
        return self.loops[-1]

    def _linear(self, name, device):
        """A leg that can be held: suspended."""
        run("dmsetup", "create", name, "--noudevsync", "--table", "0 %d linear %s 0" % (SECTORS, device))
        self.linears.append("/dev/mapper/" + name)

    def _in_sync(self):
        return " %d/%d " % (REGIONS, REGIONS) in run("dmsetup", "status", self.name)

    def copied(self):
        return copied(self.files[1])

    def log_while_writing(self, regions):
        """The log as it is while writes to REGIONS are on their way to legs that do not answer."""
        for leg in self.linears:
            run("dmsetup", "suspend", "--nolockfs", "--noflush", leg)
        writers = [threading.Thread(target=self._write, args=(region,)) for region in regions]
        for writer in writers:
            writer.start()
        try:
            await_true(lambda: not_clean(self.log) == set(regions), "marks of %s" % sorted(regions))
            with open(self.log, "rb") as file:
                return file.read()
        finally:
            for leg in self.linears:
                run("dmsetup", "resume", leg)
            for writer in writers:
                writer.join()

    def _write(self, region):
        buffer = mmap.mmap(-1, 4096)  # O_DIRECT wants whole pages
        device = os.open("/dev/mapper/" + self.name, os.O_WRONLY | os.O_DIRECT)
        os.pwrite(device, buffer, region * REGION_SECTORS * 512)
        os.close(device)

    def close(self):
        run("dmsetup", "remove", self.name)
        for leg in self.linears:
            run("dmsetup", "remove", leg)
        for loop in self.loops:
            run("losetup", "-d", loop)
