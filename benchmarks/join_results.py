"""Make one document of the benchmark's results that were run at different times.

python benchmarks/join_results.py FIRST OTHER [OTHER …] --output FILE
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from glassmaster.inference.json_text import dump_json
from glassmaster.training.benchmark.joining import joined_documents


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("documents", type=Path, nargs="+", help="each called benchmark.json")
    parser.add_argument("--output", type=Path, required=True, help="may be one of them")
    arguments = parser.parse_args()
    joined = joined_documents([json.loads(each.read_text("utf-8")) for each in arguments.documents])
    arguments.output.write_text(dump_json(joined) + "\n", "utf-8")


if __name__ == "__main__":
    main()
