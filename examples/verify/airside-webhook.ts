// Verifies the webhooks of Airside. It is this one file: copy it into your project. It needs no package, and runs on
// Node 20, Deno and Bun. Its types are erasable: Node 24, Deno and Bun run it as it is, tsc and bundlers turn it into JavaScript.
//
// verify() goes by the headers of Standard Webhooks, whose signature covers id, time and body. verifyGA() goes by the
// X-GA-Webhook headers, whose signature covers the body only; use it where you cannot use the other.

import { Buffer } from "node:buffer";
import { createHmac, createPublicKey, timingSafeEqual, verify as verifySignature, type KeyObject } from "node:crypto";

/** Why a request is refused. Answer 401 to each, except bad_key, which is about your own settings. */
export type Reason =
  | "bad_key" // a key of yours is not what we show: whsec_… or whpk_…
  | "missing_header" // or an empty one
  | "bad_timestamp" // not written as we write it
  | "too_old" // a replay, or your clock is fast
  | "too_new" // your clock is slow
  | "no_match" // no signature fits
  | "bad_body"; // signed, but not the JSON of an event

export class WebhookError extends Error {
  readonly reason: Reason;

  constructor(reason: Reason, detail = "") {
    super("airside webhook: " + reason + (detail && ": " + detail));
    this.name = "WebhookError";
    this.reason = reason;
  }
}

export interface WebhookEvent {
  id: string; // the same in every delivery of the event
  type: string;
  timestamp: string;
  org_id: string;
  api_version: string;
  data: unknown;
  delivery: string; // from the headers: the same in every attempt of one delivery
}

type Value = string | readonly string[] | undefined;

/** Node's request.headers, fetch's Headers, a Map, pairs, or a plain object. */
export type HeadersLike = Iterable<readonly [string, Value]> | { readonly [name: string]: Value };

export interface Options {
  tolerance?: number; // how many seconds a timestamp may be off, both ways; 300
  now?: Date; // for tests
}

const MAX_ENTRIES = 16; // how many signatures of a request are looked at; a rotation needs two

/**
 * Holds a request against the headers of Standard Webhooks. Keys are secrets (whsec_…), public keys (whpk_…), or both;
 * any one that fits will do, so give the old and the new one while you change them. The body is the bytes as they came.
 *
 * It does not fall back on the X-GA-Webhook headers: whoever replays a request could strip those that protect it.
 */
export function verify(keys: string | readonly string[], headers: HeadersLike, rawBody: Uint8Array | string, options: Options = {}): WebhookEvent {
  const { secrets, publicKeys } = readKeys(keys);
  const id = required(headers, "webhook-id");
  const stamp = required(headers, "webhook-timestamp");
  const signatures = required(headers, "webhook-signature");
  if (!/^[0-9]{1,12}$/.test(stamp)) throw new WebhookError("bad_timestamp", "webhook-timestamp");
  checkTime(Number(stamp), options);

  const signed = Buffer.concat([Buffer.from(`${id}.${stamp}.`), Buffer.from(rawBody as Uint8Array)]);
  const expected = secrets.map((s) => createHmac("sha256", s.key).update(signed).digest("base64"));
  let matches = false;
  for (const entry of signatures.split(" ").slice(0, MAX_ENTRIES)) {
    const [scheme, given] = cut(entry.replace(/,$/, ""), ","); // a comma more where HTTP joined two headers
    if (scheme === "v1") {
      matches = matchesAny(given, expected) || matches;
    } else if (scheme === "v1a") {
      const signature = decode(given);
      for (const key of publicKeys) {
        matches = (signature?.length === 64 && verifySignature(null, signed, key, signature)) || matches;
      }
    }
  }
  // A dot in the id could move the border between id, time and body.
  if (!matches || id.includes(".")) throw new WebhookError("no_match");
  return parse(rawBody, id);
}

/**
 * Holds a request against the X-GA-Webhook headers. The signature covers the body and nothing else: delivery id and
 * timestamp may have been changed on the way, so a replay can look new. The event's id is in the body, and signed.
 */
export function verifyGA(secrets: string | readonly string[], headers: HeadersLike, rawBody: Uint8Array | string, options: Options = {}): WebhookEvent {
  const known = readKeys(secrets).secrets;
  if (known.length === 0) throw new WebhookError("bad_key", "this scheme needs a secret");
  const delivery = required(headers, "x-ga-webhook-delivery");
  const stamp = required(headers, "x-ga-webhook-timestamp");
  const signature = required(headers, "x-ga-webhook-signature");
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(stamp) ? new Date(stamp) : new Date(NaN);
  // Date takes the 31st of February for a day of March.
  if (isNaN(at.getTime()) || at.toISOString() !== stamp.replace("Z", ".000Z")) {
    throw new WebhookError("bad_timestamp", "x-ga-webhook-timestamp");
  }
  checkTime(at.getTime() / 1000, options);

  const expected = known.map((s) => "sha256=" + createHmac("sha256", s.text).update(rawBody).digest("hex"));
  const primary = matchesAny(signature, expected);
  const secondary = matchesAny(value(headers, "x-ga-webhook-signature-secondary"), expected); // under the secret before, for 72 hours
  if (!primary && !secondary) throw new WebhookError("no_match");
  return parse(rawBody, delivery);
}

