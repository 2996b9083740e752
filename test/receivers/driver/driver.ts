// Holds the requests that it reads as JSON from standard input against
// examples/verify, and prints a verdict for each. That it compiles shows, too, that
// the helper takes what the usual servers give.

import { readFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { isDeepStrictEqual } from "node:util";
import { Seen, WebhookError, verify, verifyGA, type HeadersLike } from "../../../examples/verify/airside-webhook.ts";

interface Request {
  GA: boolean;
  Keys: string[];
  Headers: [string, string][];
  Body: string;
  Now: number;
  Tolerance: number;
  Guard: boolean;
  Forget: boolean;
}

// The same headers as fetch's, as Node's, as a Map of lists, and as they were sent.
function shapes(sent: [string, string][]): HeadersLike[] {
  const node: IncomingHttpHeaders = {};
  const lists = new Map<string, string[]>();
  for (const [name, value] of sent) {
    const before = node[name.toLowerCase()];
    node[name.toLowerCase()] = before === undefined ? value : before + ", " + value;
    lists.set(name, [...(lists.get(name) ?? []), value]);
  }
  const all: HeadersLike[] = [sent, node, lists, Object.fromEntries(lists)];
  const usual = sent.every(([, value]) => /^[ -~]*$/.test(value) && value === value.trim());
  if (usual) all.push(new Headers(sent)); // it throws at others, or trims them
  return all;
}

function judge(r: Request, headers: HeadersLike) {
  try {
    const options = { now: new Date(r.Now * 1000), ...(r.Tolerance && { tolerance: r.Tolerance }) };
    const event = (r.GA ? verifyGA : verify)(r.Keys, headers, Buffer.from(r.Body, "base64"), options);
    return { reason: "", ...event };
  } catch (error) {
    if (!(error instanceof WebhookError)) throw error;
    return { reason: error.reason };
  }
}

const seen = new Seen(3);
const requests: Request[] = JSON.parse(readFileSync(0, "utf8"));
const verdicts = requests.map((r, i) => {
  const [verdict, ...others] = shapes(r.Headers).map((headers) => judge(r, headers));
  others.forEach((other, shape) => {
    if (!isDeepStrictEqual(verdict, other)) {
      throw new Error(`request ${i}: ${JSON.stringify(verdict)}, but in shape ${shape + 1} ${JSON.stringify(other)}`);
    }
  });
  if (!verdict || !("delivery" in verdict) || !r.Guard) return verdict;
  const repeat = !seen.first(verdict.delivery);
  if (r.Forget) seen.forget(verdict.delivery);
  return { ...verdict, repeat };
});
console.log(JSON.stringify(verdicts));
