"""How many, and who sees it: words that datasets, releases and reports share."""

from enum import Enum

import strawberry


@strawberry.enum(description="Who sees a dataset.")
class Visibility(Enum):
    """Who sees a dataset."""

    PUBLIC = strawberry.enum_value("public", description="Everybody.")
    PRIVATE = strawberry.enum_value("private", description="Callers with a key.")


@strawberry.type(description="How many records of one type.")
class RecordCount:
    """How many records of one type."""

    type: str = strawberry.field(description="The record: Framework, Competency, Requirement, Alignment …")
    count: int = strawberry.field(description="How many.")
