"""The tables of the O*NET database, as tab-separated text or as CSV, and what files without a reader of their own hold.

The official text files name an occupation or element by its code alone; spreadsheets and what is made of them add the
title. A table that is not named here is told by its key, the code of an occupation or element, and kept row by row.
Source: O*NET database 29.2 and 30.1, data dictionary. Reads nothing itself.
"""

from typing import Final

from ontology.documents import Document, read_header

from .detection import Fit, Table, find_table

CODE: Final = "O*NET-SOC Code"
ELEMENT: Final = "Element ID"
_STAMP: Final = ("Date", "Domain Source")
_STATISTICS: Final = (
    "N",
    "Standard Error",
    "Lower CI Bound",
    "Upper CI Bound",
    "Recommend Suppress",
    "Not Relevant",
    *_STAMP,
)
OCCUPATIONS: Final = Table(
    name="occupations",
    required=(CODE, "Title", "Description"),
    optional=("Job Zone",),
    file_names=("occupation_data.csv", "onet_occupations.csv", "occupation data.txt"),
)
RATINGS: Final = Table(
    name="rating",
    required=(CODE, ELEMENT, "Scale ID", "Data Value"),
    optional=("Title", "Element Name", "Scale Name", "Category", *_STATISTICS),
)
TASKS: Final = Table(
    name="task",
    required=(CODE, "Task ID", "Task"),
    optional=("Title", "Task Type", "Incumbents Responding", *_STAMP),
)
TASK_RATINGS: Final = Table(
    name="task rating",
    required=(CODE, "Task ID", "Scale ID", "Data Value"),
    optional=("Title", "Task", "Scale Name", "Category", *_STATISTICS),
)
TASK_ACTIVITIES: Final = Table(
    name="task activity", required=(CODE, "Task ID", "DWA ID"), optional=("Title", "Task", "DWA Title", *_STAMP)
)
EMERGING_TASKS: Final = Table(
    name="emerging task",
    required=(CODE, "Task", "Category"),
    optional=("Title", "Original Task ID", "Original Task", *_STAMP),
)
DETAILED_ACTIVITIES: Final = Table(
    name="detailed work activity",
    required=(ELEMENT, "IWA ID", "DWA ID", "DWA Title"),
    optional=("Element Name", "IWA Title"),
)
INTERMEDIATE_ACTIVITIES: Final = Table(
    name="intermediate work activity", required=(ELEMENT, "IWA ID", "IWA Title"), optional=("Element Name",)
)
TECHNOLOGIES: Final = Table(
    name="technology",
    required=(CODE, "Example", "Commodity Code", "Hot Technology"),
    optional=("Title", "Commodity Title", "In Demand"),
)
TOOLS: Final = Table(name="tool", required=(CODE, "Example", "Commodity Code"), optional=("Title", "Commodity Title"))
COMMODITIES: Final = Table(
    name="commodity",
    required=("Commodity Code", "Commodity Title", "Class Code", "Family Code", "Segment Code"),
    optional=("Class Title", "Family Title", "Segment Title"),
)
ALTERNATE_TITLES: Final = Table(
    name="alternate title", required=(CODE, "Alternate Title"), optional=("Title", "Short Title", "Source(s)")
)
REPORTED_TITLES: Final = Table(
    name="reported title", required=(CODE, "Reported Job Title"), optional=("Title", "Shown in My Next Move")
)
JOB_ZONES: Final = Table(name="job zone", required=(CODE, "Job Zone"), optional=("Title", *_STAMP))
JOB_ZONE_REFERENCE: Final = Table(
    name="job zone reference",
    required=("Job Zone", "Name", "Experience"),
    optional=("Education", "Job Training", "Examples", "SVP Range"),
)
RELATED: Final = Table(
    name="related occupation",
    required=(CODE, "Related O*NET-SOC Code"),
    optional=("Title", "Related Title", "Relatedness Tier", "Index", "Related Index"),
)
ELEMENTS: Final = Table(name="element", required=(ELEMENT, "Element Name", "Description"))
SCALES: Final = Table(name="scale", required=("Scale ID", "Scale Name", "Minimum", "Maximum"))
SCALE_CATEGORIES: Final = Table(
    name="category",
    required=("Scale ID", "Category", "Category Description"),
    optional=(ELEMENT, "Element Name", "Scale Name"),
)
_PAIRED: Final = ("Abilities", "Skills", "Work Styles", "Basic Interests")
_PAIRED_WITH: Final = ("Work Activities", "Work Context", "RIASEC")
PAIRS: Final = tuple(
    Table(
        name=f"{one} to {other}",
        required=(f"{one} Element ID", f"{other} Element ID"),
        optional=(f"{one} Element Name", f"{other} Element Name"),
    )
    for one in _PAIRED
    for other in _PAIRED_WITH
)
TO_2019: Final = Table(
    name="2010 to 2019",
    required=("soc2010_code", "soc2010_title", "soc2019_code", "soc2019_title"),
    file_names=("onetsoc_2010_to_2019.csv",),
)
TO_2019_OFFICIAL: Final = Table(
    name="2010 to 2019",
    required=(
        "O*NET-SOC 2010 Code",
        "O*NET-SOC 2010 Title",
        "O*NET-SOC 2019 Code",
        "O*NET-SOC 2019 Title",
    ),
)
TABLES: Final = (
    OCCUPATIONS,
    RATINGS,
    TASK_RATINGS,
    TASK_ACTIVITIES,
    TASKS,
    EMERGING_TASKS,
    DETAILED_ACTIVITIES,
    INTERMEDIATE_ACTIVITIES,
    TECHNOLOGIES,
    TOOLS,
    COMMODITIES,
    ALTERNATE_TITLES,
    REPORTED_TITLES,
    JOB_ZONES,
    JOB_ZONE_REFERENCE,
    RELATED,
    ELEMENTS,
    SCALES,
    SCALE_CATEGORIES,
    *PAIRS,
    TO_2019,
    TO_2019_OFFICIAL,
)
BY_OCCUPATION: Final = Table(name="of an occupation", required=(CODE,))
BY_ELEMENT: Final = Table(name="of an element", required=(ELEMENT,))


def fit_onet(document: Document) -> Fit:
    """How well a document fits one of O*NET's tables; any table with its keys is meant for it."""
    fit = find_table(document, TABLES)[1]
    keys = {CODE, ELEMENT} & set(read_header(document))
    return max(fit, Fit.NEAR) if keys else fit


def table_of(document: Document) -> Table:
    """The table that a document is, the nearest one, or, where none is near, one that is kept by its key."""
    table, fit = find_table(document, TABLES)
    header = read_header(document)
    if table is not None and fit is not Fit.NONE:
        return table
    if CODE in header:
        return kept_table(document, BY_OCCUPATION, header)
    return kept_table(document, BY_ELEMENT, header) if ELEMENT in header else OCCUPATIONS


def kept_table(document: Document, key: Table, header: tuple[str, ...]) -> Table:
    """A table of which only the key is known: named by its file, all of its columns are kept."""
    name = document.basename.rpartition(".")[0].replace("_", " ").casefold() or key.name
    return Table(name=name, required=key.required, optional=tuple(each for each in header if each not in key.required))
