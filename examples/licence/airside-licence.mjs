// Verifies licences of Airside. Copy this file. Node 16 or newer, nothing to install.
import { createHash, createPublicKey, verify as check } from 'node:crypto';

const keySet = Buffer.from('airside-licence-keys/v1\n');

/** Checks an answer of /activate against a public key (base64) and returns its token. What is signed is verified before it is parsed. */
export function verify(answer, key, deviceHash, product, now = Date.now()) {
  const signed = Buffer.from(answer.signed_b64, 'base64');
  if (!good(key, signed, answer.token.sig)) throw new Error('not signed by this key');
  return holds(JSON.parse(signed.toString()), deviceHash, product, now);
}

/** The same for a token alone, which is written anew: JSON.stringify gives the very bytes. */
export function verifyToken(token, key, deviceHash, product, now = Date.now()) {
  const { sig, ...unsigned } = token;
  if (!good(key, Buffer.from(JSON.stringify(unsigned)), sig)) throw new Error('not signed by this key');
  return holds(unsigned, deviceHash, product, now);
}

function holds(token, deviceHash, product, now) {
  if (Date.parse(token.expires_at) <= now) throw new Error('over');
  if (deviceHash !== undefined && token.device.hash.toLowerCase() !== deviceHash.toLowerCase()) throw new Error('for another device');
  if (product !== undefined && token.product !== product) throw new Error('for another product'); // one key signs for every vendor of a deployment
  return token;
}

/** Returns the keys (base64) that a trusted one leads to, itself first, by an answer of /public-keys. */
export function follow(key, publicKeys) {
  const trusted = [key];
  for (;;) {
    const last = trusted[trusted.length - 1];
    const next = successor(last, publicKeys.sets);
    if (next === undefined) return trusted;
    if (trusted.includes(next)) throw new Error('the key sets lead back');
    trusted.push(next);
  }
}

function successor(last, sets) {
  for (const set of sets) {
    const signed = Buffer.from(set.signed_b64, 'base64');
    if (!signed.subarray(0, keySet.length).equals(keySet)) continue;
    const said = JSON.parse(signed.subarray(keySet.length).toString());
    if (said.previous_kid !== kidOf(last)) continue;
    const sig = (kid) => set.signatures.find((s) => s.kid === kid)?.sig ?? '';
    for (const { kid, ed25519_public_key_b64: key } of said.keys) {
      if (kid === said.kid && kidOf(key) === kid && good(last, signed, sig(kidOf(last))) && good(key, signed, sig(kid))) return key;
    }
    throw new Error('a key set is not signed by the key before it');
  }
  return undefined;
}

const kidOf = (key) => createHash('sha256').update(Buffer.from(key, 'base64')).digest('hex').slice(0, 16);

function good(key, signed, sig) {
  const raw = Buffer.from(key, 'base64');
  if (raw.length !== 32 || raw.toString('base64') !== key || Buffer.from(sig, 'base64').toString('base64') !== sig) return false;
  const prefix = Buffer.from('302a300506032b6570032100', 'hex'); // Ed25519 as SubjectPublicKeyInfo
  return check(null, signed, createPublicKey({ key: Buffer.concat([prefix, raw]), format: 'der', type: 'spki' }), Buffer.from(sig, 'base64'));
}
