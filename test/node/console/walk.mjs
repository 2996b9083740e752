// Every page, as its people see it: from the navigation along every link, in each language. Each size is seen in each
// theme in one language or the other.
import { config, data, expect, found, inspect, note, run, signIn, visitor } from "../browser.mjs";

const themes = { en: ["desktop-light", "phone-dark"], fr: ["desktop-dark", "phone-light"] };

// Pages of a route that are looked at; more look alike.
const perRoute = (route) => (route.includes("{id}") && !route.includes("?") ? 2 : 1);

await run(async (browser) => {
  await Promise.all(["en", "fr"].map((lang) => walk(browser, lang)));
});

async function walk(browser, lang) {
  const seen = new Map(); // pages of each route
  const began = Date.now();
  const looked = new Set();
  const weights = { max: 0 };
  const check = languageCheck(lang);
  const locale = lang === "fr" ? "fr-CH" : "en-GB";

  const stranger = await visitor(browser, { locale });
  for (const path of config.open) {
    await look(stranger.page, path, 200);
  }
  const { page } = await visitor(browser, { locale });
  await signIn(page, config.email, config.ownPassword ?? config.password, { lang });

  const queue = [...config.starts];
  const queued = new Set(queue);
  while (queue.length > 0) {
    const path = queue.shift();
    const links = await look(page, path, 200);
    for (const link of links) {
      const url = new URL(link, config.base + path);
      url.hash = "";
      if (url.origin !== config.base) {
        expect(/^https?:$/.test(url.protocol), `${path} links to ${url}`);
        continue;
      }
      const next = url.pathname + url.search;
      const route = routeOf(url);
      if (queued.has(next) || (seen.get(route) ?? 0) >= perRoute(route)) continue;
      seen.set(route, (seen.get(route) ?? 0) + 1);
      queued.add(next);
      queue.push(next);
    }
  }
  for (const [path, status] of Object.entries(config.wrong)) await look(page, path, status);
  const visited = new Set([...queued, ...config.open].map((p) => routeOf(new URL(p, config.base)).split("?")[0]));
  for (const route of config.routes) {
    if (!visited.has(route)) found(`no link leads to ${route}`);
  }
  data({ lang, pages: queued.size, heaviest: weights, seconds: Math.round((Date.now() - began) / 1000) });

  // look opens a page and returns where its links lead.
  async function look(page, path, status) {
    let response;
    try {
      response = await page.goto(path, { waitUntil: "load" });
    } catch (error) {
      if (!/Download is starting|ERR_ABORTED/.test(error.message)) throw error;
      const file = await page.context().request.get(path);
      expect(file.status() === 200, `${path}: ${file.status()}`);
      return [];
    }
    const where = `${lang} ${path}`;
    if (!expect(response.status() === status, `${where}: ${response.status()}, want ${status}`)) return [];
    if (!/^text\/html/.test(response.headers()["content-type"])) return [];
    const { responseBodySize, responseHeadersSize } = await response.request().sizes();
    let weight = responseBodySize + responseHeadersSize;
    const used = await page.evaluate(() => [...document.querySelectorAll("link[rel=stylesheet], script[src]")].map((e) => e.href ?? e.src));
    for (const url of used) weight += config.statics[new URL(url).pathname] ?? 60_000;
    if (weight > weights.max) Object.assign(weights, { max: weight, page: path, document: responseBodySize, files: used.length });
    expect(weight < 60_000, `${where} weighs ${weight} bytes`);
    const html = await page.evaluate(() => document.documentElement.lang);
    expect(html === lang, `${where} says that it is in '${html}'`);
    check(where, await page.evaluate(visibleText));
    const route = routeOf(new URL(path, config.base));
    await inspect(page, where, { as: looked.has(route) ? themes[lang].slice(1) : themes[lang], name: `${lang}-${route}` });
    looked.add(route);
    return page.evaluate(() => [...document.querySelectorAll("a[href]")].map((a) => a.getAttribute("href")));
  }
}

// routeOf names the route of an address, with the names of its parameters.
function routeOf(url) {
  const parts = url.pathname.split("/");
  const fits = config.routes.concat(config.other).filter((route) => {
    const pattern = route.split("/");
    return pattern.length === parts.length && pattern.every((p, i) => p.startsWith("{") || p === parts[i]);
  });
  // Words come before wildcards, as the server's mux has it.
  const words = (route) => route.split("/").filter((p) => !p.startsWith("{")).length;
  fits.sort((a, b) => words(b) - words(a));
  const names = [...new Set(url.searchParams.keys())].sort();
  return (fits[0] ?? url.pathname) + (names.length > 0 ? "?" + names.join("&") : "");
}

// visibleText is what can be read on the page, without what is somebody's data by its nature.
function visibleText() {
  const lines = [document.title];
  const skip = "pre, code, .mono, [lang]:not(html), script, style, option[value*='/']";
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.parentElement.closest(skip) && node.data.trim()) lines.push(node.data);
  }
  for (const e of document.querySelectorAll("[aria-label], [title], [placeholder], [alt], [data-label]")) {
    if (e.closest(skip)) continue;
    for (const name of ["aria-label", "title", "alt", "data-label"]) if (e.getAttribute(name)) lines.push(e.getAttribute(name));
  }
  return lines;
}

// languageCheck looks for sentences of the other language, and for keys that stand where a text should.
function languageCheck(lang) {
  const own = lang === "fr" ? 1 : 0;
  const tidy = (s) => s.replace(/[\s   ]+/g, " ").replace(/’/g, "'").trim();
  const ours = Object.values(config.texts).map((e) => tidy(e[own])).join("\n");
  const foreign = [];
  for (const [key, entry] of Object.entries(config.texts)) {
    if (entry[0] === entry[1]) continue;
    for (const part of entry[1 - own].split(/\{\w+\}/)) {
      const s = tidy(part).replace(/^[^\p{L}]+|[^\p{L}.!?]+$/gu, "");
      if (s.split(" ").length >= 2 && s.length >= 6 && !ours.includes(s)) foreign.push([s, key]);
    }
  }
  const areas = new Set(config.consoleKeys.map((key) => key.split(".")[0]));
  const names = new Set(config.names);
  note(`${foreign.length} texts that no page in ${lang} may show`);
  return (where, lines) => {
    for (const raw of lines) {
      const line = tidy(raw);
      if (config.records.includes(line)) continue;
      for (const [s, key] of foreign) {
        const at = line.indexOf(s);
        if (at < 0 || /\p{L}/u.test(line[at - 1] ?? "") || /\p{L}/u.test(line[at + s.length] ?? "")) continue;
        found(`${where} shows '${s}' (${key}), which is not ${lang}, in '${line.slice(0, 160)}'`);
        break;
      }
      for (const [word] of line.matchAll(/\b[a-z_]+(?:\.[a-z0-9_]+)+\b/g)) {
        if (areas.has(word.split(".")[0]) && !names.has(word)) found(`${where} shows the key '${word}' in '${line.slice(0, 160)}'`);
      }
      if (/\{[a-z_]+\}/.test(line)) found(`${where} shows a place that nothing filled: '${line.slice(0, 160)}'`);
    }
  };
}
