// What people do on the console's pages, step by step.
import { text } from "../browser.mjs";

/** fill types into the fields of the page's form, by their names: text, or the value of what is chosen. */
export async function fill(page, fields) {
  for (const [name, value] of Object.entries(fields)) {
    const field = page.locator(`main [name="${name}"]`).first();
    const kind = await field.evaluate((e) => (e.tagName === "INPUT" ? e.type : e.tagName.toLowerCase()));
    if (kind === "select") await choose(field, value);
    else if (kind === "checkbox" || kind === "radio") {
      for (const v of [].concat(value)) {
        const box = v === true ? field : page.locator(`main [name="${name}"][value="${v}"]`);
        await box.check();
      }
    } else if (kind === "file") await field.setInputFiles(value);
    else await field.fill(value);
  }
}

// choose takes an option by its value, or by the beginning of what it says.
async function choose(field, value) {
  const options = await field.locator("option").evaluateAll((all) => all.map((o) => [o.value, o.label]));
  const option = options.find(([v]) => v === value) ?? options.find(([, label]) => label.startsWith(value));
  if (!option) throw new Error(`no option '${value}' among ${JSON.stringify(options).slice(0, 300)}`);
  await field.selectOption(option[0]);
}

/** press presses a button, or follows a link that looks like one, and waits for the page that it leads to. */
export async function press(page, key, { lang = "en", args = {}, exact = true } = {}) {
  const name = text(key, lang, args);
  const target = page.locator("main").getByRole("button", { name, exact }).or(page.locator("main").getByRole("link", { name, exact })).first();
  await Promise.all([page.waitForEvent("load"), target.click()]);
}

/** go follows a link of the navigation. */
export async function go(page, key, lang = "en") {
  await Promise.all([page.waitForEvent("load"), page.locator("nav.side").getByRole("link", { name: text(key, lang), exact: true }).click()]);
}

/** said waits until the page says a text. */
export async function said(page, key, args = {}, lang = "en") {
  await page.locator("main").getByText(text(key, lang, args)).first().waitFor();
}

/** secret reads the secret that a page shows once. */
export async function secret(page) {
  return (await page.locator("[data-secret]").innerText()).trim();
}

/** enterFlight enters a flight of an hour and hands it in. */
export async function enterFlight(page, base, fields = {}) {
  await page.goto(`${base}/flights/new`);
  await fill(page, {
    date: new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10), departure: "LSZB", arrival: "LSZG",
    off_block_at: "08:00", takeoff_at: "08:08", landing_at: "08:52", on_block_at: "09:00", takeoffs_day: "1", landings_day: "2", ...fields,
  });
  await press(page, "flight.save_submit");
}
