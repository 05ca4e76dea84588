"""Print the page on the command line: ``python -m acts.commands > docs/commands.md``."""

from acts.commands import manual

if __name__ == "__main__":
    print(manual.written(), end="")
