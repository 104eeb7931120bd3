"""Processes that are asked in frames: kept, killed where they take too long, replaced, ended with their pool."""

from collections.abc import Iterator
from functools import partial

import psutil
import pytest

from ontology.worker_processes import Worker, Workers

MODULE = "tests.frames_worker"
new = partial(Worker, MODULE, start_seconds=60)


@pytest.fixture
def workers() -> Iterator[Workers[Worker]]:
    made: Workers[Worker] = Workers()
    yield made
    made.close()


def ask(workers: Workers[Worker], question: bytes = b"pid", seconds: float = 60) -> int:
    """The pid of the worker that answered."""
    with workers.taken(new) as worker:
        (answer,) = worker.ask(question, seconds=seconds)
    return int(answer)


def test_a_worker_is_kept_for_the_next_question(workers: Workers[Worker]) -> None:
    """One process answers in turn; two questions at once have one each."""
    first = ask(workers)
    assert ask(workers) == first
    with workers.taken(new) as one, workers.taken(new) as other:
        pids = {int(each.ask(b"pid", seconds=60)[0]) for each in (one, other)}
    assert first in pids
    assert len(pids) == 2


@pytest.mark.parametrize(("question", "seconds", "error"), [(b"sleep", 0.2, TimeoutError), (b"end", 60, EOFError)])
def test_a_worker_that_does_not_answer_is_gone_and_replaced(
    workers: Workers[Worker], question: bytes, seconds: float, error: type[Exception]
) -> None:
    """It took too long, or it ended: said apart, and the next question is answered."""
    first = ask(workers)
    with pytest.raises(error):
        ask(workers, question, seconds)
    assert not psutil.pid_exists(first)
    assert ask(workers) != first


def test_one_answer_less_than_asked_for_is_none(workers: Workers[Worker]) -> None:
    """Half an answer is not given; the process is ended, so that the rest answers no other question."""
    with workers.taken(new) as worker:
        pid = int(worker.ask(b"pid", seconds=60)[0])
        with pytest.raises(TimeoutError):
            worker.ask(b"pid", seconds=0.5, answers=2)
    assert not psutil.pid_exists(pid)


def test_an_idle_worker_that_does_not_fit_is_ended(workers: Workers[Worker]) -> None:
    """Another one is made."""
    first = ask(workers)
    with workers.taken(new, fits=lambda _: False) as worker:
        assert int(worker.ask(b"pid", seconds=60)[0]) != first
    assert not psutil.pid_exists(first)


def test_a_process_that_is_never_ready_is_no_worker() -> None:
    """It says something else first, or there is no such module."""
    with pytest.raises(EOFError):
        Worker(MODULE, "unready", start_seconds=60)
    with pytest.raises(EOFError):
        Worker("tests.no_such_worker", start_seconds=60)


def test_no_worker_outlives_its_pool(workers: Workers[Worker]) -> None:
    """Neither an idle one nor one that is still asked."""
    idle = ask(workers)
    with workers.taken(new) as busy, workers.taken(new) as other:
        pids = [int(each.ask(b"pid", seconds=60)[0]) for each in (busy, other)]
        workers.close()
        assert not any(map(psutil.pid_exists, [idle, *pids]))
    with workers.taken(new) as late:
        pid = int(late.ask(b"pid", seconds=60)[0])
    assert not psutil.pid_exists(pid)
