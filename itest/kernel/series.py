# SPDX-License-Identifier: Apache-2.0
"""A folder with three disks that survive the power cuts of one machine, and what the machine tells the host."""
import json
import shutil
import subprocess
import time
from pathlib import Path

import machine

HERE = Path(__file__).resolve().parent
DISK_BYTES = 96 << 20


class Series:
    def __init__(self, image_folder, work, script):
        self.image_folder = image_folder
        self.work = Path(work).resolve()
        self.shared = self.work / "shared"
        self.script = script
        self.disks = [self.work / (name + ".img") for name in ("late", "sync", "home")]

    def prepare(self):
        """Empty disks; nothing of an earlier series stays."""
        shutil.rmtree(self.work, ignore_errors=True)
        self.shared.mkdir(parents=True)
        for disk in self.disks:
            with open(disk, "wb") as file:
                file.truncate(DISK_BYTES)
            subprocess.run(["mkfs.ext4", "-q", "-F", str(disk)], check=True)

    def boot(self, order, limit, cut_after=None):
        """
        One boot with ORDER for the guest's script. With `cut_after` the power goes that many seconds after the guest
        has said `writing`. Returns machine.CUT, machine.LATE or the script's status.
        """
        shutil.rmtree(self.shared / "seen", ignore_errors=True)
        shutil.copytree(HERE / "guest", self.shared / "guest", dirs_exist_ok=True)
        (self.shared / "order.json").write_text(json.dumps(order))
        (self.shared / "run").write_text("exec python3 -u /host/guest/%s\n" % self.script)
        phase = self.shared / "phase"
        phase.unlink(missing_ok=True)
        moment = []

        def cut():
            if cut_after and not moment and phase.is_file():
                moment.append(time.monotonic() + cut_after())
            return bool(moment) and time.monotonic() >= moment[0]

        return machine.Machine(self.image_folder, self.disks).run(self.shared, limit, cut)

    def output(self):
        path = self.shared / "output"
        return path.read_text(errors="replace")[-4000:] if path.is_file() else "(no output)"
