"""Learners in Parquet: row groups cut into slices, columns turned into those of `LearnerRows` without a loop.

Knows types of columns; knows no release. Called by learner_files, which imports it, and with it pyarrow, on demand.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .errors import InputError
from .learner_files import LearnerFile, LearnerFormat, Slice
from .learner_rows import FIELDS, LISTS, Claims, Codes, LearnerRows, Numbers, RowFault, learner_name

MAX_SLICES_OF_A_GROUP: Final = 16
"""A row group is decoded up to a slice's end for each of its slices, so a large one has larger slices."""


def cut_groups(path: Path, name: str, number: int, rows: int, checksum: str) -> tuple[LearnerFile, list[Slice]]:
    """The file and its slices. Raises InputError where it is damaged or its columns have other types."""
    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            counts = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
    except pa.ArrowException as error:
        raise _damaged(path, name, error) from error
    _check(schema, path, name)
    slices: list[Slice] = []
    before = 0
    for group, count in enumerate(counts):
        step = max(rows, -(-count // MAX_SLICES_OF_A_GROUP))
        for start in range(0, count, step):
            end = min(start + step, count)
            slices.append(Slice(file=number, start=start, end=end, first_line=before + start + 1, group=group))
        before += count
    file_of = LearnerFile(
        name=name,
        path=str(path.absolute()),
        format=LearnerFormat.PARQUET,
        size=path.stat().st_size,
        checksum=checksum,
        unread=tuple(column for column in schema.names if column not in FIELDS),
    )
    return file_of, slices


def _damaged(path: Path, name: str, error: Exception) -> InputError:
    return InputError(
        f"{path} cannot be read as Parquet: {str(error).splitlines()[0][:200]}.",
        code="learners.format",
        hint="Write it anew.",
        subject=name,
    )


def _check(schema: pa.Schema, path: Path, name: str) -> None:
    """Nothing, where each column that we read has its type."""
    wrong = [field for field in FIELDS if field in schema.names and not _fits(field, schema.field(field).type)]
    if "learner" in schema.names and not wrong:
        return
    got = f"`{wrong[0]}` is {schema.field(wrong[0]).type}" if wrong else "there is no column `learner`"
    raise InputError(
        f"{path} cannot be read as learners: {got}.",
        code="learners.columns",
        hint="Columns: learner (string or integer), credentials, courses, competencies (lists of strings; competencies "
        "also of structs with id, level, scale), experience_days (a number).",
        subject=name,
    )


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _fits(field: str, kind: pa.DataType) -> bool:
    if field == "learner":
        return _is_text(kind) or bool(pa.types.is_integer(kind))
    if field == "experience_days":
        return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)):
        return False
    item = kind.value_type
    if field != "competencies" or not pa.types.is_struct(item):
        return _is_text(item) or bool(pa.types.is_null(item))
    parts = {item.field(place).name: item.field(place).type for place in range(item.num_fields)}
    level, scale = parts.get("level"), parts.get("scale")
    return (
        "id" in parts
        and _is_text(parts["id"])
        and (level is None or bool(pa.types.is_integer(level) or pa.types.is_floating(level)))
        and (scale is None or _is_text(scale))
    )


def read_rows(file: LearnerFile, part: Slice) -> LearnerRows:
    """The rows of a slice. Raises InputError where the file is damaged."""
    try:
        table = _table(file, part)
    except pa.ArrowException as error:
        raise _damaged(Path(file.path), file.name, error) from error
    names, faults = _names(table.column("learner").to_pylist())
    days = _days(table)
    for place in np.flatnonzero(~(np.isfinite(days) & (days >= 0))).tolist():
        faults.setdefault(place, _bad_days(days[place]))
    for name in LISTS:
        for place in _places_without_text(table, name):
            faults.setdefault(place, _bad_claim(name))
    kept = np.ones(len(names), np.bool_)
    kept[list(faults)] = False
    if faults:
        table = table.filter(pa.array(kept))
    places = np.flatnonzero(kept)
    return LearnerRows(
        file=file.name,
        learners=[names[place] for place in places.tolist()],
        lines=places.astype(np.int64) + part.first_line,
        claims={name: _claims(table, name) for name in LISTS},
        experience_days=days[kept],
        findings=[faults[place].finding(file.name, part.first_line + place) for place in sorted(faults)],
        read=len(names),
    )


