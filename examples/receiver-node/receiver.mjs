#!/usr/bin/env node
// A complete receiver for Airside webhooks. It needs Node 20 and nothing else.
//
//   SECRET=whsec_… PORT=8090 node receiver.mjs
//   node receiver.mjs --secret whsec_new,whsec_old --port 8090
//
// It answers 204 to a request that verifies and 401 to one that does not, and
// prints one line of JSON for each. Copy it, and put your own work in handle().

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { parseArgs } from "node:util";

const TOLERANCE_MS = 5 * 60 * 1000; // how far off a timestamp may be
const MAX_BODY = 1024 * 1024; // larger bodies are refused unread
const REMEMBERED = 10_000; // delivery ids kept to recognise a repeat

const { values: options } = parseArgs({
  options: { port: { type: "string" }, secret: { type: "string" } },
});
const port = Number(options.port ?? process.env.PORT ?? 0); // 0: any free one
const secrets = (options.secret ?? process.env.SECRET ?? "")
  .split(",")
  .map((s) => s.trim())
  .filter(Boolean);
if (secrets.length === 0) {
  console.error("receiver: set SECRET (or --secret) to the endpoint's secret, whsec_…");
  process.exit(2);
}

// Your own work goes here. Be quick: answer first and work later if it takes
// long. What comes after 15 seconds counts as a failure and is sent again.
function handle(event) {}

// The key is the whole secret, "whsec_" included; the message is the body's bytes
// exactly as they came. While a secret is being rotated, the second header is
// signed with the old one, so either of the two may be the one you can check.
function signatureMatches(rawBody, headers) {
  const signatures = [
    headers["x-ga-webhook-signature"],
    headers["x-ga-webhook-signature-secondary"],
  ].filter(Boolean);
  let matches = false;
  for (const secret of secrets) {
    const digest = createHmac("sha256", secret).update(rawBody).digest("hex");
    const expected = Buffer.from("sha256=" + digest);
    for (const signature of signatures) {
      const given = Buffer.from(signature);
      if (given.length === expected.length && timingSafeEqual(given, expected)) matches = true;
    }
  }
  return matches;
}

function timestampIsRecent(text) {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text ?? "")) return false;
  return Math.abs(Date.now() - Date.parse(text)) <= TOLERANCE_MS; // NaN is not
}

// Deliveries come at least once: the same id again is the same news again.
const seen = new Set();
function firstTime(delivery) {
  if (seen.has(delivery)) return false;
  seen.add(delivery);
  if (seen.size > REMEMBERED) seen.delete(seen.values().next().value);
  return true;
}

async function readBody(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parse(rawBody) {
  try {
    return JSON.parse(rawBody.toString("utf8"));
  } catch {
    return null;
  }
}

async function receive(request, response) {
  const delivery = request.headers["x-ga-webhook-delivery"] ?? null;
  const refuse = (status, error) => {
    console.log(JSON.stringify({ ok: false, delivery, error }));
    response.writeHead(status, status === 413 ? { Connection: "close" } : {}).end();
  };
  if (request.method !== "POST") return refuse(405, "method");
  if (Number(request.headers["content-length"] ?? 0) > MAX_BODY) return refuse(413, "size");
  const rawBody = await readBody(request);
  if (rawBody === null) return refuse(413, "size");
  if (!delivery) return refuse(401, "delivery");
  if (!timestampIsRecent(request.headers["x-ga-webhook-timestamp"])) return refuse(401, "timestamp");
  if (!signatureMatches(rawBody, request.headers)) return refuse(401, "signature");

  // Only now is the body worth reading.
  const event = parse(rawBody);
  const line = { ok: true, delivery, type: event?.type ?? null, id: event?.id ?? null };
  if (firstTime(delivery)) handle(event);
  else line.duplicate = true;
  console.log(JSON.stringify(line));
  response.writeHead(204).end();
}

const server = createServer((request, response) => {
  receive(request, response).catch((error) => {
    console.error("receiver:", error.message);
    response.destroy();
  });
});
server.listen(port, "127.0.0.1", () => {
  console.log(JSON.stringify({ listening: `http://127.0.0.1:${server.address().port}` }));
});
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
}