/** A secret in both readings: X-GA-Webhook takes the text as the key, Standard Webhooks what its base64 stands for. */
interface Secret {
  text: string;
  key: Buffer;
}

function readKeys(keys: string | readonly string[]): { secrets: Secret[]; publicKeys: KeyObject[] } {
  const all = typeof keys === "string" ? [keys] : keys;
  const secrets: Secret[] = [];
  const publicKeys: KeyObject[] = [];
  all.forEach((untrimmed, i) => {
    const text = untrimmed.trim();
    const [kind, rest] = cut(text, "_");
    const raw = decode(rest);
    if (kind === "whsec" && raw && raw.length >= 16) { // with a short or empty one, anybody could sign
      secrets.push({ text, key: raw });
    } else if (kind === "whpk" && raw?.length === 32) {
      publicKeys.push(ed25519Key(raw, i));
    } else {
      throw notAsShown(i);
    }
  });
  if (all.length === 0) throw new WebhookError("bad_key", "none given");
  return { secrets, publicKeys };
}

function ed25519Key(raw: Buffer, i: number): KeyObject {
  const prefix = Buffer.from("302a300506032b6570032100", "hex"); // DER for: an Ed25519 key of 32 bytes follows
  try {
    return createPublicKey({ key: Buffer.concat([prefix, raw]), format: "der", type: "spki" });
  } catch {
    throw notAsShown(i); // Deno looks whether it is a point of the curve; in Node nothing matches it
  }
}

function notAsShown(i: number): WebhookError {
  return new WebhookError("bad_key", `key ${i + 1} is not whsec_… or whpk_… as shown`);
}

/** Reads base64 that is written in the one right way; Buffer reads any. */
function decode(text: string): Buffer | null {
  const raw = Buffer.from(text, "base64");
  return raw.toString("base64") === text ? raw : null;
}

function cut(text: string, at: string): [string, string] {
  const i = text.indexOf(at);
  return i < 0 ? [text, ""] : [text.slice(0, i), text.slice(i + 1)];
}

/** Compares with all, in constant time. */
function matchesAny(given: string, expected: readonly string[]): boolean {
  const a = Buffer.from(given);
  let matches = false;
  for (const e of expected) {
    const b = Buffer.from(e);
    matches = (a.length === b.length && timingSafeEqual(a, b)) || matches;
  }
  return matches;
}

function required(headers: HeadersLike, name: string): string {
  const found = value(headers, name);
  if (found === "") throw new WebhookError("missing_header", name);
  return found;
}

/** A header in whatever case it is spelt; several are joined, as HTTP does. */
function value(headers: HeadersLike, name: string): string {
  const pairs = Symbol.iterator in headers ? (headers as Iterable<readonly [string, Value]>) : Object.entries(headers);
  const all: string[] = [];
  for (const [spelt, values] of pairs) {
    if (spelt.toLowerCase() === name && values !== undefined) all.push(...(typeof values === "string" ? [values] : values));
  }
  return all.join(", ");
}

function checkTime(seconds: number, { tolerance = 300, now = new Date() }: Options): void {
  const age = now.getTime() / 1000 - seconds;
  // Asked this way round, so that a tolerance or a time that is no number refuses everything.
  if (!(-age <= tolerance)) throw new WebhookError("too_new", `sent at ${seconds}`);
  if (!(age <= tolerance)) throw new WebhookError("too_old", `sent at ${seconds}`);
}

function parse(rawBody: Uint8Array | string, delivery: string): WebhookEvent {
  let event: Partial<Record<string, unknown>> | null;
  try {
    const text = typeof rawBody === "string" ? rawBody : new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(rawBody);
    event = JSON.parse(text);
  } catch (error) {
    throw new WebhookError("bad_body", String(error));
  }
  const text = (name: string): string => {
    const found = event?.[name];
    if (typeof found !== "string" || found === "") throw new WebhookError("bad_body", "not an event");
    return found;
  };
  return {
    id: text("id"),
    type: text("type"),
    timestamp: text("timestamp"),
    org_id: text("org_id"),
    api_version: text("api_version"),
    data: event?.["data"],
    delivery,
  };
}

/**
 * Remembers the ids that came last, so that each is acted upon once. It is of this process: where a restart or several
 * processes matter, keep the ids in your database, in the transaction of your own work.
 */
export class Seen {
  readonly #ids = new Set<string>(); // keeps the order in which they came
  readonly #limit: number;

  /** Make the limit more than come within twice the tolerance. */
  constructor(limit = 10_000) {
    this.#limit = limit;
  }

  /** Says whether the id is new, and remembers it. */
  first(id: string): boolean {
    if (this.#ids.has(id)) return false;
    this.#ids.add(id);
    if (this.#ids.size > this.#limit) this.#ids.delete(this.#ids.values().next().value as string);
    return true;
  }

  /** Takes an id back when your work on it failed, so that the next attempt is not taken for a repeat. */
  forget(id: string): void {
    this.#ids.delete(id);
  }
}
