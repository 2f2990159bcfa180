"""`python -m motionfit.fit`."""

import sys

from motionfit.fit.command import main

if __name__ == "__main__":
    sys.exit(main())
