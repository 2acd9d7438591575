# SPDX-License-Identifier: Apache-2.0
"""The three disks: /disks/late writes back only when forced, /disks/sync at once, /disks/home is an ordinary one."""
import subprocess

LATE, SYNC, HOME = "/disks/late", "/disks/sync", "/disks/home"


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise RuntimeError("%s: %s" % (" ".join(command), done.stdout))
    return done.stdout


def mount():
    # Nothing but a force (or memory pressure, which the machine never has) starts write-back.
    for name, value in (
        ("dirty_writeback_centisecs", 0),
        ("dirty_expire_centisecs", 360000),
        ("dirty_ratio", 90),
        ("dirty_background_ratio", 80),
    ):
        with open("/proc/sys/vm/" + name, "w") as knob:
            knob.write(str(value))
    for device, folder, options in (
        ("/dev/vdb", LATE, "noatime,commit=3600"),
        ("/dev/vdc", SYNC, "noatime,sync"),
        ("/dev/vdd", HOME, "noatime,commit=3600"),
    ):
        run("mkdir", "-p", folder)
        run("mount", "-t", "ext4", "-o", options, device, folder)
