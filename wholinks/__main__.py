"""``python -m wholinks``: the command line."""

from wholinks.cli import main

if __name__ == "__main__":
    main()
