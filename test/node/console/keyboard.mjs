// Approving a flight and minting a key by the keyboard alone: Tab, Enter, Space and typing.
import { config, expect, run, text, visitor } from "../browser.mjs";

await run(async (browser) => {
  const { page } = await visitor(browser);
  await page.goto("/signin");
  await page.keyboard.type(config.email); // the first field has the focus
  await page.keyboard.press("Tab");
  await page.keyboard.type(config.password);
  await leave(page, () => page.keyboard.press("Enter"));

  // The skip link is the first stop, can be seen there, and leads past the navigation.
  await page.keyboard.press("Tab");
  const skip = await focused(page);
  expect(skip.text === text("shell.skip") && skip.seen, `the first stop is ${JSON.stringify(skip)}`);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  expect((await focused(page)).main, "the skip link leads into the page");

  // A flight.
  await follow(page, text("nav.flights"), "nav.side");
  await follow(page, text("flights.tab.submitted"), "main");
  await follow(page, config.flight, "main");
  await follow(page, text("flight.approve"), "main");
  for (let boxes = await page.locator("main form.fields input[type=checkbox]").count(); boxes > 0; boxes--) {
    await to(page, (f) => f.type === "checkbox" && !f.checked, "a warning to accept");
    await page.keyboard.press("Space");
  }
  await follow(page, text("flight.approve"), "main form.fields");
  await page.locator("main").getByText(text("done.flight_approved")).waitFor();

  // A key.
  await follow(page, text("nav.keys"), "nav.side");
  await follow(page, text("keys.new"), "main");
  await to(page, (f) => f.name === "name", "the name");
  await page.keyboard.type("By keyboard");
  await to(page, (f) => f.name === "scopes", "the first scope");
  await page.keyboard.press("Space");
  await follow(page, text("keys.mint"), "main form.fields");
  expect(/^gaf_pk_/.test(await page.locator("[data-secret]").innerText()), "a key was minted");
  await to(page, (f) => f.text === text("secret.copy"), "the button that copies");
});

// leave does something that leads to another page.
async function leave(page, act) {
  await Promise.all([page.waitForEvent("load"), act()]);
}

// follow goes to what has a name, in a part of the page, and presses Enter on it.
async function follow(page, name, within) {
  await to(page, (f) => f.text === name && f.within.includes(within), `'${name}' in ${within}`, [within]);
  await leave(page, () => page.keyboard.press("Enter"));
}

// to presses Tab until what has the focus is wanted, and looks at every stop on the way.
async function to(page, wanted, what, within = []) {
  for (let n = 0; n < 250; n++) {
    await page.keyboard.press("Tab");
    const f = await focused(page, within);
    if (f.tag === "BODY") continue; // once around, by the browser's own
    expect(f.seen, `the focus cannot be seen on ${f.html} of ${page.url()}`);
    if (wanted(f)) return;
  }
  throw new Error(`the keyboard does not reach ${what} on ${page.url()}`);
}

// focused tells what has the focus, and whether that can be seen: outlined, and inside the window.
function focused(page, within = []) {
  return page.evaluate((within) => {
    const e = document.activeElement;
    const style = getComputedStyle(e);
    const box = e.getBoundingClientRect();
    const inside = box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    return {
      tag: e.tagName, type: e.type, name: e.name, checked: e.checked, text: (e.innerText ?? "").trim(), html: e.outerHTML.slice(0, 120),
      // On the button inside of a field for dates, the browser draws the outline itself.
      seen: inside && !e.matches(":focus") || inside && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1, main: Boolean(e.closest("main")),
      within: within.filter((selector) => e.closest(selector)),
    };
  }, within);
}
