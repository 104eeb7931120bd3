"""Neo4j as the graph sees it: statements in, rows out, and every failure one of the project's own errors.

The only file that imports the driver. `Store` is for commands and loads, `AsyncStore` for the service; both come back
by themselves when Neo4j does. Knows no query: the texts are in `cypher`, what they mean is in `publication` and
`reading`.
"""

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Self

import neo4j
from neo4j.exceptions import (
    AuthError,
    ClientError,
    ConfigurationError,
    DriverError,
    Forbidden,
    Neo4jError,
    TransientError,
)

from ontology.errors import HeadwaterError, InputError, UnavailableError

from .server import Connection

QUERY_CONNECT_SECONDS = 1.5
"""For a query's connection and for its place in the pool: below the 2 s within which it fails when Neo4j is away."""
COMMAND_CONNECT_SECONDS = 3.0
"""The same for a command, which has 5 s: a server that has just started, on a busy machine, needs 2 s for its first."""
IDLE_BEFORE_CHECK_SECONDS = 1.0
"""A connection idle for longer is tried before it is used: a hanging server costs no more than a connect."""
RETRY_SECONDS = 0.2
"""A failed read is tried once more, after `RETRY_DELAY_SECONDS`: it may have met a connection from before a restart."""
RETRY_DELAY_SECONDS = 0.3
WRITE_RETRY_SECONDS = 0.5
READ_TIMEOUT_SECONDS = 5.0
"""After which Neo4j ends a read by itself."""
COMMAND_READ_SECONDS = 60.0
"""The same for a command: a cold Neo4j on a busy machine takes seconds to plan a statement."""
READ_DEADLINE_SECONDS = 7.0
"""After which a caller of `AsyncStore.read` is let go, whatever Neo4j does."""
PATIENCE_SECONDS = 1.0
"""A read that takes longer makes us ask whether Neo4j is there at all: slow is waited for, silent is not."""
SIGN_OF_LIFE_SECONDS = 0.8
"""For the answer to that; with the patience before it less than the 2 s within which a query fails."""
CREDENTIALS_HINT = "Set NEO4J_USERNAME and NEO4J_PASSWORD to those of the server at NEO4J_URI."
AWAY_HINT = "Start Neo4j, or correct NEO4J_URI; `headwater doctor` tells what it finds."

Row = Mapping[str, object]
Parameters = Mapping[str, object]
Statement = tuple[str, Parameters]


@contextmanager
def _wrapped(uri: str) -> Iterator[None]:
    """Driver errors as the project's own, the cause chained."""
    try:
        yield
    except AuthError as error:
        raise UnavailableError(
            f"Neo4j at {uri} did not accept the credentials.", code="store.credentials", hint=CREDENTIALS_HINT
        ) from error
    except Forbidden as error:
        raise UnavailableError(
            f"Neo4j at {uri} forbids what is needed: {error.message}", code="store.forbidden", hint=CREDENTIALS_HINT
        ) from error
    except TransientError as error:
        raise UnavailableError(
            f"Neo4j at {uri} gave up: {error.message}", code="store.transient", hint="Try again in a moment."
        ) from error
    except ClientError as error:
        if error.code is not None and "TransactionTimedOut" in error.code:
            raise UnavailableError(
                f"Neo4j at {uri} ended a statement that took too long.",
                code="store.timeout",
                hint="Ask for less, or try again in a moment.",
            ) from error
        if error.code is not None and "DatabaseNotFound" in error.code:
            raise UnavailableError(
                f"Neo4j at {uri} has no such database.", code="store.database", hint="Correct NEO4J_DATABASE."
            ) from error
        raise HeadwaterError(f"Neo4j refused a statement: {error.message}", code="store.statement") from error
    except Neo4jError as error:
        raise UnavailableError(
            f"Neo4j at {uri} failed: {error.message}", code="store.failed", hint=AWAY_HINT
        ) from error
    except (ConfigurationError, ValueError) as error:
        raise InputError(
            f"Neo4j cannot be reached by {uri!r}: {error}", code="store.address", hint=AWAY_HINT
        ) from error
    except (DriverError, OSError, TimeoutError) as error:
        raise UnavailableError(f"Neo4j at {uri} does not answer.", code="store.away", hint=AWAY_HINT) from error


def _keep_quiet() -> None:
    """Nothing; the driver's remarks about retries reach a log that somebody set up, and no terminal."""
    log = logging.getLogger("neo4j")
    if not any(isinstance(handler, logging.NullHandler) for handler in log.handlers):
        log.addHandler(logging.NullHandler())


