"""Every statement that Neo4j is sent, each a named constant with its parameters and the columns of its rows.

Values are always parameters. The labels and types below are those of ontology/headwater.ttl (a test holds them
together); nothing else is ever written into a text. Every node of ours but `Release` and `Dataset` also has the label
`Resource`, by which it is found.
"""

from typing import Final

RESOURCE_LABELS: Final = ("Framework", "Competency", "Course", "Credential", "JobRole")
"""Labels of what is described, searched and listed."""
NODE_LABELS: Final = (
    *RESOURCE_LABELS,
    "RoleLevel",
    "Scale",
    "ScaleLevel",
    "LevelMapping",
    "RequirementGroup",
    "Requirement",
)
EXTERNAL: Final = "ExternalResource"
STRUCTURE_TYPES: Final = (
    "BROADER",
    "FRAMEWORK",
    "GROUP",
    "LEVEL_SCALE",
    "MATCHED_LEVEL_SCALE",
    "OWNER",
    "PARENT",
    "REPLACED_BY",
    "ROLE",
    "ROLE_LEVEL",
    "TARGET",
)
"""Relationships that lead away from the node of the record that states them, and go with it."""
STATEMENT_TYPES: Final = ("TEACHES", "AWARDS", "ALIGNED_WITH")
"""Relationships that are records themselves and have an IRI."""
SEARCH_INDEX: Final = "resource_text"
SEARCH_FIELDS: Final = ("labels", "alternative_labels", "codes", "code_values")
SEARCH_ANALYZER: Final = "standard-folding"
LOOKUPS: Final = (
    ("Competency", "kind"),
    ("Course", "provider"),
    ("Credential", "issuer"),
    ("Credential", "kind"),
    ("JobRole", "employer"),
    ("JobRole", "employer_iri"),
)

SCHEMA: Final = (
    "CREATE CONSTRAINT resource_iri IF NOT EXISTS FOR (n:Resource) REQUIRE n.iri IS UNIQUE",
    "CREATE CONSTRAINT dataset_iri IF NOT EXISTS FOR (n:Dataset) REQUIRE n.iri IS UNIQUE",
    "CREATE CONSTRAINT release_iri IF NOT EXISTS FOR (n:Release) REQUIRE n.iri IS UNIQUE",
    *(f"CREATE INDEX {name.lower()}_iri IF NOT EXISTS FOR ()-[r:{name}]-() ON (r.iri)" for name in STATEMENT_TYPES),
    *(f"CREATE INDEX {label.lower()}_{field} IF NOT EXISTS FOR (n:{label}) ON (n.{field})" for label, field in LOOKUPS),
    (
        f"CREATE FULLTEXT INDEX {SEARCH_INDEX} IF NOT EXISTS FOR (n:{'|'.join(RESOURCE_LABELS)}) "
        f"ON EACH [{', '.join(f'n.{field}' for field in SEARCH_FIELDS)}] "
        f"OPTIONS {{indexConfig: {{`fulltext.analyzer`: '{SEARCH_ANALYZER}'}}}}"
    ),
)
"""Constraints and indexes; each is made unless it is there. No parameters, no rows."""

AWAIT_INDEXES: Final = "CALL db.awaitIndexes(300)"
"""Returns when all indexes are filled. No parameters, no rows."""

_ALL_LABELS = ":".join((*NODE_LABELS, EXTERNAL))
_STRUCTURE = "|".join(STRUCTURE_TYPES)

# ------------------------------------------------------------------------------------------------ Publication

HOLDINGS: Final = """
OPTIONAL MATCH (c:Release {current: true})
WITH collect(c.checksum) AS current
OPTIONAL MATCH (p:Release {publishing: true})
RETURN current, collect(p.checksum) AS publishing, any(each IN collect(p.clearing) WHERE each) AS clearing,
  EXISTS { (:Resource) } AS filled
"""
"""What Neo4j holds. Columns: current, publishing (lists of manifest checksums), clearing (is the content
before being removed), filled (are there nodes like ours).
"""

ANNOUNCE: Final = """
MERGE (r:Release {iri: $iri})
SET r.number = $number, r.checksum = $checksum, r.publishing = true, r.clearing = $clearing
"""
"""Says that a release is being applied, and whether all goes first. Parameters: iri, number, checksum, clearing."""

DISOWN: Final = "MATCH (r:Release) DETACH DELETE r"
"""From now on Neo4j holds no release: its content is about to be built anew. No parameters."""

CLEAR: Final = "MATCH (n) WHERE n:Resource OR n:Dataset WITH n LIMIT $limit DETACH DELETE n RETURN count(*) AS deleted"
"""Some nodes less, until `deleted` is 0. Parameters: limit."""

