// Pages full of stored scripts: none runs, none becomes an element, all of them can be read as they were typed.
import { config, expect, found, note, run, signIn, visitor } from "../browser.mjs";

await run(async (browser) => {
  const { page } = await visitor(browser, { userAgent: config.agent });
  await signIn(page, config.email, config.password);
  const lists = ["", "/flights", "/people", "/fleet", "/imports", "/imports/mappings", "/imports/new", "/exports", "/flights/new", "/settings/organization", "/settings/members", "/settings/integrations/api-keys",
    "/settings/integrations/webhooks", "/settings/integrations/deliveries", "/settings/integrations/recoveries", "/settings/integrations/events", "/settings/developers/tokens", "/settings/security/audit"];
  const forms = config.pages.filter((path) => /\/(people|fleet|flights|api-keys|webhooks|members|tokens)\//.test(path))
    .filter((_, n) => n % 2 === 0).map((path) => path + "/edit");
  const literal = new Map(config.payloads.map((p) => [p, 0]));
  let pages = 0;
  for (const path of [...lists.map((l) => config.org + l), "/account", "/organizations", ...config.pages, ...forms]) {
    const response = await page.goto(path);
    if (response.status() !== 200) { // not in every state can it be changed
      expect(response.status() < 500 && /\/(edit|columns|names)$/.test(path), `${path}: ${response.status()}`);
      continue;
    }
    pages++;
    const seen = await page.evaluate(() => ({
      pwned: window.__pwned,
      marked: [...document.querySelectorAll("[data-pwned]")].map((e) => e.outerHTML.slice(0, 120)),
      handlers: [...document.querySelectorAll("*")].flatMap((e) => [...e.attributes]).filter((a) => /^on/i.test(a.name)).map((a) => a.name + "=" + a.value),
      links: [...document.querySelectorAll("[href], [src], [action], [formaction]")].map((e) => e.getAttribute("href") ?? e.getAttribute("src") ?? e.getAttribute("action"))
        .filter((to) => to && /^\s*(javascript|data|vbscript):|evil\.example/i.test(to)),
      scripts: [...document.scripts].filter((s) => !s.src || s.text).map((s) => s.outerHTML.slice(0, 120)),
      elements: document.querySelectorAll("base, iframe, object, embed, b, form[action*=evil], meta[http-equiv]:not(noscript meta)").length,
      text: document.body.innerText + [...document.querySelectorAll("input, textarea")].map((e) => e.value).join("\n") + document.title,
    }));
    for (const [what, value] of Object.entries({ pwned: seen.pwned ? [seen.pwned] : [], marked: seen.marked, handlers: seen.handlers, links: seen.links, scripts: seen.scripts, elements: seen.elements ? [seen.elements] : [] })) {
      if (value.length > 0) found(`${path}: ${what}: ${value.slice(0, 3).join(" ")}`);
    }
    for (const [p, n] of literal) if (seen.text.includes(p)) literal.set(p, n + 1);
  }
  for (const [p, n] of literal) expect(n > 0, `${p} is nowhere to be read as it was typed`);
  note(`${pages} pages`);
  expect(pages > 60, `only ${pages} pages were looked at`);
});
