// The match as a @cypher field of @neo4j/graphql, served by Apollo's standalone server as the library's documentation
// shows it: `node server.mjs SETTINGS`, a JSON file with port, uri, username, password, database and statement.
import { readFileSync } from "node:fs";
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { Neo4jGraphQL } from "@neo4j/graphql";
import neo4j from "neo4j-driver";

const settings = JSON.parse(readFileSync(process.argv[2], "utf8"));
const types = readFileSync(new URL("./types.graphql", import.meta.url), "utf8");
const typeDefs = types.replace('"STATEMENT"', () => JSON.stringify(settings.statement));
const driver = neo4j.driver(settings.uri, neo4j.auth.basic(settings.username, settings.password), {
  notificationFilter: { minimumSeverityLevel: "OFF" },
  telemetryDisabled: true,
});
const schema = await new Neo4jGraphQL({ typeDefs, driver }).getSchema();
const server = new ApolloServer({ schema, introspection: false, stopOnTerminationSignals: false });
await startStandaloneServer(server, {
  context: async () => ({ sessionConfig: { database: settings.database ?? undefined } }),
  listen: { host: "127.0.0.1", port: settings.port },
});
process.on("SIGTERM", () => process.exit(0));
