"""`raymer compare` as a job: what may be claimed of one system over another.

ray job submit --working-dir . -- python jobs/significance.py ...
"""

import sys

from raymer.cli.main import app

if __name__ == "__main__":
    app(["compare", "--address", "auto", *sys.argv[1:]])
