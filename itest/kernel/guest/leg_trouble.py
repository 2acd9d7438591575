# SPDX-License-Identifier: Apache-2.0
"""
Legs of the type `chaos` that fail, tear, hang, vanish and return while clients write. One that is current has no trouble, so
clients must see no error.
"""
import os
import random
import time

HUNG_MILLIS = 5000
# Rules of chaos; the long hang is over the hard time-out, the short one is not.
RULES = (
    "error@write:3",
    "error@write:1",
    "error@force:1",
    "tear=scatter@write:4",
    "tear@write:1",
    "error@read:30%",
    "hang=8s@write+read+force:5",
    "hang=1s@write:2",
)
GONE = ("excluded", "missing")


def name(leg):
    return "chaos:" + leg


def bring_back(daemon, mirror, status):
    """What was excluded before it had a label comes back by a command only."""
    for index, leg in enumerate(status["legs"]):
        if leg["state"] in GONE:
            daemon.attempt("mirror:resync %s --leg %d --now" % (mirror, index))


def make(daemon, mirror, legs, order, begun):
    """Until the power goes, or a child ends; calls `begun` after each trouble."""
    rng = random.Random("%s-%d-trouble" % (order["seed"], order["boot"]))
    current = [index for index, leg in enumerate(daemon.status(mirror)["legs"]) if leg["state"] == "current"]
    spared = rng.choice(current)
    with open("/host/trouble", "a") as told:
        while os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            index = rng.choice([i for i in range(len(legs)) if i != spared])
            done = trouble(daemon, mirror, index, name(legs[index]), rng)
            if done:
                told.write("%d %s\n" % (order["boot"], done))
                told.flush()
                begun()
            time.sleep(rng.random())


def trouble(daemon, mirror, index, leg, rng):
    """Returns what was done, or None where it was refused."""
    if daemon.status(mirror)["legs"][index]["state"] in GONE and rng.random() < 0.7:
        daemon.attempt("chaos:clear " + leg)
        daemon.attempt("chaos:return " + leg)
        return "return" if daemon.attempt("mirror:resync %s --leg %d --now" % (mirror, index)) else None
    if rng.random() < 0.2:
        return "vanish" if daemon.attempt("chaos:vanish " + leg) else None
    rules = rng.choice(RULES)
    return rules.split(":")[0] if daemon.attempt("chaos:set %s '%s'" % (leg, rules)) else None
