"""How people reach it: the GraphQL API, the command line, the pages."""
