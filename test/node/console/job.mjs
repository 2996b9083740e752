// The whole job by hand, from an empty folder to a partner whose key is revoked.
import { Webhook } from "standardwebhooks";
import { config, expect, inspect, run, signIn, text, totp, visitor } from "../browser.mjs";
import { enterFlight, fill, go, press, said, secret } from "./forms.mjs";
import { importByMapping, undoImport } from "./imports.mjs";

const base = "/o/club-jura";
const instructor = { email: "ines@jura.example", name: "Ines Structor" };

await run(async (browser) => {
  const { page } = await visitor(browser);
  await setUp(page);
  await invite(page);
  const { page: theirs, context } = await visitor(browser);
  await acceptInvitation(theirs);
  const second = await turnOnTOTP(theirs);
  await signInWithTOTP(browser, theirs, second);
  await context.close();

  await addRecords(page);
  const upload = await importByMapping(page, base, config.file, inspect);
  await decide(page);
  await undoImport(page, upload);
  const endpoint = await addEndpoint(page);
  const key = await mintKey(page);
  await resend(page, endpoint);
  await revoke(page, key);
});

async function setUp(page) {
  await page.goto("/");
  await page.waitForURL(/\/setup$/);
  await inspect(page, "the set-up");
  const details = {
    name: "Club du Jura", slug: "club-jura", authority: "EASA", currency: "CHF", time_zone: "Europe/Zurich",
    owner_name: "Odile Owner", owner_email: "odile@jura.example", password: config.password, password_again: config.password,
  };
  await fill(page, { ...details, code: "wrong-code-here" });
  await press(page, "setup.submit");
  await said(page, "setup_code_wrong");
  expect((await page.locator("main [name=name]").inputValue()) === details.name, "a form that is refused keeps what was typed");
  await inspect(page, "the set-up, refused");
  await fill(page, { ...details, code: config.code });
  await press(page, "setup.submit");
  await page.waitForURL((url) => url.pathname === base);
  await inspect(page, "the first page of a new organization");
  const again = await page.request.get("/setup");
  expect(again.status() === 404, `the set-up is still open: ${again.status()}`);
}

async function invite(page) {
  await go(page, "nav.members");
  await press(page, "members.invite");
  await fill(page, { display_name: instructor.name, email: instructor.email, role: "instructor" });
  await press(page, "members.invite_submit");
  await said(page, "done.invited");
}

async function acceptInvitation(page) {
  const mail = await (await fetch(`${config.helper}/mail?to=${instructor.email}`)).json();
  if (!mail.link) throw new Error(`no invitation came: ${JSON.stringify(mail)}`);
  await page.goto(mail.link);
  await inspect(page, "an invitation");
  await fill(page, { password: "password123", password_again: "password123" });
  await press(page, "link.submit");
  await said(page, "password_weak");
  await fill(page, { password: config.password, password_again: config.password });
  await press(page, "link.submit");
  await page.waitForURL((url) => url.pathname === base);
  expect((await page.request.get(mail.link)).status() === 410, "an invitation opens once");
}

async function turnOnTOTP(page) {
  await page.goto("/account/totp");
  await inspect(page, "a second factor");
  const key = (await page.locator("main").innerText()).match(/(?:[A-Z2-7]{4} ?){8}/)[0];
  await fill(page, { code: "000000", password: config.password });
  await press(page, "totp.submit");
  await said(page, "code_wrong");
  await fill(page, { code: totp(key), password: config.password });
  await press(page, "totp.submit");
  await said(page, "totp.on");
  await inspect(page, "recovery codes");
  const recovery = (await secret(page)).split(/\s+/);
  expect(recovery.length >= 8, `${recovery.length} recovery codes`);
  return { key, recovery };
}

async function signInWithTOTP(browser, page, { key, recovery }) {
  await page.getByRole("button", { name: text("shell.signout") }).click();
  await page.waitForURL(/\/signin/);
  await inspect(page, "signed out");
  // A code counts once: the one that turned it on does not sign in, the next one does.
  await signIn(page, instructor.email, config.password, { code: totp(key, 1) });
  expect(new URL(page.url()).pathname === base, `signed in to ${page.url()}`);
  const other = await visitor(browser);
  await other.page.goto("/signin");
  await fill(other.page, { email: instructor.email, password: config.password });
  await press(other.page, "signin.submit");
  await inspect(other.page, "the second step");
  await fill(other.page, { code: recovery[0] });
  await press(other.page, "signin.submit");
  await other.page.waitForURL((url) => url.pathname === base);
  const third = await visitor(browser);
  await third.page.goto("/signin");
  await fill(third.page, { email: instructor.email, password: config.password });
  await press(third.page, "signin.submit");
  await fill(third.page, { code: recovery[0] });
  await press(third.page, "signin.submit");
  await said(third.page, "code_wrong");
  await other.context.close();
  await third.context.close();
}

async function addRecords(page) {
  for (const registration of ["HB-KGA", "HB-PXY"]) {
    await go(page, "nav.fleet");
    await press(page, "fleet.new");
    await fill(page, { registration, type_designator: "P28A", class: "SEP" });
    await press(page, "form.save");
    await page.getByRole("heading", { level: 1, name: registration }).waitFor();
  }
  for (const [given, family] of [["Pia", "Lot"], ["Stu", "Dent"]]) {
    await go(page, "nav.people");
    await press(page, "people.new");
    await fill(page, { given_name: given, family_name: family, roles: ["pilot"] });
    await press(page, "form.save");
    await page.getByRole("heading", { level: 1, name: `${given} ${family}` }).waitFor();
  }
}

