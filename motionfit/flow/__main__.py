"""`python -m motionfit.flow`."""

import sys

from motionfit.flow.command import main

if __name__ == "__main__":
    sys.exit(main())
