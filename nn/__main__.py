"""``python -m nn train``, ``evaluate`` and ``predict``; see ``nn.command``."""

import sys

from nn.command import main

if __name__ == "__main__":
    sys.exit(main())