// decide enters flights by hand, approves one, sends one back and reverses the first.
async function decide(page) {
  const flights = [];
  for (const [n, hour] of [[0, "06"], [1, "12"]]) {
    await enterFlight(page, base, {
      aircraft_id: "HB-KGA", "crew[0].person_id": "Pia Lot", "crew[0].function": "pic",
      off_block_at: `${hour}:00`, takeoff_at: `${hour}:08`, landing_at: `${hour}:52`, on_block_at: `${String(+hour + 1).padStart(2, "0")}:00`,
    });
    await said(page, "done.flight_submitted");
    flights[n] = new URL(page.url()).pathname;
    if (n === 0) await inspect(page, "a flight that was handed in");
  }
  await press(page, "flight.approve");
  await inspect(page, "approving");
  for (const box of await page.locator("main input[type=checkbox]").all()) await box.check();
  await press(page, "flight.approve");
  await said(page, "done.flight_approved");
  await press(page, "flight.reverse");
  await inspect(page, "reversing");
  await fill(page, { reason: "Entered twice" });
  await press(page, "flight.reverse");
  await said(page, "done.flight_reversed");
  await page.goto(flights[0]);
  await press(page, "flight.reject");
  await inspect(page, "sending back");
  await fill(page, { code: "other", note: "The block times are those of the day before." });
  await press(page, "flight.reject");
  await said(page, "done.flight_rejected");
  await page.getByText("The block times are those of the day before.").first().waitFor();
}

async function addEndpoint(page) {
  await go(page, "nav.webhooks");
  await inspect(page, "no endpoints yet");
  await press(page, "webhooks.new");
  await fill(page, { url: "ftp://nowhere.example/" });
  await page.locator("form.fields").evaluate((form) => { form.noValidate = true; });
  await press(page, "webhooks.create");
  await inspect(page, "an endpoint that is refused");
  await fill(page, { url: config.receiver, description: "Our receiver" });
  await page.locator("details.fold summary").click();
  await fill(page, { "filter[0].path": "data.aircraft.registration", "filter[0].values": "HB-KGA" });
  await press(page, "webhooks.try");
  await page.locator("#below .badge.good").first().waitFor();
  await inspect(page, "a filter that was tried");
  await fill(page, { "filter[0].path": "", "filter[0].values": "" });
  await press(page, "webhooks.create");
  await inspect(page, "the secret of an endpoint");
  const key = await secret(page);
  expect(/^whsec_/.test(key), "the secret is one of Standard Webhooks");
  await press(page, "webhooks.ping");
  await page.getByText(text("deliveries.status.succeeded")).first().waitFor();
  await inspect(page, "a delivery");
  const delivery = page.url();
  await page.reload();
  expect(!(await page.content()).includes(key), "a secret is shown once");
  await received(key, 1);
  return { key, delivery };
}

// received waits for so many requests at the receiver and verifies each with the published library.
async function received(key, n) {
  const all = await (await fetch(`${config.helper}/received?n=${n}`)).json();
  expect(all.length >= n, `the receiver got ${all.length} requests, not ${n}`);
  for (const one of all) {
    try {
      new Webhook(key).verify(one.body, one.headers);
    } catch (error) {
      expect(false, `a delivery does not verify: ${error.message}`);
    }
  }
  return all;
}

async function resend(page, { key, delivery }) {
  await page.goto(delivery);
  await press(page, "deliveries.resend");
  expect(page.url() !== delivery, "a resend is a new delivery");
  await page.getByText(text("deliveries.status.succeeded")).first().waitFor();
  const all = await received(key, 2);
  const of = (one) => JSON.parse(one.body).id;
  expect(of(all[0]) === of(all.at(-1)), "a resend is the same event");
}

async function mintKey(page) {
  await go(page, "nav.keys");
  await inspect(page, "no keys yet");
  await press(page, "keys.new");
  await press(page, "keys.mint").catch(() => {});
  await fill(page, { name: "Partner", scopes: ["public.flights:read"] });
  await press(page, "keys.mint");
  await inspect(page, "a key that was minted");
  const token = await secret(page);
  const curl = await page.locator("pre").innerText();
  expect(curl.includes(token), "the page shows a line to try the key with");
  const org = curl.match(/X-Org-Id: ([0-9a-f-]+)/)[1];
  const url = curl.match(/'(http[^']+)'/)[1];
  expect(url.startsWith(config.base), `the line calls ${url}`);
  const call = (path, headers) => fetch(new URL(path, config.base), { headers: { Authorization: `Bearer ${token}`, "X-Org-Id": org, ...headers } });
  const good = await call(url);
  const flights = (await good.json()).data;
  expect(good.status === 200 && flights.length > 0, `the key gets ${good.status} and ${flights?.length} flights`);
  expect((await call("/api/v1/public/fleet")).status === 403, "the key may read what it was not given");
  await press(page, "keys.to_key");
  expect(!(await page.content()).includes(token), "a token is shown once");
  return { page: page.url(), call: () => call(url) };
}

async function revoke(page, key) {
  await page.goto(key.page);
  await press(page, "keys.revoke");
  await inspect(page, "revoking a key");
  await press(page, "keys.revoke");
  await said(page, "done.key_revoked");
  const status = (await key.call()).status;
  expect(status === 401, `a revoked key gets ${status}`);
}
