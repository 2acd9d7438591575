# SPDX-License-Identifier: Apache-2.0
"""128 blocks on each side; the first 64 are forced, the others not; then the power goes."""
import json
import os
import shutil
import time

import disks
import stamps

order = json.load(open("/host/order.json"))
disks.mount()
sides = {"late": disks.LATE + "/blocks", "sync": disks.SYNC + "/blocks"}
if order["step"] == "write":
    for path in sides.values():
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        os.write(file, bytes(128 * stamps.BLOCK))
        os.fsync(file)
        for block in range(128):
            if block == 64:
                os.fsync(file)
            os.pwrite(file, stamps.payload(block, 1), block * stamps.BLOCK)
    with open("/host/phase", "w") as phase:
        phase.write("writing")
    time.sleep(100)
else:
    os.makedirs("/host/seen", exist_ok=True)
    for side, path in sides.items():
        shutil.copyfile(path, "/host/seen/" + side)
