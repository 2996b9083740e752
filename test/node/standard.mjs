// A receiver that verifies with the published Standard Webhooks library, and so
// shows that its users can receive what Airside sends. Same options and same
// lines as examples/receiver-node/receiver.mjs.

import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const secrets = (process.env.SECRET ?? "").split(",").filter(Boolean);
if (secrets.length === 0) {
  console.error("standard: set SECRET");
  process.exit(2);
}
const webhooks = secrets.map((secret) => new Webhook(secret));
const seen = new Set();

// The library takes one secret; with several, any of them will do.
function verify(body, headers) {
  let error;
  for (const webhook of webhooks) {
    try {
      return webhook.verify(body, headers);
    } catch (e) {
      error = e;
    }
  }
  throw error;
}

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const delivery = request.headers["webhook-id"] ?? null;
  try {
    const event = verify(Buffer.concat(chunks), request.headers);
    const line = { ok: true, delivery, type: event?.type ?? null, id: event?.id ?? null };
    if (seen.has(delivery)) line.duplicate = true;
    seen.add(delivery);
    console.log(JSON.stringify(line));
    response.writeHead(204).end();
  } catch (error) {
    console.log(JSON.stringify({ ok: false, delivery, error: error.message }));
    response.writeHead(401).end();
  }
});
server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => {
  console.log(JSON.stringify({ listening: `http://127.0.0.1:${server.address().port}` }));
});
process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
