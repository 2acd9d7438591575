# SPDX-License-Identifier: Apache-2.0
"""The workloads, and fio, which is the client of every peer."""

import json
import subprocess


class Workload:
    def __init__(self, name, what, kind, block, depth, unit="op/s", **more):
        self.name = name
        self.what = what
        self.kind = kind            # write, read, flush or mix
        self.unit = unit
        self.options = dict(bs=block, iodepth=depth, **more)

    def run(self, uri, size, seconds, work_folder):
        """Runs fio once. Tells operations a second, MiB a second and the latency of the middle and of the 99th."""
        options = dict(self.options, ioengine="nbd", uri=uri, size=size, time_based=1,
                       runtime="%dms" % int(seconds * 1000), randrepeat=0, percentile_list="50:99")
        words = ["--%s=%s" % pair for pair in options.items()]
        done = subprocess.run(["fio", "--name=" + self.name, "--output-format=json"] + words,
                              cwd=work_folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        start = done.stdout.find("{")
        if done.returncode or start < 0:
            raise RuntimeError("fio %s on %s: %s%s" % (self.name, uri, done.stdout, done.stderr))
        job = json.loads(done.stdout[start:])["jobs"][0]
        if job["error"]:
            raise RuntimeError("fio %s on %s: error %d" % (self.name, uri, job["error"]))
        return figures(job)

    def value(self, cell):
        return cell["mib"] if self.unit == "MiB/s" else cell["ops"]


def figures(job):
    ways = [job[way] for way in ("read", "write") if job[way]["total_ios"]]
    busiest = max(ways, key=lambda way: way["total_ios"])
    percentiles = busiest["clat_ns"]["percentile"]
    return {
        "total": sum(way["total_ios"] for way in ways),
        "ops": sum(way["iops"] for way in ways),
        "mib": sum(way["bw_bytes"] for way in ways) / (1 << 20),
        "p50us": percentiles["50.000000"] / 1000,
        "p99us": percentiles["99.000000"] / 1000,
    }


ALL = [
    Workload("w4k-1", "4 KiB random writes, depth 1", "write", "4k", 1, rw="randwrite"),
    Workload("w4k-16", "4 KiB random writes, depth 16", "write", "4k", 16, rw="randwrite"),
    Workload("r4k-1", "4 KiB random reads, depth 1", "read", "4k", 1, rw="randread"),
    Workload("r4k-16", "4 KiB random reads, depth 16", "read", "4k", 16, rw="randread"),
    Workload("w1m", "1 MiB sequential writes, depth 4", "write", "1m", 4, unit="MiB/s", rw="write"),
    Workload("r1m", "1 MiB sequential reads, depth 4", "read", "1m", 4, unit="MiB/s", rw="read"),
    Workload("w4k-flush", "4 KiB random writes, a flush after each", "flush", "4k", 1, rw="randwrite", fsync=1),
    Workload("mix-16", "70 % reads, 30 % writes, 4 KiB, depth 16", "mix", "4k", 16, rw="randrw", rwmixread=70),
]
