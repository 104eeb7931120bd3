"""One reader per standard: documents in, records and findings out, each with where it was read."""

from .reading import FORMATS, Reading, dataset_name, read_source
from .surroundings import KnownCodes, Nothing, Surroundings

__all__ = ["FORMATS", "KnownCodes", "Nothing", "Reading", "Surroundings", "dataset_name", "read_source"]
