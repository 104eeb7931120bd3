// Starts GraphiQL with the query that the page names.
const place = document.getElementById("graphiql");
const endpoint = new URL(place.dataset.endpoint, window.location.href).href;
const fetcher = GraphiQL.createFetcher({ url: endpoint });
ReactDOM.createRoot(place).render(
  React.createElement(GraphiQL, { fetcher, defaultQuery: place.dataset.query, query: place.dataset.query }),
);
