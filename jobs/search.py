"""`raymer tune` as a job: a search for parameters.

ray job submit --working-dir . -- python jobs/search.py ...
"""

import sys

from raymer.cli.main import app

if __name__ == "__main__":
    app(["tune", "--address", "auto", *sys.argv[1:]])
