"""A run on a machine without a network. Later, with one:  tracehouse sync"""

import tracehouse as cm

with cm.TrainingRun(project="field", name="offline", mode="offline") as run:
    for step in range(100):
        run.log({"temperature": 20 + step / 10}, step=step)
