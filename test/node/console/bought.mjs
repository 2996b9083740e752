// Customers of a vendor open their licences by a mailed link, in each language, and do what they may; in French without
// scripts.
import { config, data, expect, inspect, run, text, visitor } from "../browser.mjs";

const ask = async (path, params) => (await fetch(`${config.helper}${path}?${new URLSearchParams(params)}`)).json();

await run(async (browser) => {
  for (const lang of ["en", "fr"]) await way(browser, lang);
});

async function way(browser, lang) {
  const email = config.emails[lang];
  const scripts = lang === "en";
  const { page } = await visitor(browser, { locale: lang === "fr" ? "fr-CH" : "en-GB", javaScriptEnabled: scripts });
  const say = (key, args) => text(key, lang, args);
  const press = (key, args) => page.getByRole("button", { name: say(key, args), exact: true }).click();
  const shows = async (what, where) => expect((await page.locator("main").innerText()).includes(what), `${lang}: ${where} does not say '${what}'`);
  const look = async (where) => {
    if (scripts) await inspect(page, `${lang} ${where}`, { as: ["desktop-light", "phone-dark"], name: `${lang}-bought-${where}` });
  };

  // From the sign-in, which is where somebody lost would look.
  await page.goto("/signin");
  await page.getByRole("link", { name: say("bought.from_signin") }).click();
  await page.waitForURL(/\/licences\/enter$/);
  await look("enter");
  await page.getByLabel(say("signin.email")).fill(` ${email.toUpperCase()}`);
  await press("bought.enter_submit");
  await page.waitForURL(/\/licences\/mailed$/);
  await shows(say("bought.mailed_text"), "the page after asking");
  await look("mailed");

  const mail = await ask("/mail", { to: email, n: 1 });
  expect(mail.error === "" && mail.subject === say("mail_licences_subject"), `${lang}: the mail is ${JSON.stringify(mail)}`);
  data(new URL(mail.link).pathname.split("/").pop());
  await page.goto(new URL(mail.link).pathname);
  await shows(say("bought.open_intro", { email }), "the page of the link");
  await look("open");
  await press("bought.open_submit");
  await page.waitForURL(/\/licences$/);
  await shows("Flight Deck", "the list");
  await look("list");

  await page.getByRole("link", { name: "Flight Deck" }).click();
  await page.waitForURL(/\/licences\/mine\//);
  await look("one");
  const here = page.url();
  const name = page.getByLabel(say("bought.device_name")).first();
  await name.fill("Left seat 🛩 <b>");
  await page.getByRole("button", { name: new RegExp(`^${say("bought.rename")}`) }).first().click();
  await shows(say("done.renamed"), "the page after renaming");
  expect((await page.getByLabel(say("bought.device_name")).first().inputValue()) === "Left seat 🛩 <b>", `${lang}: the device is not renamed`);

  await page.getByRole("link", { name: `${say("licences.release")} Laptop` }).click();
  await page.waitForURL(/\/release\?/);
  await shows(say("licences.release_stops"), "the page of releasing");
  await look("release");
  await press("licences.release");
  await shows(say("done.released"), "the page after releasing");
  expect((await page.getByRole("link", { name: new RegExp(`^${say("licences.release")}`) }).count()) === 0, `${lang}: more can be released than the vendor allows`);
  await look("used-up");

  await page.getByRole("link", { name: say("bought.replace") }).click();
  await page.waitForURL(/\/replace-key$/);
  await look("replace");
  await press("bought.replace");
  const key = (await page.locator("[data-secret]").innerText()).trim();
  expect(/^[A-HJ-NP-Z2-9]{4}(-[A-HJ-NP-Z2-9]{4}){2}$/.test(key), `${lang}: the new key is '${key}'`);
  data(key);
  await look("replaced");
  await page.goto(here);
  expect(!(await page.content()).includes(key), `${lang}: the key is shown again`);

  const { text: request } = await ask("/request", { email, key });
  await page.goto("/licences");
  await page.getByRole("link", { name: say("bought.offline_go") }).click();
  await page.waitForURL(/\/licences\/offline$/);
  await look("offline");
  await page.getByLabel(say("bought.request_text")).fill("what?");
  await press("bought.offline_submit");
  await shows(say("not_a_request"), "the page of files");
  for (let n = 0; n < 2; n++) {
    await page.getByLabel(say("bought.request_text")).fill("");
    await page.getByLabel(say("bought.request"), { exact: false }).first().setInputFiles({ name: "request.txt", mimeType: "text/plain", buffer: Buffer.from(request) });
    const coming = page.waitForEvent("download");
    await press("bought.offline_submit"); // the second time it is the same page, whose form must not be locked
    const file = await coming;
    expect(file.suggestedFilename() === "licence.lic", `${lang}: the file is called ${file.suggestedFilename()}`);
  }
  await page.goto(here);
  const devices = await page.getByLabel(say("bought.device_name")).evaluateAll((all) => all.map((e) => e.value));
  expect(devices.join() === "Left seat 🛩 <b>,Hangar PC" || devices.join() === "Hangar PC,Left seat 🛩 <b>", `${lang}: the devices are ${devices}`);

  await press("bought.leave");
  await page.waitForURL(/\/licences\/enter/);
  await shows(say("done.left"), "the page after leaving");
  await page.goto(here);
  expect(/\/licences\/enter$/.test(page.url()), `${lang}: the licence is still shown at ${page.url()}`);
  await page.context().close();
}
