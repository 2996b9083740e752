// An import through a mapping, by hand: a file that no format has, its columns, its names, and what became of it.
import { expect, inspect, text } from "../browser.mjs";
import { fill, press, said } from "./forms.mjs";

/** importByMapping imports the file of importFile in stories_test.go; look says whether each page is inspected. */
export async function importByMapping(page, org, file, look = async () => {}) {
  await page.goto(`${org}/imports`);
  await look(page, "no imports yet");
  await press(page, "imports.new");
  await look(page, "a file to import");
  await fill(page, { file });
  await press(page, "imports.upload");
  if (!page.url().endsWith("/columns")) await press(page, "imports.columns");

  const upload = new URL(page.url()).pathname.replace(/\/columns$/, "");
  const columns = ["date", "registration", "type", "from", "to", "off_block", "on_block", "total", "landings_day", "pic_name", "remarks"];
  expect((await page.locator('main [name$=".field"]').count()) === columns.length, "every column of the file is asked for");
  for (const [n, field] of columns.entries()) await fill(page, { [`columns[${n}].field`]: field });
  await look(page, "the columns of a file");
  await fill(page, { save_name: "Flugbuch" });
  await press(page, "imports.read_so");
  await said(page, "done.import_read");
  await look(page, "a preview");

  // Nobody is matched unless somebody says so.
  await press(page, "imports.names");
  await look(page, "the names of a file");
  const names = await page.locator('main select[name$=".choice"]').all();
  expect(names.length === 2, `${names.length} names were found`);
  for (const name of names) {
    expect((await name.inputValue()) === "out", "a name is matched before anybody said so");
    await name.selectOption("new");
  }
  await press(page, "form.save");
  await said(page, "done.import_named");

  await press(page, "imports.go");
  await look(page, "what an import will do");
  await fill(page, { as: "submitted" });
  await press(page, "imports.commit");
  // Without scripts the page asks again by itself, and with them htmx does.
  await page.getByRole("link", { name: text("imports.see_flights") }).waitFor();
  await look(page, "an import that is done");
  await press(page, "imports.see_flights");
  const rows = await page.locator("#rows tbody tr").count();
  expect(rows === 3, `the import made ${rows} flights`);
  const shown = await page.locator("#rows").innerText();
  expect(shown.includes("1:12") && shown.includes("0:54"), "the times of the file are those of the flights");

  // The same file once more changes nothing; the mapping is known.
  await page.goto(`${org}/imports/new`);
  await fill(page, { file, how: text("imports.how_saved", "en", { name: "Flugbuch" }) });
  await press(page, "imports.upload");
  expect(!(await page.getByRole("link", { name: text("imports.go"), exact: true }).isVisible()), "the same file would be imported twice");
  await page.goto(`${org}/imports/mappings`);
  await page.getByText("Flugbuch").first().waitFor();
  return upload;
}

/** undoImport takes an import back. */
export async function undoImport(page, upload) {
  await page.goto(upload);
  await press(page, "imports.undo");
  await inspect(page, "undoing an import");
  await page.locator("main form.fields button.primary").click();
  await page.getByText(text("imports.status.undone")).first().waitFor();
}
