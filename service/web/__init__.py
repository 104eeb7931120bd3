"""The pages: what is loaded and where to go at `/`, GraphiQL at `/graphql`. Nothing comes from elsewhere."""
