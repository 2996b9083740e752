#!/usr/bin/env node
// A small app for the marketplace: it keeps a roster of who flew how long, from the flights that a school lets it read,
// and brings it up to date with each webhook. It needs Node 20 and nothing else.
//
//   AIRSIDE=https://airside.example APP_KEY=gaf_pk_… ORGANIZATION=<uuid> SECRET=whsec_… PORT=8090 node app.mjs
//
// APP_KEY is a key of the app, ORGANIZATION a school that installed it, and SECRET what the app's builder revealed once
// for that installation. SIGHUP asks for the newest event once more. It prints a line of JSON for all that happens.

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const { AIRSIDE, APP_KEY, ORGANIZATION, SECRET, PORT = "0" } = process.env;
for (const [name, value] of Object.entries({ AIRSIDE, APP_KEY, ORGANIZATION, SECRET })) {
  if (!value) {
    console.error(`app: set ${name}`);
    process.exit(2);
  }
}
const say = (line) => console.log(JSON.stringify(line));

// The API answers in pages; a 429 says when to come back.
async function ask(path, options = {}) {
  for (;;) {
    const answer = await fetch(`${AIRSIDE}/api/v1/public/${path}`, {
      ...options,
      headers: { Authorization: `Bearer ${APP_KEY}`, "X-Org-Id": ORGANIZATION, ...options.headers },
    });
    if (answer.status === 429) {
      await new Promise((done) => setTimeout(done, 1000 * Number(answer.headers.get("Retry-After") ?? 1)));
      continue;
    }
    const body = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(`${path}: ${body.code}`), { code: body.code });
    return body;
  }
}

async function* all(noun, query = "") {
  for (let cursor = ""; ; ) {
    const page = await ask(`${noun}?limit=200${query}${cursor && "&cursor=" + encodeURIComponent(cursor)}`);
    yield* page.data;
    if (!page.pagination.has_more) return;
    cursor = page.pagination.next_cursor;
  }
}

// Minutes of each person on the crew of approved flights.
async function roster() {
  const minutes = new Map();
  let flights = 0;
  for await (const flight of all("flights", "&status=approved")) {
    flights++;
    for (const { person } of flight.crew) {
      minutes.set(person.id, (minutes.get(person.id) ?? 0) + (flight.logged_min ?? 0));
    }
  }
  say({ roster: { flights, people: minutes.size } });
}

// Only the bytes that were signed are worth reading, and only for five minutes: see examples/verify.
function verified(headers, body) {
  const id = headers["webhook-id"], at = Number(headers["webhook-timestamp"]);
  if (!id || !(Math.abs(Date.now() / 1000 - at) <= 300)) return false;
  const key = Buffer.from(SECRET.slice("whsec_".length), "base64");
  const expected = createHmac("sha256", key).update(`${id}.${headers["webhook-timestamp"]}.`).update(body).digest();
  return (headers["webhook-signature"] ?? "").split(" ").some((signature) => {
    const [scheme, value] = signature.split(",");
    const given = Buffer.from(value ?? "", "base64");
    return scheme === "v1" && given.length === expected.length && timingSafeEqual(given, expected);
  });
}

// An event comes at least once, and again when it is asked for: its id is always the same.
const seen = new Set();

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  if (!verified(request.headers, body)) {
    say({ refused: request.headers["webhook-id"] ?? null });
    return response.writeHead(401).end();
  }
  response.writeHead(204).end(); // first, for work takes its time
  const event = JSON.parse(body);
  say({ event: event.type, id: event.id, again: seen.has(event.id) });
  if (seen.has(event.id)) return;
  seen.add(event.id);
  await roster().catch((error) => say({ error: error.code ?? error.message }));
});

async function replay() {
  let newest;
  for await (const event of all("events")) newest = event;
  if (!newest) return say({ replay: null });
  await ask(`events/${newest.id}/replay`, { method: "POST" });
  say({ replay: newest.id });
}

process.on("SIGHUP", () => replay().catch((error) => say({ error: error.code ?? error.message })));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));

server.listen(Number(PORT), "127.0.0.1", async () => {
  say({ listening: `http://127.0.0.1:${server.address().port}` });
  await roster().catch((error) => say({ error: error.code ?? error.message }));
});
