"""`raymer report` as a job: the report of a store.

ray job submit --working-dir . -- python jobs/report.py ...
"""

import sys

from raymer.cli.main import app

if __name__ == "__main__":
    app(["report", *sys.argv[1:]])
