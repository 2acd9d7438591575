# SPDX-License-Identifier: Apache-2.0
"""
One boot of the power-cut scenario: show what the last cut left, restart the mirror, show what it made of it, write
until the power goes again.
"""
import json
import os
import shutil
import sys

import daemon
import disks
import leg_trouble
import nbd
import writer

NAME = "cut"
HOME = disks.HOME + "/home"
LOG = disks.HOME + "/cut.log"
RECORD = HOME + "/data/%s.record" % NAME
SEEN = "/host/seen/"


def show_legs(prefix, legs):
    for number, leg in enumerate(legs):
        shutil.copyfile(leg, SEEN + "%s-leg%d" % (prefix, number))


def make_legs(legs, size):
    for leg in legs:
        with open(leg, "wb") as file:
            file.write(bytes(size))


def configure(legs, order):
    """Regions are cleaned soon after their last write: what the scenario is about happens often."""
    names = [leg_trouble.name(leg) for leg in legs] if order["legTrouble"] else legs
    table = "0 %d mirror disk 2 %s %d 2 %s 0 %s 0" % (order["sectors"], LOG, order["regionSectors"], *names)
    os.makedirs(HOME + "/etc")
    with open(HOME + "/etc/org.dirtylog.mirror-%s.cfg" % NAME, "w") as file:
        file.write("table = %s\ncleanAfterMillis = 200\n" % table)
        if order["legTrouble"]:
            file.write("legHungMillis = %d\n" % leg_trouble.HUNG_MILLIS)


def read_volume(mirror):
    client = nbd.Client(mirror.socket(), NAME)
    with open(SEEN + "volume", "wb") as file:
        for at in range(0, client.size, 1 << 20):
            file.write(client.read(at, min(1 << 20, client.size - at)))


def say_writing():
    """From now on the power may go."""
    with open("/host/phase", "w") as phase:
        phase.write("writing")


def write_until_the_end(mirror, order, legs):
    clients = [
        (mirror.socket(), NAME, "/host/journal-%d" % number, number, order)
        for number in range(order["clients"])
    ]
    for arguments in clients:
        if os.fork() == 0:
            try:
                writer.write(*arguments)
            finally:
                sys.stderr.flush()
                os._exit(1)
    if order["legTrouble"]:
        leg_trouble.make(mirror, NAME, legs, order, say_writing)
    else:
        say_writing()
    os.wait()
    sys.exit("a client ended before the power cut")


def main():
    order = json.load(open("/host/order.json"))
    disks.mount()
    os.makedirs(SEEN)
    legs = [folder + "/leg" for folder in (disks.LATE, disks.SYNC)]
    if order["syncFirst"]:
        legs.reverse()
    if order["boot"] == 0:
        make_legs(legs, order["sectors"] * 512)
        configure(legs, order)
        os.sync()  # what we made; what the mirror makes is its own affair
    else:
        show_legs("before", legs)
        shutil.copyfile(LOG, SEEN + "before-log")
        shutil.copyfile(RECORD, SEEN + "before-record")
    mirror = daemon.Daemon(HOME)
    mirror.await_ready(NAME)
    with open(SEEN + "opened.json", "w") as file:
        json.dump(mirror.status(NAME), file)
    if not order["early"]:
        if order["boot"] > 0:
            read_volume(mirror)
        state = mirror.await_in_sync(NAME, each=leg_trouble.bring_back)
        show_legs("after", legs)
        with open(SEEN + "status.json", "w") as file:
            json.dump(state, file)
        # As if ordinary write-back had come by: clean bits are on the log's disk whether or not they were forced, so that
        # a mark that is not forced is missed.
        disks.run("sync", "-f", disks.HOME)
    if order["last"]:
        mirror.stop()
        shutil.copyfile(LOG, SEEN + "final-log")
        return
    write_until_the_end(mirror, order, legs)


main()
