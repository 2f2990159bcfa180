"""`python -m motionfit.fit`."""

import sys

from motionfit.fit.commands.fit import main

if __name__ == "__main__":
    sys.exit(main())
