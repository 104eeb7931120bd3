"""Where things are and how to get from one to another: Neo4j, releases, the snapshot, matching and planning."""
