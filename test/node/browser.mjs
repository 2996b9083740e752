// What the scripts of console/ share: a browser, people who sign in, a watch over what pages load and say, axe, and
// saying what was found. A script gets its configuration as JSON on standard input and says lines of JSON:
// {"found": …} is wrong, {"note": …} is worth knowing, {"data": …} is for the test that runs it.

import { createHmac } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
export const config = JSON.parse(Buffer.concat(chunks).toString());

const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");
const told = new Set();

/** found says that something is wrong, once. */
export function found(what) {
  if (told.has(what)) return;
  told.add(what);
  say({ found: what });
}
export const note = (what) => say({ note: String(what) });
export const data = (what) => say({ data: what });

/** expect says what is wrong unless ok. */
export function expect(ok, what) {
  if (!ok) found(what);
  return ok;
}

/** text is a text of the catalogue; args fill what stands in braces. */
export function text(key, lang = "en", args = {}) {
  const entry = config.texts[key];
  if (!entry) throw new Error(`the catalogue has no ${key}`);
  return entry[lang === "fr" ? 1 : 0].replace(/\{(\w+)\}/g, (whole, name) => args[name] ?? whole);
}

/** run runs a story in a browser of its own, and says when it came to its end. */
export async function run(story) {
  const browser = await chromium.launch({
    executablePath: config.chromium,
    headless: true,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync"],
  });
  let late = false;
  process.on("SIGINT", () => { late = true; browser.close(); });
  try {
    await story(browser);
    say({ note: "the end" });
  } catch (error) {
    found(`${late ? "out of time: " : ""}${error.stack}`);
    for (const page of open) {
      if (!page.isClosed()) found(`stood at ${page.url()}\n${(await page.locator("main").innerText({ timeout: 1000 }).catch(() => "")).slice(0, 1500)}`);
    }
  } finally {
    await browser.close();
  }
}

const open = new Set();

/**
 * visitor opens a window of somebody new: no cookies, watched. What a page asks of other origins, what it logs as an
 * error, every report of the content security policy and every dialog is found.
 */
export async function visitor(browser, options = {}) {
  const { quiet = [], ...rest } = options;
  const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1280, height: 900 }, baseURL: config.base, ...rest });
  context.setDefaultTimeout(45_000);
  const here = new URL(config.base).origin;
  context.on("request", (request) => {
    const url = request.url();
    if (new URL(url).origin !== here) found(`a request to ${url} from ${request.frame()?.url?.()}`);
  });
  context.on("console", (message) => {
    const said = message.text();
    if (message.type() !== "error" && !/Content Security Policy|Refused to/.test(said)) return;
    // Chromium logs an answer that is an error as an error too; the stories check those themselves.
    if (/Failed to load resource: the server responded with a status of 4\d\d/.test(said)) return;
    found(`the console of ${message.page()?.url()}: ${said}`);
  });
  context.on("weberror", (error) => found(`an error in ${error.page()?.url()}: ${error.error().stack}`));
  context.on("dialog", (dialog) => {
    found(`a dialog on ${dialog.page()?.url()}: ${dialog.message()}`);
    dialog.dismiss().catch(() => {});
  });
  if (rest.javaScriptEnabled !== false) {
    await context.addInitScript(() => {
      addEventListener("securitypolicyviolation", (event) => console.error(`Refused to load ${event.blockedURI}: ${event.violatedDirective} ${event.sourceFile}`));
    });
  }
  const page = await context.newPage();
  open.add(page);
  return { context, page };
}

/** signIn goes through the sign-in by hand; key is of the second factor, if there is one. */
export async function signIn(page, email, password, { key, code, lang = "en" } = {}) {
  await page.goto("/signin");
  await page.getByLabel(text("signin.email", lang)).fill(email);
  await page.getByLabel(text("signin.password", lang)).fill(password);
  await page.getByRole("button", { name: text("signin.submit", lang) }).click();
  if (key || code) {
    await page.waitForURL(/\/signin\/code/);
    await page.getByLabel(text("signin.code", lang)).fill(code ?? totp(key));
    await page.getByRole("button", { name: text("signin.submit", lang) }).click();
  }
  await page.waitForURL((url) => !url.pathname.startsWith("/signin"));
}

/** totp is the code of a second factor, so many steps of 30 s from now. */
export function totp(key, steps = 0) {
  let bits = "";
  for (const c of key.replace(/[\s=]/g, "").toUpperCase()) bits += "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0");
  const bytes = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const sum = createHmac("sha1", bytes).update(counter).digest();
  const at = sum[19] & 15;
  return String((sum.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const axeTags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** axe finds what keeps people from using the page as it is now. */
export async function axe(page, where) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axeSource);
  const violations = await page.evaluate(async (tags) => {
    const result = await globalThis.axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"], iframes: false, preload: false });
    return result.violations.map((v) => ({
      id: v.id, help: v.help, count: v.nodes.length,
      node: v.nodes[0].html.slice(0, 200), why: v.nodes[0].failureSummary.replace(/\s+/g, " ").slice(0, 300),
    }));
  }, axeTags);
  for (const v of violations) found(`axe: ${where}: ${v.id} (${v.help}) in ${v.count}: ${v.node} ${v.why}`);
}

/** shape finds what no page may be: without its one h1, or wider than its window. */
export async function shape(page, where) {
  const seen = await page.evaluate(() => {
    const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
    const wide = [];
    if (document.documentElement.scrollWidth > innerWidth) {
      for (const e of document.querySelectorAll("body *")) {
        if (e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll, pre")) wide.push(e.outerHTML.slice(0, 120));
      }
    }
    return {
      h1: document.querySelectorAll("h1").length, over: document.documentElement.scrollWidth - innerWidth, wide: wide.slice(0, 2),
      twice: ids.filter((id, i) => ids.indexOf(id) !== i), title: document.title,
    };
  });
  expect(seen.h1 === 1, `${where} has ${seen.h1} h1`);
  expect(seen.over <= 0, `${where} is ${seen.over} px wider than its window: ${seen.wide.join(" ")}`);
  expect(seen.twice.length === 0, `${where} has ids twice: ${seen.twice}`);
  expect(/\S+ · .*Airside$/.test(seen.title), `${where} has the title '${seen.title}'`);
}

const looks = { "desktop-light": [1280, 900, "light"], "phone-dark": [390, 844, "dark"], "desktop-dark": [1280, 900, "dark"], "phone-light": [390, 844, "light"] };

/** inspect looks at a page in some of the sizes and themes, and leaves it as on a desktop by day. */
export async function inspect(page, where, { as = ["desktop-light", "phone-dark"], name = where } = {}) {
  for (const look of as) {
    const [width, height, colorScheme] = looks[look];
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const at = `${where} (${look})`;
    await shape(page, at);
    await axe(page, at);
    await screenshot(page, `${name}-${look}`);
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });
}

/** screenshot keeps a picture of the page for people to look at, where AIRSIDE_SCREENSHOTS names a folder. */
export async function screenshot(page, name) {
  if (!config.screenshots) return;
  mkdirSync(config.screenshots, { recursive: true });
  await page.screenshot({ path: join(config.screenshots, name.replace(/[^\w.-]+/g, "_").slice(0, 150) + ".png"), fullPage: true });
}
