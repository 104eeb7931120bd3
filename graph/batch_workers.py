"""Who scores the parts of a run: this process alone, processes of this machine, or a Dask cluster.

The only module that knows Dask, which it imports on demand. Nothing here decides a result: a part is what `score_part`
makes of it. Called by the command line.
"""

import contextlib
import logging
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from ontology.errors import HeadwaterError, UnavailableError

from .batch import PartReport, Run
from .batch_documents import end_verifying
from .batch_scoring import score_part

if TYPE_CHECKING:
    from distributed import Client

WAITING_PER_WORKER: Final = 3
"""Parts that are handed out before they are needed, so that no worker waits and the scheduler holds few."""
CONNECT_SECONDS: Final = 10
"""After which a scheduler that was named is taken to be away."""
START_SECONDS: Final = 120
"""That processes of a busy machine may take to start."""
WORKER_ENVIRONMENT: Final = {
    "MALLOC_MMAP_THRESHOLD_": 32 << 20,
    "MALLOC_TRIM_THRESHOLD_": 256 << 20,
    **dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), 1),
}
"""Of processes of this machine. A part makes and drops arrays of some megabytes many times over. Dask's own setting
(trim at 64 KiB) has glibc give each of them back to the system and ask for it again: 37,000 page faults for 2,500
learners, a third of the time."""
SILENT: Final = logging.CRITICAL


def score_parts(
    run: Run, numbers: Sequence[int], *, workers: int, scheduler: str | None = None
) -> Iterator[PartReport]:
    """The reports of these parts, in the order in which they are done.

    Args:
        run: its folder and files are to be reachable under these paths by every worker.
        numbers: which parts.
        workers: processes of this machine; one is this process itself. Not looked at with a scheduler.
        scheduler: address of a Dask scheduler, such as `tcp://host:8786`.

    Raises:
        UnavailableError: `run.scheduler`: it does not answer; `run.worker`: workers die again and again.
        HeadwaterError: what `score_part` raises.
    """
    if scheduler is None and (workers == 1 or len(numbers) < 2):
        try:
            for number in numbers:
                yield score_part(run, number)
        finally:
            end_verifying()
        return
    with _client(min(workers, len(numbers)), scheduler) as client:
        yield from _handed_out(client, run, numbers)


@contextlib.contextmanager
def _client(workers: int, scheduler: str | None) -> "Iterator[Client]":
    import dask
    from distributed import Client, LocalCluster

    settings = {
        "distributed.comm.timeouts.connect": f"{START_SECONDS if scheduler is None else CONNECT_SECONDS}s",
        "distributed.worker.memory.terminate": False,
        "distributed.scheduler.allowed-failures": 2,
        "distributed.scheduler.http.routes": [],
        "distributed.worker.http.routes": [],
        "distributed.worker.profile.enabled": False,
        "distributed.admin.tick.interval": "500ms",
        "distributed.admin.system-monitor.interval": "5s",
        "distributed.nanny.pre-spawn-environ": WORKER_ENVIRONMENT,
    }
    with dask.config.set(settings):
        if scheduler is not None:
            try:
                client = Client(scheduler, timeout=f"{CONNECT_SECONDS}s", set_as_default=False)
            except (OSError, ValueError, ImportError) as error:
                raise UnavailableError(
                    f"No Dask scheduler answers at {scheduler}.",
                    code="run.scheduler",
                    hint="Start one with `dask scheduler`, workers with `dask worker`, or leave --scheduler out.",
                ) from error
            with client:
                yield client
            return
        with _script_left_out():
            cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address=None,
                silence_logs=SILENT,
            )
        with cluster, Client(cluster, set_as_default=False) as client:
            yield client


@contextlib.contextmanager
def _script_left_out() -> Iterator[None]:
    """Nothing; processes that start meanwhile do not run the script of this one, which imports every command.

    Nothing that they are given is of it. Source: multiprocessing.spawn, `get_preparation_data`.
    """
    script = sys.modules["__main__"]
    kept = {name: getattr(script, name) for name in ("__file__", "__spec__") if hasattr(script, name)}
    script.__dict__.pop("__file__", None)
    script.__spec__ = None
    try:
        yield
    finally:
        script.__dict__.update(kept)


def _handed_out(client: "Client", run: Run, numbers: Sequence[int]) -> Iterator[PartReport]:
    """The reports; a few parts for each worker are under way at a time."""
    from distributed import KilledWorker, as_completed

    [scattered] = client.scatter([run], broadcast=True)  # one copy would be lost with the worker that has it
    waiting = iter(numbers)
    workers = max(1, len(client.scheduler_info(n_workers=-1)["workers"]))
    first = [number for _, number in zip(range(workers * WAITING_PER_WORKER), waiting, strict=False)]
    submitted = [client.submit(score_part, scattered, number, pure=False) for number in first]
    done = as_completed(submitted, loop=client.loop)
    for future in done:
        try:
            report = future.result()
        except HeadwaterError:
            raise
        except KilledWorker as error:
            raise UnavailableError(
                "A worker ended three times over the same part.",
                code="run.worker",
                hint="Look whether its machine has memory enough; give fewer --workers or fewer --rows.",
            ) from error
        future.release()
        if (number := next(waiting, None)) is not None:
            done.add(client.submit(score_part, scattered, number, pure=False))
        yield report
