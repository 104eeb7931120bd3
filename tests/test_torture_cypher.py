"""Match on all of ESCO, and on NICE with DoD 8140, says what the same question in Cypher says."""

import os
from pathlib import Path

import pytest
from cypher_agreement import differences, levelled_tables, loaded, random_learners

from benchmarks.questions import asked_competencies
from graph.server import Connection

pytestmark = pytest.mark.torture
LEARNERS = 500

if "HEADWATER_REFERENCE" in os.environ:
    DATA = Path(os.environ["HEADWATER_REFERENCE"]) / "data"

    def test_engine_and_cypher_agree_on_esco(home: Path, connection: Connection) -> None:
        """500 drawn learners against all 3,039 occupations, figures to 1e-9."""
        snapshot = loaded(home, connection, [DATA / "esco-1.2.0" / "esco_v1.2.0_skos_derived.ttl.gz"])
        assert differences(snapshot, connection, random_learners(snapshot, LEARNERS, 500)) == []

    def test_engine_and_cypher_read_levels_of_esco_skills_alike(
        home: Path, tmp_path: Path, connection: Connection
    ) -> None:
        """All of ESCO, and made roles and courses with levels of three scales on 400 of its skills, read by mappings."""
        esco = DATA / "esco-1.2.0" / "esco_v1.2.0_skos_derived.ttl.gz"
        whole = loaded(home, connection, [esco])
        skills = [whole.iris[row] for row in asked_competencies(whole).tolist()]
        snapshot = loaded(home, connection, levelled_tables(tmp_path, skills, 12, roles=200))
        assert differences(snapshot, connection, random_learners(snapshot, LEARNERS, 12)) == []

    def test_engine_and_cypher_agree_on_work_roles(home: Path, connection: Connection) -> None:
        """500 drawn learners against NICE and DoD 8140: levels, groups of certifications, degrees and courses."""
        snapshot = loaded(home, connection, [DATA / "cyber-workforce"])
        assert differences(snapshot, connection, random_learners(snapshot, LEARNERS, 8140)) == []