UPSERT_NODES: Final = {
    label: f"""
UNWIND $rows AS row
MERGE (n:Resource {{iri: row.iri}})
REMOVE n:{_ALL_LABELS}
SET n:{label}, n = row.properties
"""
    for label in NODE_LABELS
}
"""By label: nodes with just these properties and no other label. Parameters: rows of {iri, properties (with iri)}."""

CLEAR_STRUCTURE: Final = f"""
UNWIND $iris AS iri
MATCH (:Resource {{iri: iri}})-[r:{_STRUCTURE}]->()
DELETE r
"""
"""Records' own relationships removed. Parameters: iris."""

UNDESCRIBE_NODES: Final = f"""
UNWIND $iris AS iri
MATCH (n:Resource {{iri: iri}})
REMOVE n:{_ALL_LABELS}
SET n:{EXTERNAL}, n = {{iri: iri, name: iri}}
"""
"""Nodes that nothing describes any longer. Parameters: iris."""

CREATE_STRUCTURE: Final = {
    name: f"""
UNWIND $rows AS row
MATCH (a:Resource {{iri: row.start}})
MERGE (b:Resource {{iri: row.end}}) ON CREATE SET b:{EXTERNAL}, b.name = row.end
CREATE (a)-[:{name}]->(b)
"""
    for name in STRUCTURE_TYPES
}
"""By type: relationships of nodes that are there. What they lead to and is not described becomes an ExternalResource.

Parameters: rows of {start, end}.
"""

DELETE_STATEMENTS: Final = {
    name: f"UNWIND $iris AS iri MATCH ()-[r:{name} {{iri: iri}}]->() DELETE r" for name in STATEMENT_TYPES
}
"""By type: Teachings, Awardings or Alignments removed. Parameters: iris."""

CREATE_STATEMENTS: Final = {
    name: f"""
UNWIND $rows AS row
MERGE (a:Resource {{iri: row.start}}) ON CREATE SET a:{EXTERNAL}, a.name = row.start
MERGE (b:Resource {{iri: row.end}}) ON CREATE SET b:{EXTERNAL}, b.name = row.end
CREATE (a)-[r:{name}]->(b)
SET r = row.properties
"""
    for name in STATEMENT_TYPES
}
"""By type: Teachings, Awardings or Alignments. Parameters: rows of {start, end, properties}."""

DELETE_LONELY: Final = f"""
MATCH (n:{EXTERNAL}) WHERE NOT (n)--()
WITH n LIMIT $limit DELETE n RETURN count(*) AS deleted
"""
"""Undescribed nodes that nothing names, some at a time, until `deleted` is 0. Parameters: limit."""

REPLACE_DATASETS: Final = """
MATCH (d:Dataset) WHERE NOT d.iri IN [row IN $rows | row.iri] DETACH DELETE d
"""
"""Datasets that the release has not are gone. Parameters: rows of {iri, …}."""

UPSERT_DATASETS: Final = "UNWIND $rows AS row MERGE (d:Dataset {iri: row.iri}) SET d = row"
"""The datasets of the release. Parameters: rows of Dataset properties."""

REMOVE_OTHER_RELEASES: Final = "MATCH (r:Release) WHERE NOT r.iri IN [row IN $rows | row.iri] DETACH DELETE r"
"""Releases that the archive has not are gone. Parameters: rows of {iri, …}."""

MOVE_POINTER: Final = "UNWIND $rows AS row MERGE (r:Release {iri: row.iri}) SET r = row"
"""All releases, just one of them `current`, none `publishing`. Parameters: rows of Release properties."""

# ------------------------------------------------------------------------------------------------ Reading

DESCRIPTIONS: Final = """
UNWIND $iris AS iri
MATCH (n:Resource {iri: iri})
WHERE NOT n:ExternalResource
RETURN n.iri AS iri, coalesce(n.descriptions, []) AS texts, coalesce(n.description_languages, []) AS languages
"""
"""Descriptions of many things. Parameters: iris. Columns: iri, texts, languages (parallel)."""

_SHOWN = "($datasets IS NULL OR {0}.dataset IN $datasets)"
_LAST = "coalesce(head([({0})-[:REPLACED_BY*1..32]->(last) WHERE NOT (last)-[:REPLACED_BY]->() | last]), {0})"


def _relation(pattern: str, label: str, statement: str | None = None) -> str:
    """A page of the `label` nodes `t` that `pattern` finds for the node `s`.

    A superseded resource stands for its last successor: `s` is the node asked for or what it replaces, and in place of
    `t` its successor.
    """
    shown = f"{_SHOWN.format(statement)} AND " if statement else ""
    return f"""
UNWIND $iris AS iri
MATCH (n:Resource {{iri: iri}})
CALL (n) {{
  MATCH (s:Resource)-[:REPLACED_BY*0..32]->(n)
  MATCH {pattern}
  WHERE {shown}{_SHOWN.format("s")}
  WITH {_LAST.format("t")} AS t
  WHERE t:{label} AND {_SHOWN.format("t")}
  WITH DISTINCT t.iri AS found ORDER BY found
  RETURN collect(found) AS found
}}
RETURN iri, size(found) AS total, [each IN found WHERE $after IS NULL OR each > $after][..$limit] AS page
"""


