"""`python -m motionfit.experiments`."""

import sys

from motionfit.experiments.command import main

if __name__ == "__main__":
    sys.exit(main())
