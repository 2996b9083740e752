// Reads lines of JSON, and says of each what comes of it in JavaScript, one JSON a line.
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const al = await import(pathToFileURL(process.argv[2] + '/airside-licence.mjs'));
const attempt = (f) => {
  try {
    return f();
  } catch (e) {
    return 'refused: ' + e.name;
  }
};
for await (const line of createInterface({ input: process.stdin })) {
  const q = JSON.parse(line);
  if (q.public_keys) {
    console.log(JSON.stringify(attempt(() => al.follow(q.key, q.public_keys))));
    continue;
  }
  const now = (q.now ?? 0) * 1000;
  console.log(JSON.stringify([
    attempt(() => al.verify(q.answer, q.key, undefined, q.product, now).device.name),
    attempt(() => al.verifyToken(q.answer.token, q.key, undefined, q.product, now).device.name),
    'ok',
  ]));
}