RELATIONS: Final = {
    "broader": _relation("(s)-[:BROADER]->(t)", "Competency"),
    "narrower": _relation("(s)<-[:BROADER]-(t)", "Competency"),
    "taught_by": _relation("(s)<-[r:TEACHES]-(t:Course)", "Course", "r"),
    "certified_by": _relation("(s)<-[r:TEACHES]-(t:Credential)", "Credential", "r"),
    "teaches": _relation("(s)-[r:TEACHES]->(t)", "Competency", "r"),
    "awards": _relation("(s)-[r:AWARDS]->(t)", "Credential", "r"),
    "awarded_by": _relation("(s)<-[r:AWARDS]-(t)", "Course", "r"),
    "required_by": _relation("(s)<-[:TARGET]-(r:Requirement)-[:OWNER]->(t)", "JobRole", "r"),
    "alignments": f"""
UNWIND $iris AS iri
MATCH (n:Resource {{iri: iri}})
CALL (n) {{
  MATCH (s:Resource)-[:REPLACED_BY*0..32]->(n)
  MATCH (s)-[r:ALIGNED_WITH]-()
  WHERE {_SHOWN.format("r")} AND {_SHOWN.format("s")}
  WITH DISTINCT r.iri AS found ORDER BY found
  RETURN collect(found) AS found
}}
RETURN iri, size(found) AS total, [each IN found WHERE $after IS NULL OR each > $after][..$limit] AS page
""",
}
"""By relation: pages of IRIs, by IRI; what a role requires also says for what a course or credential qualifies.

Parameters: iris, after (the last IRI of the page before, or null), limit, datasets (names, or null for all).
Columns: iri (one of those asked; none where there is no such node), total, page.
"""

ALIGNMENTS: Final = f"""
UNWIND $iris AS iri
MATCH (a:Resource)-[r:ALIGNED_WITH {{iri: iri}}]->(b:Resource)
WHERE {_SHOWN.format("r")}
RETURN r.iri AS iri, a.iri AS subject, b.iri AS object, r.relation AS relation, r.confidence AS confidence,
  r.method AS method, r.source AS source, r.author AS author, r.date AS date, r.comment AS comment, r.dataset AS dataset
"""
"""Alignments by IRI. Parameters: iris, datasets. Columns as named."""

OWNER_BOOST: Final = 100.0
"""What it counts that the whole text is a code of the thing: such a one comes first."""

_FOUND = f"""
CALL db.index.fulltext.queryNodes('{SEARCH_INDEX}', $query) YIELD node, score
WHERE any(label IN labels(node) WHERE label IN $labels) AND {_SHOWN.format("node")}
WITH node, score * CASE
  WHEN any(code IN coalesce(node.codes, []) + coalesce(node.code_values, []) WHERE toLower(code) = $typed)
  THEN {OWNER_BOOST} ELSE 1.0 END AS score
"""

SEARCH: Final = f"""{_FOUND}
WITH node.iri AS iri, score ORDER BY score DESC, iri
WITH collect({{iri: iri, score: score}}) AS found
RETURN size(found) AS total,
  [each IN found
    WHERE $score IS NULL OR each.score < $score OR (each.score = $score AND each.iri > $after)][..$limit] AS page
"""
"""A page of what a full text query finds, best first, then by IRI.

Parameters: query (Lucene), typed (the text, lower case), labels, datasets, score and after (of the last one of the page
before, or null), limit.
Columns: total, page of {{iri, score}}.
"""

SEARCH_IN_LANGUAGES: Final = f"""{_FOUND}
RETURN node.iri AS iri, score, coalesce(node.codes, []) + coalesce(node.code_values, []) AS codes,
  [i IN range(0, size(coalesce(node.labels, [])) - 1)
    WHERE toLower(node.label_languages[i]) IN $fallbacks OR any(tag IN $languages
      WHERE toLower(node.label_languages[i]) = tag OR toLower(node.label_languages[i]) STARTS WITH tag + '-')
    | node.labels[i]]
  + [i IN range(0, size(coalesce(node.alternative_labels, [])) - 1)
    WHERE toLower(node.alternative_label_languages[i]) IN $fallbacks OR any(tag IN $languages
      WHERE toLower(node.alternative_label_languages[i]) = tag
        OR toLower(node.alternative_label_languages[i]) STARTS WITH tag + '-')
    | node.alternative_labels[i]] AS texts
ORDER BY score DESC, iri
"""
"""All that a full text query finds, with its texts in some languages.

Parameters: query, typed, labels, datasets, languages and fallbacks (lower case; regions of the former count too).
Columns: iri, score, codes, texts.
"""
