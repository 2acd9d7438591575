# SPDX-License-Identifier: Apache-2.0
"""
Cuts the power under a mirror that is being written, again and again. Boot N shows what cut N-1 left, before and after
the mirror is restarted, and ends with cut N; the last boot ends with a clean stop. A series that was interrupted goes on
where it was: an interruption is a power cut too. With trouble, one leg of the two fails, hangs, vanishes and returns meanwhile.
"""
import collections
import json
import os
import random
import shutil
import time

import machine
import series
from judge import Admissible, Wrong, clean_regions, current_legs, differing_regions

SECTORS, REGION_SECTORS, CLIENTS = 32768, 128, 4
REGIONS, REGION_BYTES = SECTORS // REGION_SECTORS, REGION_SECTORS * 512
LIMIT = 900  # seconds for one boot, on a busy computer without KVM


class Ended(Wrong):
    """A boot ended by itself; that is no verdict on what is on the disks."""


class PowerCuts:
    def __init__(self, image_folder, work, distribution, trouble):
        self.series = series.Series(image_folder, work, "cut_round.py")
        self.seen = self.series.shared / "seen"
        self.distribution = distribution
        self.trouble = trouble
        self.state_file = self.series.work / "state.json"
        self.admissible = Admissible()

    def begin(self):
        if self.state_file.is_file():
            self.state = json.loads(self.state_file.read_text())
            self.admissible.stamps = {int(block): set(found) for block, found in self.state["stamps"].items()}
            self.admissible.writes, self.admissible.flushes = self.state["totals"]
            print("going on with seed %s at boot %d" % (self.state["seed"], self.state["boot"]), flush=True)
        else:
            self.series.prepare()
            seed = os.environ.get("DIRTYLOG_VM_SEED") or str(random.SystemRandom().randrange(1 << 32))
            self.state = {"seed": seed, "boot": 0, "stamps": {}, "away": 0}
            print("seed %s" % seed, flush=True)
        shared = self.series.shared / "dist"
        shutil.rmtree(shared, ignore_errors=True)
        shutil.copytree(self.distribution, shared)

    def save(self):
        self.state["boot"] += 1
        self.state["stamps"] = {block: sorted(found) for block, found in self.admissible.stamps.items()}
        self.state["totals"] = [self.admissible.writes, self.admissible.flushes]
        new = self.state_file.with_suffix(".new")
        new.write_text(json.dumps(self.state))
        new.replace(self.state_file)

    def boot(self, last):
        """One boot; judges the cut before it, if there was one."""
        boot = self.state["boot"]
        rng = random.Random("%s-%d" % (self.state["seed"], boot))
        early = boot > 0 and not last and rng.random() < 0.3  # write, and cut, while the last cut is being repaired
        delay = rng.uniform(0.3, 4) if early else rng.uniform(0.5, 6)
        if self.trouble:
            delay *= 3  # a leg fails when it is written, and an emulated processor does not write often
        order = {
            "boot": boot, "seed": self.state["seed"], "early": early, "last": last, "clients": CLIENTS,
            # Where clients seldom flush, what is cleaned was forced by nobody but the mirror.
            "flushSeconds": rng.choice((0.5, 30)),
            "syncFirst": random.Random(self.state["seed"]).random() < 0.5,
            "sectors": SECTORS, "regionSectors": REGION_SECTORS, "legTrouble": self.trouble,
        }  # fmt: skip
        begun = time.monotonic()
        status = self.series.boot(order, LIMIT, None if last else lambda: delay)
        if status != (0 if last else machine.CUT):
            raise Ended("boot %d ended with %s: %s" % (boot, status, self.series.output()))
        line = self.judge(early, last) if boot else "made in sync"
        if not last:
            line += "; %s; cut %d after %.2f s" % (self.replay(boot), boot + 1, delay)
        self.save()
        print("boot %d (%d s): %s" % (boot, time.monotonic() - begun, line), flush=True)

    def troubles(self):
        """What was done to legs, and how often."""
        told = self.series.shared / "trouble"
        lines = told.read_text().splitlines() if told.is_file() else []
        return dict(sorted(collections.Counter(line.split(" ", 1)[1] for line in lines).items()))

    def replay(self, boot):
        before = self.admissible.writes, self.admissible.flushes
        for journal in sorted(self.series.shared.glob("journal-*")):
            self.admissible.replay(journal.read_text(), boot)
        return "%d writes, %d flushes" % tuple(
            now - then for now, then in zip((self.admissible.writes, self.admissible.flushes), before)
        )

    def judge(self, early, last):
        before = [(self.seen / ("before-leg%d" % leg)).read_bytes() for leg in (0, 1)]
        clean = clean_regions((self.seen / "before-log").read_bytes(), REGIONS)
        differing = differing_regions(*before, REGION_BYTES)
        if clean & differing:
            raise Wrong("the legs differ in regions that the log calls clean: %s" % sorted(clean & differing))
        current = current_legs((self.seen / "before-record").read_text())
        if not current:
            raise Wrong("no leg is current")
        self.state["away"] += len(before) - len(current)
        for leg in current:
            self.admissible.check(before[leg], observed=False)
        dirty = REGIONS - len(clean)
        opened = json.loads((self.seen / "opened.json").read_text())["recovery"]["bytesTotal"]
        if opened > dirty * REGION_BYTES:
            raise Wrong("%d bytes were to be copied at the opening where %d were dirty" % (opened, dirty * REGION_BYTES))
        line = "before the restart %d regions dirty, legs differ in %d of them" % (dirty, len(differing))
        if len(current) < len(before):
            line += ", leg %d alone is current" % current[0]
        if early:
            return line + "; written again at once"
        checked = self.admissible.check((self.seen / "volume").read_bytes())
        state = json.loads((self.seen / "status.json").read_text())
        copied = state["recovery"]["bytesDone"]
        if not self.trouble and copied != dirty * REGION_BYTES:
            raise Wrong("%d bytes were copied where %d were dirty" % (copied, dirty * REGION_BYTES))
        if (self.seen / "after-leg0").read_bytes() != (self.seen / "after-leg1").read_bytes():
            raise Wrong("the legs differ although all is in sync")
        if last and len(clean_regions((self.seen / "final-log").read_bytes(), REGIONS)) != REGIONS:
            raise Wrong("a clean stop left dirty regions")
        return line + "; copied %d KiB, %d blocks hold what they must, legs identical" % (copied >> 10, checked)


def main(image_folder, work, distribution, cuts, trouble=False):
    one = PowerCuts(image_folder, work, distribution, trouble)
    one.begin()
    try:
        while one.state["boot"] <= cuts:
            one.boot(last=one.state["boot"] == cuts)
    except Wrong as wrong:
        raise type(wrong)("%s\nseed %s, evidence in %s" % (wrong, one.state["seed"], one.series.work)) from wrong
    done = one.troubles()
    shutil.rmtree(one.series.work)
    told = "%d power cuts, %d writes, %d flushes" % (cuts, one.admissible.writes, one.admissible.flushes)
    if trouble:
        told += ", a leg away at %d of them, %s" % (one.state["away"], done)
        if not done or cuts >= 10 and not one.state["away"]:
            raise Wrong("%s: nothing was tried" % told)
    print("%s: ok" % told)
