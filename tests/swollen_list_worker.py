"""Verifies credentials under a limit of memory, for tests: reads a JSON object from stdin, writes one to stdout.

In: `spare`, bytes of memory above what the process has after its imports; `documents`, a list of pairs of a credential and
of the documents that it names, by address. Out: `found`, a pair of a verdict and of what the status says for each;
`peak`, by how many bytes the most memory in use grew; `limited`, whether so much memory as a list unpacks to is refused.
"""

import json
import resource
import sys
from datetime import UTC, datetime
from pathlib import Path

from ontology.credentials.circumstances import Circumstances
from ontology.credentials.resolving import FileResolver
from ontology.credentials.verdicts import Step
from ontology.credentials.verification import verify

NOW = datetime(2026, 11, 22, tzinfo=UTC)
GIGABYTE = 1 << 30


def main() -> None:
    """Nothing; one answer."""
    asked = json.load(sys.stdin)
    size = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize() + asked["spare"]
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = []
    for document, known in asked["documents"]:
        resolver = FileResolver({url: json.dumps(each).encode() for url, each in known.items()})
        verification = verify(json.dumps(document).encode(), Circumstances(now=NOW, resolver=resolver))
        reason = next(check.reason for check in verification.checks if check.step is Step.STATUS)
        found.append((verification.verdict.value, reason))
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    try:
        limited = not bytearray(GIGABYTE)
    except MemoryError:
        limited = True
    sys.stdout.write(json.dumps({"found": found, "peak": peak, "limited": limited}))


if __name__ == "__main__":
    main()
