// Opens a link: what stands behind its # goes to GraphQL in a body, and out of the address bar.
"use strict";

const OPEN = "mutation ($secret: String!) { openLink(secret: $secret) { format verdict issuer addedAt text } }";
const state = document.getElementById("state");
const secret = location.hash.slice(1);
history.replaceState(null, "", location.pathname);

// A picture as it is, to be seen and kept; anything else as text.
function shown(text) {
  if (!text.startsWith("data:image/")) {
    const plain = document.createElement("pre");
    plain.textContent = text;
    return plain;
  }
  const link = document.createElement("a");
  link.href = text;
  link.download = text.startsWith("data:image/png") ? "badge.png" : "badge.svg";
  const picture = document.createElement("img");
  picture.src = text;
  picture.alt = "The badge, with its credential inside";
  link.append(picture);
  return link;
}

async function open() {
  const answer = await fetch(`${document.body.dataset.base}/graphql`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ query: OPEN, variables: { secret } }),
    cache: "no-store",
    credentials: "omit",
  });
  const { data, errors } = await answer.json();
  if (errors) {
    state.textContent = errors[0].message;
    return;
  }
  state.textContent = data.openLink.length === 1 ? "One document." : `${data.openLink.length} documents.`;
  for (const each of data.openLink) {
    const heading = document.createElement("h2");
    heading.textContent = `${each.format}, ${each.verdict} when it was stored on ${each.addedAt.slice(0, 10)}`;
    const issuer = document.createElement("p");
    issuer.textContent = `Issuer: ${each.issuer ?? "not said"}`;
    document.getElementById("documents").append(heading, issuer, shown(each.text));
  }
}

open().catch(() => {
  state.textContent = "The service does not answer. Try the link again later.";
});
