// An app by hand, from its first line to its last: a builder, a reviewer of the platform, a school. In each language.
import { config, expect, inspect, run, signIn, text, visitor } from "../browser.mjs";
import { fill, go, press, said, secret } from "./forms.mjs";

const why = {
  "public.flights:read": "Shows the flights of the day on the board in the hangar, with their times.",
  "public.fleet:read": "Writes the registration of each aircraft beside its flights on the board.",
};

await run(async (browser) => {
  await Promise.all(["en", "fr"].map((lang) => story(browser, lang)));
});

async function story(browser, lang) {
  const name = lang === "fr" ? "Tableau du hangar" : "Hangar board";
  const locale = lang === "fr" ? "fr-CH" : "en-GB";
  const enter = async (email) => {
    const { page } = await visitor(browser, { locale });
    await signIn(page, email, config.password, { lang });
    return page;
  };
  const builder = await enter(config.builder);
  const reviewer = await enter(config.reviewer);
  const school = await enter(config.school);
  const see = (page, where) => inspect(page, `${lang} ${where}`);
  const by = { see, lang, name, press: (page, key, args = {}) => press(page, key, { lang, args }), go: (page, key) => go(page, key, lang), said: (page, key, args = {}) => said(page, key, args, lang) };

  const app = await makeApp(by, builder);
  await declare(by, builder, app);
  await review(by, reviewer);
  const token = await activate(by, builder, app);
  const call = () => fetch(new URL("/api/v1/public/flights?limit=2", config.base), { headers: { Authorization: `Bearer ${token}`, "X-Org-Id": config.org } });
  expect((await call()).status === 403, `${lang}: the key reads a school that has not installed the app`);
  await list(by, builder, app);
  await publish(by, reviewer);
  const installed = await consent(by, school);
  await reveal(by, builder, app);
  const good = await call();
  expect(good.status === 200 && (await good.json()).data.length > 0, `${lang}: the installed app gets ${good.status}`);
  await evidence(by, school, installed);
  await uninstall(by, school, installed);
  expect((await call()).status === 403, `${lang}: the key reads a school that uninstalled the app`);
  await revoke(by, builder, app);
  expect((await call()).status === 401, `${lang}: the key of a revoked app is accepted`);
}

async function makeApp({ see, name, press, go }, page) {
  await go(page, "nav.apps");
  await see(page, "the apps");
  await press(page, "apps.new");
  await see(page, "a new app");
  await fill(page, { name, description: "A board.", support: "help@wings.example", webhook_url: config.receiver, event_types: ["flight.approved"] });
  await press(page, "apps.create");
  await page.getByRole("heading", { level: 1, name }).waitFor();
  await see(page, "a draft");
  return page.url().split("?")[0];
}

async function declare({ see, press, said, lang }, page, app) {
  for (const scope of Object.keys(why)) {
    await page.goto(app);
    await press(page, "apps.declare");
    await fill(page, { scope, justification: "Short." });
    const counted = text("apps.justification_count", lang, { min: 40, n: 6 });
    expect((await page.locator("[data-count]").innerText()) === counted, `${lang}: the characters are counted`);
    await press(page, "apps.declare");
    await said(page, "justification_too_short", { count: 6, min: 40 });
    await see(page, "a scope that is refused");
    await fill(page, { justification: why[scope] });
    await press(page, "apps.declare");
    await said(page, "done.scope_declared");
  }
  await see(page, "a scope");
}

async function review({ see, press, go, said, name }, page) {
  for (const scope of Object.keys(why)) {
    await go(page, "nav.scope_reviews");
    await see(page, "scopes to review");
    const row = page.locator("main tr", { hasText: name }).filter({ hasText: scope });
    await Promise.all([page.waitForEvent("load"), row.getByRole("link").first().click()]);
    await see(page, "a scope to review");
    await press(page, "reviews.approve");
    await see(page, "approving a scope");
    await press(page, "reviews.approve");
    await said(page, "done.review_approved");
  }
}

async function activate({ see, press, said }, page, app) {
  await page.goto(app);
  await press(page, "apps.activate");
  await see(page, "activating");
  await press(page, "apps.activate");
  await said(page, "done.app_activated");
  await press(page, "apps.new_key");
  await fill(page, { name: "Board", scopes: Object.keys(why) });
  await press(page, "keys.mint");
  await see(page, "a key of an app");
  const token = await secret(page);
  await page.goto(app);
  expect(!(await page.content()).includes(token), "a token is shown once");
  await see(page, "an active app");
  await press(page, "apps.manifest");
  await see(page, "a manifest");
  const manifest = await page.locator("pre").innerText();
  await press(page, "apps.import");
  await fill(page, { manifest: manifest.replace("A board.", "A board for the hangar.") });
  await press(page, "apps.import_look");
  await see(page, "what a manifest changes");
  await press(page, "apps.import_apply");
  await said(page, "done.manifest_imported");
  return token;
}

