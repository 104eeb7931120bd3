"""Arguments that root fields share, and the view that `view` asks for."""

from typing import Annotated

import strawberry
from strawberry import ID, Info

from .context import context_of
from .held import read_view
from .inputs import ViewInput
from .view import View

First = Annotated[int, strawberry.argument(description="How many, from 1 to 100.")]
After = Annotated[str | None, strawberry.argument(description="Cursor of the edge before the page.")]
Reference = Annotated[ID, strawberry.argument(description="IRI, code (511, opm:511, nice/511) or exact label.")]
Which = Annotated[ViewInput | None, strawberry.argument(description="Which data to answer from. Default: all.")]


async def view_for(info: Info, view: ViewInput | None) -> View:
    """The view that a question is asked of, as far as the caller sees. Raises what `ReleaseState.view_of` raises."""
    context = context_of(info)
    return await context.release.view_of(read_view(view, private=context.caller.sees_private))
