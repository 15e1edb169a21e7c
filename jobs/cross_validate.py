"""`raymer run` as a job: all missing fits of an experiment, and its table.

ray job submit --working-dir . -- python jobs/cross_validate.py ...
"""

import sys

from raymer.cli.main import app

if __name__ == "__main__":
    app(["run", "--address", "auto", *sys.argv[1:]])
