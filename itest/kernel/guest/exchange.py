# SPDX-License-Identifier: Apache-2.0
"""
The kernel and the distribution read each other's log. What a side takes for dirty is what it copies, and that is seen by
the paint on the legs, whatever either says.

Two mirrors of ours, the same but for otherWriter: `adopt` and the default. Beside them two more mirrors on copies of a log
that only the kernel ever wrote: a first activation takes it as the kernel would, by either policy.
"""
import os
import shutil
import sys

import daemon
import nbd
from kernel_mirror import REGION_SECTORS, REGIONS, SECTORS, KernelMirror, copied, not_clean, paint

HOME = "/tmp/home"
ALL = set(range(REGIONS))
BY_US = {0, 1, 7, 8, 31, 32, 63, 64, 65, 98, 99}
BY_KERNEL = {2, 7, 40, 63, 64, 99}
IN_OUR_LOG = {3, 8, 33, 62, 98}
failures = []


def expect(what, found, expected):
    print("%s: %s" % (what, "all %d regions" % REGIONS if found == ALL else sorted(found) or "none"), flush=True)
    if found != expected:
        failures.append("%s: expected %s" % (what, sorted(expected)))


def path(name, part):
    return "/tmp/%s.%s" % (name, part)


def configure(name, policy):
    table = "0 %d mirror disk 2 %s %d 2 %s 0 %s 0" % (
        SECTORS, path(name, "log"), REGION_SECTORS, path(name, "leg0"), path(name, "leg1")
    )  # fmt: skip
    os.makedirs(HOME + "/etc", exist_ok=True)
    with open("%s/etc/org.dirtylog.mirror-%s.cfg" % (HOME, name), "w") as file:
        file.write("table = %s\ncleanAfterMillis = 3600000\n%s" % (table, policy))


def repaint(name):
    for leg in (0, 1):
        paint(path(name, "leg%d" % leg), leg)


def kernel_opens(title, log, expected):
    shutil.copyfile(log, "/tmp/copy.log")
    mirror = KernelMirror("theirs", "/tmp/copy.log")
    expect("the kernel, on " + title + ", copies", mirror.copied(), expected)
    mirror.close()


def kernel_writes(log, regions):
    """The log after the kernel opened it and went down while it wrote."""
    mirror = KernelMirror("theirs", log)
    image = mirror.log_while_writing(regions)
    mirror.close()
    with open(log, "wb") as file:
        file.write(image)


def start(names):
    one = daemon.Daemon(HOME)
    for _ in names:
        one.await_ready_any(names)
    return one


def write(one, name, regions):
    client = nbd.Client(one.socket(), name)
    client.write_all([(region * REGION_SECTORS * 512, b"\xff" * 512) for region in sorted(regions)])


def opened_by_us(one, name, title, expected):
    state = one.await_in_sync(name)
    expect("we, on %s, copy" % title, copied(path(name, "leg1")), expected)
    total = sum(min(REGION_SECTORS, SECTORS - region * REGION_SECTORS) for region in expected) * 512
    if state["recovery"]["bytesTotal"] != total:
        failures.append("%s: %d bytes announced, not %d" % (title, state["recovery"]["bytesTotal"], total))


def main():
    ours = {"ours-adopting": "otherWriter = adopt\n", "ours-default": ""}
    theirs = {"theirs-adopting": "otherWriter = adopt\n", "theirs-default": ""}
    for name, policy in ours.items():
        repaint(name)
        configure(name, policy)
    one = start(ours)
    for name in ours:
        one.await_in_sync(name, dirty=0)
        write(one, name, BY_US)
    one.kill()
    for name in ours:
        expect("our log after kill -9 calls not clean", not_clean(path(name, "log")), BY_US)
        kernel_opens("our log after kill -9", path(name, "log"), BY_US)
    one = start(ours)
    for name in ours:
        one.await_in_sync(name)
    one.stop()
    kernel_opens("our closed log", path("ours-default", "log"), set())

    for name in ours:
        kernel_writes(path(name, "log"), IN_OUR_LOG)
        repaint(name)
    with open("/tmp/kernel.log", "wb") as file:
        file.truncate(4096)
    kernel_writes("/tmp/kernel.log", BY_KERNEL)
    for name, policy in theirs.items():
        shutil.copyfile("/tmp/kernel.log", path(name, "log"))
        repaint(name)
        configure(name, policy)
    one = start({**ours, **theirs})
    opened_by_us(one, "ours-adopting", "our log that the kernel wrote, with adopt", IN_OUR_LOG)
    opened_by_us(one, "ours-default", "our log that the kernel wrote, by default", ALL)
    opened_by_us(one, "theirs-adopting", "the kernel's log, with adopt", BY_KERNEL)
    opened_by_us(one, "theirs-default", "the kernel's log, by default", BY_KERNEL)
    one.stop()
    print("\n".join(["FAILED " + failure for failure in failures] or ["same dirty sets: ok"]))
    sys.exit(1 if failures else 0)


main()
