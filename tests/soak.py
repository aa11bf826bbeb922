"""``python -m tests.soak``: half an hour of crawling a web that is large and partly hostile, with kills; not a pytest.

Killed with SIGKILL at random moments and started again on the same folder, then left alone while the memory of all its
processes is watched, then ended with Ctrl-C. At the end every stored page's links must be those that the page has, and
crawl.db must be sound. Exit code 1 if anything of that is not so, or memory grows.
"""

import argparse
import asyncio
import json
import os
import random
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from statistics import mean
from typing import Final

from tests.cli.test_crawl import COMMAND
from tests.crawler.crawling import query, sound
from tests.fake_web import FakeWeb, Served
from tests.fake_web.answers import (
    Answer,
    BadChunks,
    CutAfter,
    Delayed,
    Drip,
    Endless,
    Hang,
    HugeHeaders,
    Raw,
    Request,
    Response,
    WrongLength,
)
from tests.fake_web.web import render

HOSTS: Final = 60
PAGES: Final = 20_000
GROWTH_MIB: Final = 60
"""More than this between the second and the last quarter of the time left alone is a leak."""

_BODY: Final = Response(body=render(["http://s0.example/p/0"], "ill").encode())
ILL: Final[tuple[Answer, ...]] = (
    CutAfter(_BODY, 40), CutAfter(_BODY, 40, by_reset=True), WrongLength(_BODY, 100_000), BadChunks(_BODY), Endless(),
    HugeHeaders(), Hang(), Raw(b"nonsense\r\n\r\n"), Raw(b""), Drip(_BODY, interval_s=0.5), Delayed(_BODY, 3.0),
    Response(503), Response(429, {"Retry-After": "2"}), Response(301, {"Location": "/loop"}),
    Response(302, {"Location": "file:///etc/passwd"}), Response(200, {"Content-Type": "application/pdf"}, b"%PDF"),
)  # fmt: skip


def targets(host: int, page: int) -> list[str]:
    """The links of a page, the same each time."""
    dice = random.Random(host * PAGES + page)
    own = [f"http://s{host}.example/p/{dice.randrange(PAGES)}" for _ in range(6)]
    others = [f"http://s{dice.randrange(HOSTS)}.example/p/{dice.randrange(PAGES)}" for _ in range(2)]
    return [*own, *others, f"http://ill{dice.randrange(len(ILL))}.example/{dice.randrange(30)}",
            f"http://x{dice.randrange(1000)}.example/"]  # fmt: skip


def web() -> FakeWeb:
    """The web of this test."""
    made = FakeWeb()
    for host in range(HOSTS):
        made.answer(f"http://s{host}.example/p/*", _page)
    for number, answer in enumerate(ILL):
        made.answer(f"http://ill{number}.example/*", answer)
        made.robots(f"http://ill{number}.example", "")
    return made


def _page(request: Request) -> Answer:
    found = re.fullmatch(r"/p/(\d+)", request.path)
    if found is None:
        return Response(404)
    host = int(request.host.removeprefix("s").partition(".")[0])
    return Response(body=render(targets(host, int(found[1])), request.path).encode())


def main() -> None:
    """Run it; the exit code tells."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--minutes", type=float, default=30.0)
    arguments.add_argument("--kills", type=int, default=20)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(asyncio.run(_soak(Path(folder), given.minutes * 60, given.kills)))


async def _soak(folder: Path, seconds: float, kills: int) -> int:
    async with web().serve() as served:
        ends = time.monotonic() + seconds
        for _ in range(kills):
            process = await _start(served, folder)
            await asyncio.sleep(random.uniform(0.5, seconds / kills * 0.7))
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        process = await _start(served, folder)
        memory = [size async for size in _watched(process.pid, ends)]
        os.killpg(process.pid, signal.SIGINT)
        code = await process.wait()
        served.log.clear()
    return _judge(folder, memory, code, kills)


async def _start(served: Served, folder: Path) -> asyncio.subprocess.Process:
    seeds = [f"http://s{host}.example/p/0" for host in range(HOSTS)]
    options = ["--delay", "0", "--parsers", "1", "--no-index", "--idle-timeout", "2", "--hops", "1"]
    return await asyncio.create_subprocess_exec(
        *COMMAND, "crawl", *seeds, "--data", str(folder), *options,
        "--connect-to", served.connect_to, stderr=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip


async def _watched(group: int, ends: float) -> AsyncIterator[float]:
    """The memory of a process group in MiB, once a second until ``ends``."""
    while time.monotonic() < ends:
        await asyncio.sleep(1)
        yield sum(_members(group)) / 1024


def _members(group: int) -> Iterator[int]:
    """Resident KiB of each process of the group."""
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            if os.getpgid(int(status.parent.name)) == group:
                found = re.search(r"VmRSS:\s+(\d+)", status.read_text())
                yield int(found[1]) if found else 0
        except (OSError, ValueError):
            continue


def _judge(folder: Path, memory: list[float], code: int, kills: int) -> int:
    sound(folder)
    stored: Counter[tuple[str, str]] = Counter(
        query(
            folder,
            "SELECT source.url, target.url FROM link JOIN fetch USING (fetch_id)"
            " JOIN urls AS source ON source.url_id = fetch.url_id"
            " JOIN urls AS target ON target.url_id = link.target_url_id WHERE fetch.outcome = 0",
        )
    )
    pages = [
        url
        for (url,) in query(folder, "SELECT urls.url FROM fetch JOIN urls USING (url_id) WHERE outcome = 0")
        if re.fullmatch(r"http://s\d+\.example/p/\d+", url)
    ]
    wanted = Counter(
        (url, target)
        for url in pages
        for target in targets(*(int(number) for number in re.findall(r"\d+", url.replace(".example", ""))))
    )
    ours = Counter({pair: count for pair, count in stored.items() if re.match(r"http://s\d+\.", pair[0])})
    quarter = len(memory) // 4
    early, late = mean(memory[quarter : 2 * quarter] or [0]), mean(memory[-quarter:] or [0])
    told = {
        "kills": kills,
        "pages": len(pages),
        "links": ours.total(),
        "links_as_they_should_be": ours == wanted,
        "exit_code": code,
        "memory_mib_early": round(early),
        "memory_mib_late": round(late),
        "memory_mib_peak": round(max(memory, default=0)),
    }
    json.dump(told, sys.stdout, indent=2)
    sys.stdout.write("\n")
    return int(ours != wanted or not pages or code != 130 or late - early > GROWTH_MIB)


if __name__ == "__main__":
    main()
