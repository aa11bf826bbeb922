"""What can go wrong with what a user gave us. The message is one line: what is wrong, where, what to do."""


class WholinksError(Exception):
    """The root of every error this project raises on purpose. ``exit_code`` is what the command line ends with."""

    exit_code = 1


class UsageError(WholinksError):
    """What was asked for can't be meant: a wrong option, seed, target or file."""

    exit_code = 2


class DataFolderError(WholinksError):
    """The data folder can't be used: locked, damaged, unwritable, or of another version."""
