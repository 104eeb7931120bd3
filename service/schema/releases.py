"""Releases of the contract."""

import strawberry

from .resources import Dataset, Node


@strawberry.type(description="One state of all framework content, published as a whole.")
class Release(Node):
    """One state of all framework content."""

    number: int = strawberry.field(description="From 1, counted up.")
    published_at: str = strawberry.field(description="When it was published: ISO 8601 in UTC.")
    datasets: list[Dataset] = strawberry.field(description="What it consists of.")
    note: str | None = strawberry.field(description="What its publisher wrote about it.")
