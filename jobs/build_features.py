"""`raymer features` as a job: the features of a corpus on a file system that all nodes share.

ray job submit --working-dir . -- python jobs/build_features.py ...
"""

import sys

from raymer.cli.main import app

if __name__ == "__main__":
    app(["features", "--address", "auto", *sys.argv[1:]])