class Store:
    """One synchronous way to Neo4j. Close it, or use it as a context manager.

    `statements` counts what was sent, for tests that hold the number of statements.
    """

    def __init__(self, connection: Connection) -> None:
        self.uri = connection.uri
        self.statements = 0
        self._database = connection.database
        self._bookmarks = neo4j.GraphDatabase.bookmark_manager()
        _keep_quiet()
        with _wrapped(self.uri):
            self._driver = neo4j.GraphDatabase.driver(
                connection.uri,
                auth=(connection.username, connection.password),
                connection_timeout=COMMAND_CONNECT_SECONDS,
                connection_acquisition_timeout=COMMAND_CONNECT_SECONDS,
                liveness_check_timeout=IDLE_BEFORE_CHECK_SECONDS,
                max_transaction_retry_time=WRITE_RETRY_SECONDS,
                initial_retry_delay=RETRY_DELAY_SECONDS,
                notifications_min_severity="OFF",
                telemetry_disabled=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """The connections given back."""
        self._driver.close()

    def verify(self) -> None:
        """Nothing, where Neo4j answers. Raises UnavailableError after one attempt of at most three seconds."""
        with _wrapped(self.uri):
            self._driver.verify_connectivity()

    def read(self, query: str, parameters: Parameters | None = None) -> list[Row]:
        """Rows of one read statement. Raises UnavailableError."""
        with _wrapped(self.uri), self._session() as session:
            return session.execute_read(neo4j.unit_of_work(timeout=COMMAND_READ_SECONDS)(self._rows), query, parameters)

    def write(self, query: str, parameters: Parameters | None = None) -> list[Row]:
        """Rows of one statement in a transaction of its own. Raises UnavailableError."""
        with _wrapped(self.uri), self._session() as session:
            return session.execute_write(self._rows, query, parameters)

    def write_together(self, statements: Sequence[Statement]) -> None:
        """Nothing; all of the statements are done in one transaction, or none. Raises UnavailableError."""

        def work(transaction: neo4j.ManagedTransaction) -> None:
            for query, parameters in statements:
                self._rows(transaction, query, parameters)

        with _wrapped(self.uri), self._session() as session:
            session.execute_write(work)

    def bookmarks(self) -> tuple[str, ...]:
        """What a reader must wait for to see what was written here (a cluster's members lag)."""
        return tuple(sorted(self._bookmarks.get_bookmarks()))

    def _session(self) -> neo4j.Session:
        return self._driver.session(database=self._database, bookmark_manager=self._bookmarks)

    def _rows(self, transaction: neo4j.ManagedTransaction, query: str, parameters: Parameters | None) -> list[Row]:
        self.statements += 1
        return [record.data() for record in transaction.run(query, dict(parameters or {}))]


class AsyncStore:
    """One way to Neo4j for an event loop; reads only. `statements` counts what was sent."""

    def __init__(self, connection: Connection) -> None:
        self.uri = connection.uri
        self.statements = 0
        self._database = connection.database
        self._awaited: Iterable[str] = ()
        _keep_quiet()
        with _wrapped(self.uri):
            self._driver = neo4j.AsyncGraphDatabase.driver(
                connection.uri,
                auth=(connection.username, connection.password),
                connection_timeout=QUERY_CONNECT_SECONDS,
                connection_acquisition_timeout=QUERY_CONNECT_SECONDS,
                liveness_check_timeout=IDLE_BEFORE_CHECK_SECONDS,
                max_transaction_retry_time=RETRY_SECONDS,
                initial_retry_delay=RETRY_DELAY_SECONDS,
                notifications_min_severity="OFF",
                telemetry_disabled=True,
            )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """The connections given back."""
        await self._driver.close()

    async def verify(self) -> None:
        """Nothing, where Neo4j answers. Raises UnavailableError within two seconds."""
        await self._verify_within(QUERY_CONNECT_SECONDS)

    async def _verify_within(self, seconds: float) -> None:
        with _wrapped(self.uri):
            async with asyncio.timeout(seconds):
                await self._driver.verify_connectivity()

    async def read(self, query: str, parameters: Parameters | None = None) -> list[Row]:
        """Rows of one read statement. Raises UnavailableError within two seconds where Neo4j is away or silent."""
        reading = asyncio.ensure_future(self._read(query, parameters))
        try:
            done, _ = await asyncio.wait({reading}, timeout=PATIENCE_SECONDS)
            if not done:
                await self._verify_within(SIGN_OF_LIFE_SECONDS)
            return await reading
        finally:
            reading.cancel()

    async def _read(self, query: str, parameters: Parameters | None) -> list[Row]:
        @neo4j.unit_of_work(timeout=READ_TIMEOUT_SECONDS)
        async def work(transaction: neo4j.AsyncManagedTransaction) -> list[Row]:
            self.statements += 1
            result = await transaction.run(query, dict(parameters or {}))
            return [record.data() async for record in result]

        with _wrapped(self.uri):
            async with (
                asyncio.timeout(READ_DEADLINE_SECONDS),
                self._driver.session(
                    database=self._database,
                    bookmarks=neo4j.Bookmarks.from_raw_values(self._awaited),
                    default_access_mode=neo4j.READ_ACCESS,
                ) as session,
            ):
                return await session.execute_read(work)

    def wait_for(self, bookmarks: Iterable[str]) -> None:
        """Nothing; reads from now on see what was written under these bookmarks. Only a cluster (`neo4j://`) lags."""
        if self.uri.startswith("neo4j"):
            self._awaited = tuple(bookmarks)