def _table(file: LearnerFile, part: Slice) -> pa.Table:
    """The rows with those of our columns that there are. Memory: one batch beside the rows."""
    wanted = part.end - part.start
    with pq.ParquetFile(file.path) as source:
        columns = [name for name in FIELDS if name in source.schema_arrow.names]
        batches, at = [], 0
        for batch in source.iter_batches(batch_size=max(wanted, 1), row_groups=[part.group], columns=columns):
            first, last = max(part.start - at, 0), min(part.end - at, len(batch))
            if last > first:
                batches.append(batch.slice(first, last - first))
            at += len(batch)
            if at >= part.end:
                break
    return pa.Table.from_batches(batches).combine_chunks()


def _names(values: Sequence[object]) -> tuple[list[str], dict[int, RowFault]]:
    """Names, and the faults by place; the name of a row with a fault is empty."""
    names: list[str] = []
    faults: dict[int, RowFault] = {}
    for place, value in enumerate(values):
        try:
            names.append(learner_name(value))
        except RowFault as fault:
            names.append("")
            faults[place] = fault
    return names, faults


def _days(table: pa.Table) -> Numbers:
    if "experience_days" not in table.schema.names:
        return np.zeros(len(table))
    column = pc.fill_null(pc.cast(table.column("experience_days"), pa.float64(), safe=False), 0.0)
    return np.array(column.to_numpy(), np.float64)


def _bad_days(value: float) -> RowFault:
    message = f"`experience_days` is {value:g}, expected a number of days from 0."
    return RowFault("batch.days", message, "Give days of experience as a number, or leave them out.", "experience_days")


def _bad_claim(name: str) -> RowFault:
    message = f"`{name}` has an item without a text."
    return RowFault("batch.claim", message, "Name what is held by its IRI, a code or its exact label.", name)


def _items(table: pa.Table, name: str) -> tuple[pa.Array, Codes] | None:
    """(all items of a list column, how many each row has); None where there is no such column."""
    if name not in table.schema.names or pa.types.is_null(table.schema.field(name).type.value_type):
        return None
    column = table.column(name)
    counts = np.array(pc.fill_null(pc.list_value_length(column), 0).to_numpy(), np.int64)
    items = pc.list_flatten(column)
    return items.combine_chunks() if isinstance(items, pa.ChunkedArray) else items, counts


def _texts(items: pa.Array) -> pa.Array:
    return pc.struct_field(items, "id") if pa.types.is_struct(items.type) else items


def _places_without_text(table: pa.Table, name: str) -> list[int]:
    found = _items(table, name)
    if found is None:
        return []
    items, counts = found
    texts = _texts(items)
    if pa.types.is_dictionary(texts.type):
        texts = texts.dictionary_decode()
    empty = pc.fill_null(pc.equal(pc.utf8_length(texts), 0), True)
    bad = np.array(empty.to_numpy(zero_copy_only=False), np.bool_)
    return sorted(set(np.repeat(np.arange(len(counts)), counts)[bad].tolist())) if bad.any() else []


def _claims(table: pa.Table, name: str) -> Claims:
    found = _items(table, name)
    if found is None:
        none = np.zeros(0, np.int64)
        return Claims(offsets=np.zeros(len(table) + 1, np.int64), texts=[], codes=none, levels=np.zeros(0), scales=none)
    items, counts = found
    codes, texts = _encoded(_texts(items))
    levels, scales = np.full(len(codes), np.nan), np.full(len(codes), -1, np.int64)
    if pa.types.is_struct(items.type):
        parts = {items.type.field(place).name for place in range(items.type.num_fields)}
        if "level" in parts:
            column = pc.cast(pc.struct_field(items, "level"), pa.float64(), safe=False)
            levels = np.array(pc.fill_null(column, np.nan).to_numpy(), np.float64)
        if "scale" in parts:
            own, names = _encoded(pc.struct_field(items, "scale"))
            scales = np.where(own >= 0, own + len(texts), -1)
            texts += names
    offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    return Claims(offsets=offsets, texts=texts, codes=codes, levels=levels, scales=scales)


def _encoded(column: pa.Array) -> tuple[Codes, list[str]]:
    """(place of each among the distinct texts, -1 none; the distinct texts)."""
    encoded = column if pa.types.is_dictionary(column.type) else pc.dictionary_encode(column)
    codes = np.array(pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False), np.int64)
    return codes, encoded.dictionary.to_pylist()
