// The list of deals: its controls outside of the form apply at once, and the number of chosen programs is shown.

const form = document.getElementById("filters");

// The sort order is in the list, which is replaced; it belongs to the form but is not inside it.
document.getElementById("results").addEventListener("change", (event) => {
  if (event.target.form === form) form.dispatchEvent(new Event("change", { bubbles: true }));
});

// The list says what is not valid after each change, so an error beside a field that was changed is no longer true.
form.addEventListener("input", (event) => {
  event.target.removeAttribute("aria-invalid");
  event.target.closest(".field, fieldset")?.querySelector(".error")?.remove();
});

// A list of programs closes like any menu, so its summary says how many are chosen.
form.addEventListener("change", (event) => {
  if (event.target.name !== "program") return;
  const names = [...form.querySelectorAll("[name=program]:checked")].map((box) => box.parentElement.textContent.trim());
  const value = document.getElementById("programs-value");
  value.dataset.any ??= value.textContent.trim();
  value.textContent = names.length ? names.join(", ") : value.dataset.any;
});
