"""REST surfaces beside GraphQL."""
