"""Verdicts on documents as the contract has them, and roles within reach."""

import strawberry

from .answers import Plan
from .resources import JobRole, Resource


@strawberry.type(description="One step of a document's verification.")
class Check:
    """One step of a document's verification."""

    step: str = strawberry.field(description="parse, json_ld, context, schema, subject, proof, issuer, status, dates …")
    outcome: str = strawberry.field(description="pass, fail, remark or skipped.")
    reason: str | None = strawberry.field(description="Why, in one sentence.")


@strawberry.type(description="What was found of a document.")
class DocumentVerdict:
    """What was found of a document."""

    index: int = strawberry.field(description="Which of the documents given, from 0.")
    format: str = strawberry.field(description="Open Badges, CLR or W3C VC, with its version.")
    verdict: str = strawberry.field(
        description="invalid, tampered, unverifiable, revoked, suspended, not_yet_valid, expired or verified."
    )
    issuer: str | None = strawberry.field(description="Who issued it.")
    issuer_proven: bool = strawberry.field(description="Whether the key is proven to be the issuer's.")
    subject: str | None = strawberry.field(description="Whom it is about.")
    checks: list[Check] = strawberry.field(description="The steps, in order.")
    recognised: list[Resource] = strawberry.field(description="What it says that is known here.")
    unresolved: list[str] = strawberry.field(description="What it says that is not known here.")
    embedded: list["DocumentVerdict"] = strawberry.field(
        description="Of a record or presentation: the credentials in it, each verified by itself; `index` counts them."
    )


@strawberry.type(description="A role within reach, and the best plan for it.")
class Reachable:
    """A role within reach, and the best plan for it."""

    role: JobRole = strawberry.field(description="The role.")
    score: float = strawberry.field(description="The score after the plan.")
    plan: Plan = strawberry.field(description="The best plan.")
