"""The release that a process answers from: swapped as a whole, never changed."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence

from graph.snapshot import Snapshot
from ontology.model import IDENTITY

from .view import View

_RESTRICTED_KEPT = 8


class ReleaseState:
    """One release: its whole view, and those of it that are restricted to some datasets."""

    def __init__(self, snapshot: Snapshot):
        self.number = snapshot.release
        self.view = View(snapshot, f"{IDENTITY}release/{snapshot.release}")
        self.checksum = "-".join(info.checksum[:12] for info in snapshot.datasets) or "empty"
        self._restricted: OrderedDict[frozenset[str], View] = OrderedDict()
        self._making = asyncio.Lock()

    async def view_of(self, datasets: Sequence[str] | None) -> View:
        """The view of these datasets, of all where None.

        Raises UnknownReferenceError with the names there are. The first time costs as much as building a snapshot, in a
        thread, one at a time.
        """
        if datasets is None:
            return self.view
        wanted = frozenset(datasets)
        async with self._making:
            found = self._restricted.get(wanted)
            if found is None:
                snapshot = await asyncio.to_thread(self.view.snapshot.restrict, sorted(wanted))
                found = View(snapshot, self.view.release, sorted(wanted))
                self._restricted[wanted] = found
                if len(self._restricted) > _RESTRICTED_KEPT:
                    self._restricted.popitem(last=False)
            self._restricted.move_to_end(wanted)
            return found
