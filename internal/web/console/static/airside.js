// What forms and links cannot do: copy a secret that is shown once, and check all rows of a list.
"use strict";

document.querySelectorAll("[data-copy]").forEach((button) => {
  const value = button.parentElement.querySelector("[data-secret], [data-value]");
  const said = button.parentElement.querySelector("[data-copied]");
  if (!navigator.clipboard || !value) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(value.textContent);
    said.textContent = " ✓";
  });
});

// A text says how many characters it has, without those that show nothing.
document.querySelectorAll("[data-count]").forEach((said) => {
  const area = said.parentElement.querySelector("textarea");
  const count = () => {
    said.textContent = said.dataset.count.replace("{n}", [...area.value.trim().replace(/\p{Cf}/gu, "")].length);
  };
  said.hidden = false;
  area.addEventListener("input", count);
  count();
});

// One button checks every row of a list, or none.
document.documentElement.classList.add("scripted");
document.addEventListener("click", (event) => {
  if (!event.target.matches("[data-all]")) return;
  const boxes = [...event.target.form.querySelectorAll("input[type=checkbox]")];
  const on = boxes.some((box) => !box.checked);
  boxes.forEach((box) => { box.checked = on; });
});

// A form is sent once, however often its button is pressed; unless a file comes of it, and the page stays.
document.addEventListener("submit", (event) => {
  if (event.target.method !== "post" || "download" in event.target.dataset) return;
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "yes";
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));