async function list({ see, press, said, name }, page, app) {
  await page.goto(app);
  await press(page, "listings.new");
  await see(page, "a new listing");
  await fill(page, { name, summary: "Flights of the day on a board.", category: "scheduling" });
  await press(page, "listings.create");
  await said(page, "done.listing_created");
  await see(page, "a listing");
  await press(page, "listings.submit");
  await see(page, "handing a listing in");
  await press(page, "listings.submit");
  await said(page, "done.listing_submitted");
}

async function publish({ see, press, go, said, name }, page) {
  await go(page, "nav.listing_reviews");
  await see(page, "listings to review");
  await Promise.all([page.waitForEvent("load"), page.locator("main tr", { hasText: name }).getByRole("link").first().click()]);
  await see(page, "a listing to review");
  await press(page, "reviews.publish");
  await see(page, "publishing");
  await press(page, "reviews.publish");
  await said(page, "done.listing_published");
}

async function consent({ see, press, go, said, name, lang }, page) {
  await go(page, "nav.marketplace");
  await see(page, "the marketplace");
  await Promise.all([page.waitForEvent("load"), page.locator("main").getByRole("link", { name, exact: true }).click()]);
  await see(page, "an app that is offered");
  await press(page, "installs.install");
  await see(page, "consenting");
  const organization = config.organization;
  await page.getByRole("heading", { level: 1, name: text("installs.consent_title", lang, { name, organization }) }).waitFor();
  expect((await page.locator("main [name=scopes]").count()) === 2 && (await page.locator("main [name=scopes]:checked").count()) === 0, `${lang}: a box for each scope, none ticked`);
  for (const reason of Object.values(why)) await page.getByText(reason).first().waitFor();
  await page.getByText("flight.approved").first().waitFor();
  await press(page, "installs.install_for", { organization });
  await said(page, "choose_one");
  await fill(page, { scopes: Object.keys(why) });
  await press(page, "installs.install_for", { organization });
  await said(page, "done.app_installed");
  return page.url().split("?")[0];
}

async function reveal({ see, press }, page, app) {
  await page.goto(app);
  await press(page, "listings.installations");
  await see(page, "where an app is installed");
  await Promise.all([page.waitForEvent("load"), page.locator("main tbody").getByRole("link").first().click()]);
  await see(page, "an installation");
  await press(page, "builds.reveal");
  await press(page, "builds.reveal");
  await see(page, "a secret");
  const first = await secret(page);
  expect(first.startsWith("whsec_"), "the builder reads the secret");
  await press(page, "builds.to_installation");
  await press(page, "webhooks.rotate");
  await see(page, "rotating a secret");
  await press(page, "webhooks.rotate");
  await see(page, "another secret");
  const second = await secret(page);
  expect(second.startsWith("whsec_") && second !== first, "the builder rotates the secret");
}

async function evidence({ see, press, go, said, name, lang }, page, installed) {
  await go(page, "nav.installed");
  await page.locator("main").getByRole("link", { name, exact: true }).waitFor();
  await see(page, "installed apps");
  // A use is known to the server that saw it at first, and written soon after.
  const row = page.locator("main tr", { hasText: "public.flights:read" });
  for (let tries = 0; ; tries++) {
    await page.goto(installed);
    if (!(await row.first().innerText()).includes(text("ago.never", lang))) break;
    if (tries > 80) throw new Error("the use of the app does not show");
    await page.waitForTimeout(1000);
  }
  await page.getByText("127.0.0.1").first().waitFor();
  await see(page, "evidence of use");
  await press(page, "installs.drop_unused", { n: 1 });
  await see(page, "dropping what was never used");
  await press(page, "installs.drop");
  await said(page, "done.scopes_dropped");
}

async function uninstall({ see, press, said }, page, installed) {
  await page.goto(installed);
  await press(page, "installs.uninstall");
  await see(page, "uninstalling");
  await press(page, "installs.uninstall");
  await said(page, "done.app_uninstalled");
  await see(page, "an app that was uninstalled");
}

async function revoke({ see, press, said, name }, page, app) {
  await page.goto(app);
  await press(page, "builds.revoke");
  await see(page, "revoking an app");
  await fill(page, { name });
  await press(page, "builds.revoke");
  await said(page, "done.app_revoked");
  await see(page, "a revoked app");
}
