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

  await importByMapping(page, config.org, config.file);

  await Promise.all([page.waitForEvent("load"), page.locator("header form button").click()]);
  await said(page, "done.signed_out");
});
