"""The command line of :mod:`tests.fuzz`."""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path

import tests.fuzz
from tests.fuzz.campaign import Campaign, Figures
from tests.fuzz.readers import READERS

MAX_PRINTED = 10
"""How many failures of one reader are printed."""


def main() -> int:
    """Run a campaign, print its figures, and return 1 if a reader failed."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz",
        description=tests.fuzz.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--inputs", type=int, default=20_000, help="inputs of all readers together")
    parser.add_argument(
        "--seconds", type=float, default=float("inf"), help="time of all readers together"
    )
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument(
        "--start", type=int, default=0, help="number of the first input of each reader"
    )
    parser.add_argument("--reader", action="append", choices=READERS, help="by default all")
    parser.add_argument(
        "--failures", type=Path, default=Path("build/fuzz"), help="folder for inputs that fail"
    )
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    campaign = Campaign(options.seed, options.failures)
    names = options.reader or list(READERS)
    shares = sum(READERS[name].share for name in names)
    total = Figures()
    for name in names:
        inputs = round(options.inputs * READERS[name].share / shares)
        figures = campaign.run(name, inputs, options.seconds / len(names), options.start)
        _print(name, figures)
        total.read += figures.read
        total.refused += figures.refused
        total.crashes += figures.crashes
        total.seconds += figures.seconds
        total.failures += figures.failures
    _print("all", Figures(total.read, total.refused, total.crashes, total.seconds))
    return 1 if total.failures else 0


def _print(name: str, figures: Figures) -> None:
    print(
        f"{name:14} {figures.inputs:9,} inputs {figures.read:9,} read {figures.refused:9,} refused "
        f"{figures.crashes:3} crashes {len(figures.failures):5} failures {figures.seconds:7.0f} s",
        flush=True,
    )
    for failure in figures.failures[:MAX_PRINTED]:
        print(f"    {failure}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
