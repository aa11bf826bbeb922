"""``wholinks demo``: the whole way once, on a small web of its own."""

import io
from importlib import resources
from pathlib import Path
from typing import Final

import click

from wholinks.crawler.connect_to import ConnectTo
from wholinks.crawler.engine import CrawlReport
from wholinks.crawler.seeds import read_seeds
from wholinks.crawler.settings import Settings
from wholinks.demo.web import demo_web
from wholinks.index.queries import Index
from wholinks.index.questions import Question

from .answer import TABLE_ROWS, show
from .crawl import crawl_shown, finish, run

SHOP: Final = "fjellgear.example"
QUESTIONS: Final = (
    (f"{SHOP} --by page", "every backlink, with its anchor text"),
    (f"{SHOP} --by anchor", "how they call it"),
    (f"{SHOP} --follow followed", "only links that pass authority"),
    ("nordpack.example", "the same of a rival"),
    (f"{SHOP} --format json", "for scripts"),
)


@click.command(short_help="Crawl a small web on this machine and show who links to its shop.")
@click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), default="wholinks-demo", show_default=True,
    metavar="DIR", help="Folder for the demo's crawl and index.",
)  # fmt: skip
def command(data: Path) -> int:
    """Serve a small web of an outdoor-gear shop, its rivals and the blogs that link to them on loopback, crawl it for
    real, build the index, and answer who links to the shop: 23 backlinks from three sites.

    \b
    Example:
      wholinks demo
    """
    report = run(lambda: _crawl(data))
    code = finish(report, data, as_json=False, with_index=True)
    if code:
        return code
    click.echo(f"\nWho links to {SHOP}?\n")
    with Index(data) as index:
        show(index, Question(index.target(SHOP), limit=TABLE_ROWS), "table")
    click.echo("\nNow try:")
    commands = [(f"wholinks to {arguments} --data {data}", why) for arguments, why in QUESTIONS]
    width = max(len(line) for line, _ in commands)
    for line, why in (*commands, ("wholinks crawl your-site.example rival.example", "a crawl of your own")):
        click.echo(f"  {line:<{width}}  {why}")
    return 0


async def _crawl(folder: Path) -> CrawlReport:
    text = (resources.files("wholinks.seeds") / "demo.txt").read_text("utf-8")
    seeds, _ = read_seeds(io.StringIO(text), "demo.txt")
    async with demo_web() as port:
        settings = Settings(delay_s=0.0, connect_to=(ConnectTo("", 80, "127.0.0.1", port),))
        return await crawl_shown(folder, seeds, settings)
