"""python -m espalier: the same as the command espalier."""

from espalier._program import main

if __name__ == "__main__":
    main()
