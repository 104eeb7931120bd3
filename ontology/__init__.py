"""What things mean: records, their RDF, their readers. No database, no web."""
