"""`python -m sgsync`."""

from sgsync.cli.app import main

if __name__ == "__main__":
    main()
