// The console without JavaScript: everything that matters works by links and forms.
import { config, expect, run, signIn, visitor } from "../browser.mjs";
import { enterFlight, fill, press, said, secret } from "./forms.mjs";
import { importByMapping } from "./imports.mjs";

await run(async (browser) => {
  const { page } = await visitor(browser, { javaScriptEnabled: false });
  await signIn(page, config.email, config.password);

  // Filter a list.
  await page.goto(`${config.org}/flights`);
  const all = await page.locator("#rows tbody tr").count();
  await page.locator("form.filters select[name=status]").selectOption("rejected");
  await Promise.all([page.waitForEvent("load"), page.locator("form.filters button").first().click()]);
  const some = await page.locator("#rows tbody tr").count();
  expect(some > 0 && some < all, `the filter leaves ${some} of ${all} flights`);
  expect(new URL(page.url()).searchParams.get("status") === "rejected", `the filter leads to ${page.url()}`);
  await page.goto(`${config.org}/flights`);
  const first = await page.locator("#rows tbody tr").first().innerText();
  await Promise.all([page.waitForEvent("load"), page.locator("nav.paging a[rel=next]").click()]);
  expect((await page.locator("#rows tbody tr").first().innerText()) !== first, "the next page shows other flights");

  // Enter, hand in and approve a flight.
  await enterFlight(page, config.org, { aircraft_id: "HB-CFB", "crew[0].person_id": "Zoë", "crew[0].function": "pic", remarks: "Entered without a script" });
  await said(page, "done.flight_submitted");
  await press(page, "flight.approve");
  for (const box of await page.locator("main form.fields input[type=checkbox]").all()) await box.check();
  await press(page, "flight.approve");
  await said(page, "done.flight_approved");

  // Mint a key.
  await page.goto(`${config.org}/settings/integrations/api-keys/new`);
  await fill(page, { name: "Made without a script", scopes: ["public.fleet:read"] });
  await press(page, "keys.mint");
  expect(/^gaf_pk_\w+$/.test(await secret(page)), "the token can be read");
  expect(!(await page.locator("[data-copy]").isVisible()), "a button that only a script can work is shown");

  await lookAfterAnEndpoint(page);
  await importByMapping(page, config.org, config.file);

  await Promise.all([page.waitForEvent("load"), page.locator("header form button").click()]);
  await said(page, "done.signed_out");
});

// lookAfterAnEndpoint tries a filter, adds an endpoint with it, sends it what happened before, disables and enables it.
async function lookAfterAnEndpoint(page) {
  await page.goto(`${config.org}/settings/integrations/webhooks/new`);
  await fill(page, { url: `${config.receiver}/`, description: "With a filter" });
  await page.locator("details.fold summary").click();
  await fill(page, { "filter[0].path": "data.aircraft.registration", "filter[0].values": "HB-PGA", ordered: true });
  await press(page, "webhooks.filter_more");
  await fill(page, { "filter[1].path": "data.block_min", "filter[1].values": "60, null" });
  await press(page, "webhooks.try");
  const events = await page.locator("#below tbody tr").count();
  expect(events > 10, `the filter was tried on ${events} events`);
  expect((await page.locator("#below .badge.good").count()) > 0, "the filter lets nothing through");
  expect((await page.locator("main [name=description]").inputValue()) === "With a filter", "trying keeps what was typed");
  await press(page, "webhooks.create");
  expect(/^whsec_/.test(await secret(page)), "the secret can be read");
  await fill(page, { since: new Date(Date.now() - 86_400_000).toISOString().slice(0, 16) });
  await press(page, "recoveries.count");
  await page.locator("main form button.primary").click();
  await said(page, "done.recovery_started");
  await Promise.all([page.waitForEvent("load"), page.locator("dl.facts a").first().click()]);
  await press(page, "webhooks.disable");
  await press(page, "webhooks.disable");
  await said(page, "done.webhook_disabled");
  await press(page, "webhooks.enable");
  await press(page, "webhooks.enable");
  await said(page, "done.webhook_enabled");
}
