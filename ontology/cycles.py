"""Cycles of a directed graph, by Tarjan's strongly connected components, without recursion. Pure."""

from collections.abc import Iterator, Mapping, Sequence


def find_cycles(graph: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Every set of nodes that lead to each other, or one that leads to itself; each sorted, by its first.

    Cost: linear in nodes and edges. Nodes that are only targets need not be keys.

    Source: R. Tarjan, Depth-first search and linear graph algorithms, 1972.
    """
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    on_stack: set[str] = set()
    stack: list[str] = []
    found: list[list[str]] = []
    for root in graph:
        if root in index:
            continue
        walk: list[tuple[str, Iterator[str]]] = []
        _enter(root, graph, index, low, on_stack, stack, walk)
        while walk:
            node, targets = walk[-1]
            for target in targets:
                if target not in index:
                    _enter(target, graph, index, low, on_stack, stack, walk)
                    break
                if target in on_stack:
                    low[node] = min(low[node], index[target])
            else:
                walk.pop()
                if walk:
                    low[walk[-1][0]] = min(low[walk[-1][0]], low[node])
                if low[node] == index[node]:
                    component = _leave(node, on_stack, stack)
                    if len(component) > 1 or node in graph.get(node, ()):
                        found.append(sorted(component))
    return sorted(found)


def _enter(
    node: str,
    graph: Mapping[str, Sequence[str]],
    index: dict[str, int],
    low: dict[str, int],
    on_stack: set[str],
    stack: list[str],
    walk: list[tuple[str, Iterator[str]]],
) -> None:
    index[node] = low[node] = len(index)
    stack.append(node)
    on_stack.add(node)
    walk.append((node, iter(graph.get(node, ()))))


def _leave(node: str, on_stack: set[str], stack: list[str]) -> list[str]:
    component = []
    while True:
        member = stack.pop()
        on_stack.discard(member)
        component.append(member)
        if member == node:
            return component
