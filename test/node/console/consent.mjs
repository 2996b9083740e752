// People let a program in, or refuse it, in each language: signed out first, so that the way leads over the sign-in and back.
import { config, expect, inspect, run, text, visitor } from "../browser.mjs";

await run(async (browser) => {
  for (const lang of ["en", "fr"]) {
    const locale = lang === "fr" ? "fr-CH" : "en-GB";

    // Somebody whose role has not all of it.
    const { page } = await visitor(browser, { locale, javaScriptEnabled: lang === "en" });
    watch(page);
    await page.goto(config.ask);
    await signInHere(page, config.teacher, lang);
    await page.waitForURL(/\/account\/consent\//);
    const main = await page.locator("main").innerText();
    for (const shown of ["Flight board", "School aero-club", new URL(config.app).host, "flights:read", text("consent.may_not", lang), "audit:read"]) {
      expect(main.includes(shown), `${lang}: the page of consent does not say ${shown}`);
    }
    if (lang === "en") await inspect(page, "the page of consent", { as: ["desktop-light", "phone-dark"], name: `${lang}-consent` });
    await page.getByRole("button", { name: text("consent.allow", lang), exact: true }).click();
    await back(page, "code", lang);

    // Once more, and this time not.
    await page.goto(config.base + config.ask);
    await page.getByRole("button", { name: text("consent.refuse", lang), exact: true }).click();
    await back(page, "error", lang);

    // Somebody who is a member elsewhere.
    const stranger = await visitor(browser, { locale });
    watch(stranger.page);
    await stranger.page.goto(config.ask);
    await signInHere(stranger.page, config.stranger, lang);
    await stranger.page.waitForURL(/\/account\/consent\//);
    expect((await stranger.page.locator("main").innerText()).includes(text("consent.no_member", lang, { organization: "School aero-club" })), `${lang}: a stranger is not told`);
    await stranger.page.getByRole("button", { name: text("consent.back", lang), exact: true }).click();
    await back(stranger.page, "error", lang);
    await page.context().close();
    await stranger.context.close();
  }
});

// The program is at another origin: going there is what this is about.
function watch(page) {
  page.context().removeAllListeners("request");
  page.context().on("request", (request) => {
    const { origin } = new URL(request.url());
    expect(origin === new URL(config.base).origin || origin === new URL(config.app).origin || request.url().startsWith("data:"), `a request to ${request.url()}`);
  });
}

async function signInHere(page, email, lang) {
  await page.getByLabel(text("signin.email", lang)).fill(email);
  await page.getByLabel(text("signin.password", lang)).fill(config.password);
  await page.getByRole("button", { name: text("signin.submit", lang) }).click();
}

async function back(page, what, lang) {
  await page.waitForURL((url) => url.origin === new URL(config.app).origin);
  expect(new URL(page.url()).searchParams.has(what), `${lang}: it leads back with ${page.url()}`);
}
